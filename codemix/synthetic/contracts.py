"""Level 5: symbolic checking of contracts with CrossHair (crosshair-tool), which asks the solver Z3.

A contract has conditions on the arguments, which bound their sizes as a rule, conditions on the result, and that the
second solution, another algorithm, gives the same.

What "formally verified" means here, and what it does not. CrossHair executes a function with symbols for arguments and
searches for values that meet the preconditions and break a postcondition.

- *confirmed*: every path was followed to its end and none breaks it. That is a proof, within the contract's bounds and
  for CrossHair's model of Python, in which floats may be reals; of longer lists or larger numbers than the contract
  names it says nothing, nor of whether the statement in English means the same.
- *no counterexample within budget*: the search ended by its time, or where CrossHair gives up. It is a stronger test,
  and no proof.
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
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Literal

from codemix.errors import UserError
from codemix.synthetic.contract_search import MET
from codemix.synthetic.problem import Contract, Parameter, Problem

Outcome = Literal["confirmed", "no counterexample within budget", "refuted"]
UNSETTLED: Outcome = "no counterexample within budget"
MEANING = (
    "confirmed: within the bounds of the contract CrossHair followed every path, and on none is the contract broken or "
    "does the second solution give another result; otherwise the search ended before, and found no counterexample"
)
_START = 30.0  # seconds that a process may take to import CrossHair, on a busy machine


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


class ContractChecker:
    """Checks contracts, one after the other, in one process that has CrossHair imported; to be entered.

    The process is started by the first contract, and again after one that ended it.

    Args:
        seconds: of search for each contract.

    Raises:
        UserError: CrossHair is not installed, or there is no time.
    """

    def __init__(self, seconds: float):
        if not seconds > 0:
            raise UserError(f"generate: contracts are given {seconds:g} seconds; give more, or 0 to leave them out.")
        if importlib.util.find_spec("crosshair") is None:
            raise UserError(
                "Contracts are checked with crosshair-tool, which is not installed; install codemix[contracts]."
            )
        self.seconds = seconds
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ContractChecker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def check(self, problem: Problem) -> Checked | None:
        """The contract of a problem's solution; None where there is none.

        Its conditions, and that the solution gives what the second solution gives, which conditions may call as
        `second_solution`. Raises ValueError as `search`.
        """
        sketch, contract = problem.sketch, problem.sketch.contract
        if contract is None or sketch.kind != "function":
            return None
        same = f"result == second_solution({', '.join(each.name for each in sketch.parameters)})"
        contract = dataclasses.replace(contract, after=(*contract.after, same))
        source = f"{problem.solution}\n\n{_second(problem)}"
        return self.search(source, sketch.name, sketch.parameters, contract, tuple(sketch.raises))

    def search(
        self, source: str, name: str, parameters: Sequence[Parameter], contract: Contract, raises: Sequence[str] = ()
    ) -> Checked:
        """Searches for arguments that meet the contract's conditions before the call and break one after it.

        Args:
            source: a module of our own that defines the function.
            name: of the function.
            parameters: their types decide what is searched.
            contract: conditions over the parameters' names and, after the call, `result`.
            raises: exceptions that the function may raise.

        Raises:
            ValueError: the contract is not Python, or is about other names.
        """
        module = f"{source}\n\n{_checker(name, parameters, contract, raises)}"
        began = time.perf_counter()
        outcome, detail = self._asked(json.dumps({"module": module, "seconds": self.seconds}))
        return Checked(outcome, detail, time.perf_counter() - began)

    def _asked(self, line: str) -> tuple[Outcome, str]:
        process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(_START + self.seconds, process.kill)  # it has a clock of its own, and should not hang
        watch.start()
        try:
            print(line, file=process.stdin, flush=True)
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watch.cancel()
        if not answer:
            self._end()
            return UNSETTLED, "the search failed: its process ended"
        outcome, detail = json.loads(answer)
        return outcome, detail

    def _started(self) -> "subprocess.Popen[str]":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "codemix.synthetic.contract_search"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": "0"},
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _second(problem: Problem) -> str:
    """The second solution under the name `second_solution`; its helpers' names stay its own."""
    maker = ast.parse("def make_second():\n    pass").body[0]
    assert isinstance(maker, ast.FunctionDef)
    maker.body = [*ast.parse(problem.second).body, ast.Return(ast.Name(problem.sketch.name, ast.Load()))]
    return f"{ast.unparse(ast.fix_missing_locations(maker))}\n\n\nsecond_solution = make_second()\n"


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
        f"{MET}.append(True)",  # without it, conditions that nothing meets would prove everything
        call,
        *(f"assert {condition}" for condition in contract.after),
    ]
    head = f"def check_contract({', '.join(f'{each.name}: {each.type}' for each in parameters)}) -> None:"
    return f"{head}\n{textwrap.indent(chr(10).join(body), '    ')}\n"
