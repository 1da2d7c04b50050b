"""Faults planted into real problems are left out of a generation at the level that claims to catch them."""

import ast
import dataclasses
import importlib.util
import re
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from codemix.synthetic import collection
from codemix.synthetic.generate import generate
from codemix.synthetic.making import problem_at
from codemix.synthetic.problem import Problem

SEED, FAMILY = 21, "count_matching"


class Here:
    """The pool's interface, in this process."""

    def map_in_order(
        self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]
    ) -> Generator[Any, None, None]:
        for call in calls:
            yield function(*call)


def sound(count: int) -> list[tuple[int, Problem]]:
    """Indices whose problems stay, and which have a loop to plant faults into."""
    found = []
    for index in range(200):
        problem = problem_at(SEED, index, (FAMILY,))
        if problem.sketch.solution.style == "loop" and problem.family == FAMILY and problem.examples:
            found.append((index, problem))
        if len(found) == count:
            return found
    raise AssertionError("too few problems of one family and style")


def begun_with(problem: Problem, lines: str) -> Problem:
    """The solution with statements before its first; {values} stands for its argument."""
    tree = ast.parse(problem.solution)
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    docstring = int(ast.get_docstring(function) is not None)
    (argument,) = problem.sketch.parameters
    function.body[docstring:docstring] = ast.parse(lines.format(values=argument.name)).body
    return dataclasses.replace(problem, solution=ast.unparse(ast.fix_missing_locations(tree)) + "\n")


def ended_with(problem: Problem, addition: str) -> Problem:
    """The solution that adds to its result."""
    at = problem.solution.rindex("return ")
    result = problem.solution[at:].removeprefix("return ").rstrip()
    return dataclasses.replace(problem, solution=f"{problem.solution[:at]}return {result} + {addition}\n")


def unlooked(problem: Problem) -> Problem:
    """Wrong only with more values than any of the tests' inputs has."""
    most = max(len(given[0]) for given in problem.inputs)
    return begun_with(problem, f"if len({{values}}) > {most}:\n    return -1")


def imports_random(problem: Problem) -> Problem:
    changed = ended_with(problem, "random.randint(0, 10**9)")
    return dataclasses.replace(changed, solution=f"import random\n\n\n{changed.solution}")


def another_example(problem: Problem) -> Problem:
    source, printed = problem.examples[0]
    shown = f">>> {source}\n    {printed}\n"
    assert shown in problem.solution
    return dataclasses.replace(problem, solution=problem.solution.replace(shown, f">>> {source}\n    {printed}1\n"))


FAULTS: dict[str, tuple[Callable[[Problem], Problem], str]] = {
    "a wrong solution": (lambda problem: ended_with(problem, "1"), "level 2: sandbox: failed"),
    "wrong where the tests do not look": (unlooked, "level 3: the second solution disagrees"),
    "a test of nothing": (
        lambda problem: dataclasses.replace(problem, tests=f"assert {problem.sketch.name}([]) == 0\n"),
        "level 4: the tests leave mutants alive",
    ),
    "an endless loop": (
        lambda problem: begun_with(problem, "while len({values}) >= 0:\n    pass"),
        "level 1: does not end",
    ),
    "an accident": (imports_random, "level 1: is not deterministic"),
    "a changed argument": (
        lambda problem: begun_with(problem, "{values}.append({values}[0] if {values} else 0)\n{values}.sort()"),
        "level 1: changes its arguments",
    ),
    "a wrong example": (another_example, "level 2: sandbox: failed"),
}
RARE = 987654321  # no random input has it


def records(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("problems-*.jsonl.zst"))
    return [orjson.loads(line) for file in files for line in zstandard.decompress(file.read_bytes()).splitlines()]


def planted(monkeypatch: pytest.MonkeyPatch, others: dict[int, Problem]) -> None:
    """Has indices make these problems instead of their own."""
    original = collection.problem_at

    def made(seed: int, index: int, families: tuple[str, ...]) -> Problem:
        return others.get(index) or original(seed, index, families)

    monkeypatch.setattr(collection, "problem_at", made)


def test_every_fault_is_left_out_where_it_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = sound(len(FAULTS))
    count = places[-1][0] + 1
    before = generate(count, SEED, tmp_path / "before", Here(), (FAMILY,))
    kept = {record["id"] for record in records(tmp_path / "before")}
    assert {problem.id for _, problem in places} <= kept
    expected: dict[str, set[str]] = {}
    others = {}
    for (index, problem), (fault, reason) in zip(places, FAULTS.values(), strict=True):
        others[index] = fault(problem)
        expected.setdefault(reason, set()).add(problem.id)
    planted(monkeypatch, others)
    after = generate(count, SEED, tmp_path / "after", Here(), (FAMILY,))
    for reason, ids in expected.items():
        assert ids <= set(after["drops"][reason]["examples"]), reason
        earlier = before["drops"].get(reason, {"count": 0})["count"]
        assert after["drops"][reason]["count"] - earlier == len(ids), reason
    assert {record["id"] for record in records(tmp_path / "after")} == kept - set().union(*expected.values())


def wrong_for_one_value(problem: Problem) -> Problem:
    """Does not count a number that the condition holds for."""
    tree = ast.parse(problem.solution)
    (test,) = (node for node in ast.walk(tree) if isinstance(node, ast.If))
    (loop,) = (node for node in ast.walk(tree) if isinstance(node, ast.For))
    rare = ast.parse(f"{ast.unparse(loop.target)} != {RARE}", mode="eval").body
    test.test = ast.BoolOp(ast.And(), [test.test, rare])
    return dataclasses.replace(problem, solution=ast.unparse(ast.fix_missing_locations(tree)) + "\n")


@pytest.mark.skipif(importlib.util.find_spec("crosshair") is None, reason="crosshair-tool is not installed")
def test_what_only_a_solver_finds_is_left_out_at_level_5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = next(
        problem for _, problem in sound(20) if re.search(r"if \w+ (>=?) \d+:", problem.solution)
    )
    planted(monkeypatch, {place: wrong_for_one_value(problem) for place in range(2)})
    unasked = generate(2, SEED, tmp_path / "unasked", Here(), (FAMILY,))
    assert unasked["contracts"] == {}
    assert {record["id"] for record in records(tmp_path / "unasked")} == {problem.id}
    planted(monkeypatch, {0: wrong_for_one_value(problem), 1: problem})
    asked = generate(2, SEED, tmp_path / "asked", Here(), (FAMILY,), contract_seconds=6.0)
    (reason,) = asked["drops"]
    assert re.fullmatch(
        rf"level 5: the contract is refuted: check_contract\(\[.*{RARE}.*\]\): AssertionError", reason
    )
    assert {name: asked["contracts"][name] for name in ("seconds", "confirmed", "refuted")} == {
        "seconds": 6.0,
        "confirmed": 1,
        "refuted": 1,
    }
    assert asked["levels"]["5 contract"] == 1
    assert [record["level"] for record in records(tmp_path / "asked")] == [5]
