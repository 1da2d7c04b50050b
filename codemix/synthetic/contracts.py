"""Level 5: symbolic checking of contracts with CrossHair (crosshair-tool), which asks the solver Z3.

What "formally verified" means here, and what it does not. CrossHair executes a function with symbols for arguments and
searches for values that meet the preconditions and break a postcondition.

- *confirmed*: every path was followed to its end and none breaks it. That is a proof for CrossHair's model of Python,
  in which numbers are unbounded and floats may be reals; loops over an argument of any length are never followed to
  their end.
- *no counterexample within budget*: the search ended by its time. It is a stronger test, and no proof.
- *refuted*: arguments were found, and running the function with them, without symbols, fails as well. The problem is
  dropped.

A budget is time: a faster machine may find what a slower one does not. CrossHair executes the code in a process of its
own, without the sandbox: this is for our own families' code, never for a model's.
"""

import ast
import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from typing import Literal

from codemix.errors import UserError
from codemix.synthetic.problem import Contract, Parameter, Problem

Outcome = Literal["confirmed", "no counterexample within budget", "refuted"]
_START = 20.0  # seconds that a process may take to import CrossHair, on a busy machine


@dataclasses.dataclass(frozen=True)
class Checked:
    """What came of a contract.

    Attributes:
        outcome: see above.
        detail: of what is refuted the call and the error; of what is not confirmed why, where it is known.
        seconds: of wall time.
    """

    outcome: Outcome
    detail: str
    seconds: float


def check_problem(problem: Problem, seconds: float = 5.0) -> Checked | None:
    """The contract of a problem's solution; None where there is none.

    Conditions may call `second`, the second solution. A contract without conditions after the call is that the
    solution gives what `second` gives. Raises as `check_contract`.
    """
    sketch, contract = problem.sketch, problem.sketch.contract
    if contract is None or sketch.kind != "function":
        return None
    if not contract.after:
        same = f"result == second({', '.join(each.name for each in sketch.parameters)})"
        contract = dataclasses.replace(contract, after=(same,))
    source = f"{problem.solution}\n\n{_second(problem)}"
    return check_contract(source, sketch.name, sketch.parameters, contract, tuple(sketch.raises), seconds)


def check_contract(
    source: str,
    name: str,
    parameters: Sequence[Parameter],
    contract: Contract,
    raises: Sequence[str] = (),
    seconds: float = 5.0,
) -> Checked:
    """Searches for arguments that meet the contract's conditions before the call and break one after it.

    Args:
        source: a module of our own that defines the function.
        name: of the function.
        parameters: their types decide what is searched.
        contract: conditions over the parameters' names and, after the call, `result`.
        raises: exceptions that the function may raise.
        seconds: of search.

    Raises:
        UserError: CrossHair is not installed.
        ValueError: the contract is not Python, or is about other names.
    """
    if importlib.util.find_spec("crosshair") is None:
        raise UserError(
            "Contracts are checked with crosshair-tool, which is not installed; install codemix[contracts]."
        )
    module = f"{source}\n\n{_checker(name, parameters, contract, raises)}"
    began = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "codemix.synthetic.contract_search"],
            input=json.dumps({"module": module, "seconds": seconds}),
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            timeout=_START + seconds,
        )
    except subprocess.TimeoutExpired:
        return Checked("no counterexample within budget", "one path took too long", time.perf_counter() - began)
    spent = time.perf_counter() - began
    if done.returncode != 0:  # CrossHair failed, or the solver used up its memory
        told = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        return Checked("no counterexample within budget", f"the search failed: {told[0][:200]}", spent)
    outcome, detail = json.loads(done.stdout.splitlines()[-1])
    return Checked(outcome, detail, spent)


def _second(problem: Problem) -> str:
    """The second solution under the name `second`; its helpers' names stay its own."""
    maker = ast.parse("def make_second():\n    pass").body[0]
    assert isinstance(maker, ast.FunctionDef)
    maker.body = [*ast.parse(problem.second).body, ast.Return(ast.Name(problem.sketch.name, ast.Load()))]
    return f"{ast.unparse(ast.fix_missing_locations(maker))}\n\n\nsecond = make_second()\n"


def _checker(name: str, parameters: Sequence[Parameter], contract: Contract, raises: Sequence[str]) -> str:
    """A function that fails where the contract is broken. The asserts at its beginning are its preconditions."""
    names = {each.name for each in parameters}
    if "result" in names:
        raise ValueError(f"contract of {name}: a parameter is called 'result', as what is returned is")
    if not contract.after:
        raise ValueError(f"contract of {name}: it has no condition after the call")
    for condition in (*contract.before, *contract.after):
        try:
            compile(condition, "condition", "eval")
        except SyntaxError:
            raise ValueError(f"contract of {name}: {condition!r} is not an expression") from None
    arguments = ", ".join(each.name for each in parameters)
    call = f"result = {name}({arguments})"
    if raises:
        call = f"try:\n    {call}\nexcept ({', '.join(raises)},):\n    return"
    body = [
        *(f"assert {condition}" for condition in contract.before or ("True",)),
        call,
        *(f"assert {condition}" for condition in contract.after),
    ]
    head = f"def check_contract({', '.join(f'{each.name}: {each.type}' for each in parameters)}) -> None:"
    return f"{head}\n{textwrap.indent(chr(10).join(body), '    ')}\n"
