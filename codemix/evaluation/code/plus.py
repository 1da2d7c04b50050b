"""HumanEval+ and MBPP+ (EvalPlus, arXiv 2305.01210): the same problems with many more inputs.

A record has inputs and a reference solution, and an answer must give what the reference gives, for the inputs of the
original tests and the further ones; floats within the record's `atol`, or 1e-6. An input that the reference refuses,
by the record's contract or otherwise, does not count. HumanEval+'s prompts are HumanEval's; MBPP+'s are those of
codemix.evaluation.code.mbpp, without examples, over its own sentences and its first three assertions.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from codemix.evaluation.code import humaneval, mbpp
from codemix.evaluation.code.problems import Problem

# Runs in the sandbox's judge. What stands in capitals comes before it.
_CHECK = """
from copy import deepcopy
from math import isclose, isnan


def _same(found, expected):
    if found == expected:
        return True
    if isinstance(expected, (list, tuple)):
        return (
            type(found) is type(expected)
            and len(found) == len(expected)
            and all(_same(one, other) for one, other in zip(found, expected))
        )
    if isinstance(expected, float) or (TOLERANCE and isinstance(expected, int)):
        if not isinstance(found, (int, float)):
            return False
        both = isnan(found) and isnan(expected)
        return both or isclose(found, expected, rel_tol=1e-7, abs_tol=TOLERANCE or 1e-6)
    return False


def _accepted(arguments, expected, found):
    return ACCEPTED


def check(candidate):
    reference, compared = _reference(), 0
    for arguments in INPUTS:
        try:
            expected = reference(*deepcopy(arguments))
        except Exception:
            continue
        if not _accepted(arguments, expected, expected):
            continue
        assert _accepted(arguments, expected, candidate(*deepcopy(arguments))), f"{arguments!r:.200}"
        compared += 1
    assert compared, "there is no input that the reference takes"
"""
_SAME = "_same({view}(found), {view}(expected))"

# Of MBPP+ (November 2023): the reference alone takes more than two seconds over the further inputs, or has no end. Of
# these the original inputs count.
_TOO_LONG = frozenset(f"Mbpp/{number}" for number in (84, 123, 255, 271, 300, 389, 392, 589, 592, 599, 603, 630))
# Where several answers are right: a zero of a polynomial is told by its value there.
_ACCEPTED = {"find_zero": "abs(sum(c * found**i for i, c in enumerate(arguments[0]))) <= TOLERANCE"}


def humaneval_plus(
    records: Iterable[Mapping[str, Any]],
    references: Sequence[Mapping[str, Any]] = (),
    inputs: Sequence[Mapping[str, Any]] = (),
) -> list[Problem]:
    """The problems of HumanEval+.

    Args:
        records: those of a release, with task_id, prompt, entry_point, canonical_solution, contract, base_input,
            plus_input and atol; or HumanEval's, beside what the benchmark was before its releases:
        references: contract, reference, base_input and atol, in HumanEval's order;
        inputs: further ones, by task_id.
    """
    records = list(records)
    if references:
        further = {record["task_id"].replace("_", "/"): record["inputs"] for record in inputs}
        records = [
            {**record, **beside, "canonical_solution": beside["reference"].lstrip("\n")}
            | {"plus_input": further.get(record["task_id"], [])}
            for record, beside in zip(records, references, strict=True)
        ]

    def tests_of(record: Mapping[str, Any]) -> str:
        return _tests(
            record["prompt"] + record["contract"] + "\n" + record["canonical_solution"],
            record["entry_point"],
            [*record["base_input"], *record["plus_input"]],
            record["atol"],
        )

    return humaneval.problems(records, tests_of)


def mbpp_plus(records: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """The problems of a release's records, with task_id, prompt, entry_point, canonical_solution, base_input,
    plus_input, atol and assertion."""
    found = []
    for record in records:
        entry_point, assertions = record["entry_point"], ast.parse(record["assertion"]).body
        shown = [ast.get_source_segment(record["assertion"], line) or "" for line in _asserts(assertions)]
        like, view = _example(assertions, entry_point)
        further = record["plus_input"] if record["task_id"] not in _TOO_LONG else []
        given = [*record["base_input"], *(ast.literal_eval(further) if isinstance(further, str) else further)]
        inputs = [_typed(row, like) for row in given]
        found.append(
            Problem(
                item=record["task_id"],
                prompt=mbpp.prompt(record["prompt"].strip("\n'\" "), shown[:3]),
                solution=record["canonical_solution"].lstrip("\n"),
                head="",
                tail="",
                tests=_tests(record["canonical_solution"], entry_point, inputs, record["atol"], view),
                entry_point=entry_point,
                stop=mbpp.STOP,
            )
        )
    return found


def _tests(reference: str, entry_point: str, inputs: Sequence[Any], tolerance: float, view: str = "") -> str:
    """The module that compares an answer with the reference, input by input, through `view` (set, bool) if given."""
    made = ast.parse("def _reference():\n    pass").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.body = [*ast.parse(reference).body, ast.Return(ast.Name(entry_point, ast.Load()))]
    accepted = _ACCEPTED.get(entry_point) or _SAME.format(view=view)
    check = _CHECK.replace("ACCEPTED", accepted).replace("TOLERANCE", repr(tolerance))
    names = "inf, nan = float('inf'), float('nan')\n" if re.search(r"\b(?:inf|nan)\b", repr(inputs)) else ""
    return f"{names}INPUTS = {list(inputs)!r}\n{ast.unparse(ast.fix_missing_locations(made))}\n{check}"


def _asserts(lines: Iterable[ast.stmt]) -> list[ast.Assert]:
    return [line for line in lines if isinstance(line, ast.Assert)]


def _example(lines: Iterable[ast.stmt], entry_point: str) -> tuple[list[Any], str]:
    """The arguments of an assertion's call, which have types that JSON does not, and through what its value is seen:
    a set of it, its truth, or, "", itself."""
    for line in _asserts(lines):
        calls = [node for node in ast.walk(line) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        of_sets = any(call.func.id == "set" for call in calls if isinstance(call.func, ast.Name))
        for call in calls:
            if isinstance(call.func, ast.Name) and call.func.id == entry_point:
                try:
                    arguments = [ast.literal_eval(argument) for argument in call.args]
                except ValueError:  # an expression
                    continue
                alone = call in (line.test, getattr(line.test, "operand", None))
                return arguments, "set" if of_sets else "bool" if alone else ""
    return [], ""


def _typed(row: Sequence[Any], like: Sequence[Any]) -> list[Any]:
    """The arguments of a call with the types of an example's: JSON has no tuples, sets and complex numbers."""
    if any(isinstance(one, complex) for one in like):
        return [complex(value) for value in row]
    return [_shaped(value, one) for value, one in zip(row, like, strict=True)] if like else list(row)


def _shaped(value: Any, like: Any) -> Any:
    if isinstance(like, dict) and isinstance(value, dict):
        of_values = next(iter(like.values()), None)
        return {key: _shaped(one, of_values) for key, one in value.items()}
    if isinstance(like, list | tuple | set) and isinstance(value, list):
        examples = list(like) or [None]
        shaped = [_shaped(one, examples[min(place, len(examples) - 1)]) for place, one in enumerate(value)]
        return type(like)(shaped) if not isinstance(like, set) or all(map(_hashable, shaped)) else shaped
    return value


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
