"""Faults planted into real problems are left out of a generation at the level that claims to catch them."""

import ast
import dataclasses
import gzip
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from in_process import Here, records

from codemix.data.audit.config import Audit, Benchmark
from codemix.synthetic import collection
from codemix.synthetic.draw import Draw, seeded
from codemix.synthetic.generate import generate
from codemix.synthetic.making import problem_at, problem_of
from codemix.synthetic.problem import Code, Parameter, Problem, Sketch
from codemix.synthetic.registry import families
from codemix.synthetic.renamed import functions_of

SEED, FAMILY = 21, "count_matching"


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
    problem = next(problem for _, problem in sound(20) if re.search(r"if \w+ (>=?) \d+:", problem.solution))
    planted(monkeypatch, {place: wrong_for_one_value(problem) for place in range(2)})
    unasked = generate(2, SEED, tmp_path / "unasked", Here(), (FAMILY,))
    assert unasked["contracts"] == {}
    assert {record["id"] for record in records(tmp_path / "unasked")} == {problem.id}
    planted(monkeypatch, {0: wrong_for_one_value(problem), 1: problem})
    asked = generate(2, SEED, tmp_path / "asked", Here(), (FAMILY,), contract_seconds=6.0)
    (reason,) = asked["drops"]
    assert re.fullmatch(rf"level 5: the contract is refuted: check_contract\(\[.*{RARE}.*\]\): AssertionError", reason)
    assert {name: asked["contracts"][name] for name in ("seconds", "confirmed", "refuted")} == {
        "seconds": 6.0,
        "confirmed": 1,
        "refuted": 1,
    }
    assert asked["levels"]["5 contract"] == 1
    assert [record["level"] for record in records(tmp_path / "asked")] == [5]


def renamed_copy(item: dict[str, str]) -> Problem:
    """A HumanEval item with other names and another statement, as a problem with two solutions."""
    tree = ast.parse(item["prompt"] + item["canonical_solution"])
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    bound = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    bound |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.arg = f"my_{node.arg}"
        elif isinstance(node, ast.Name) and node.id in bound:
            node.id = f"my_{node.id}"
    values, least = (each.arg for each in function.args.args)
    sketch = Sketch(
        name="crowded",
        parameters=(Parameter(values, "list[float]", "places along a road"), Parameter(least, "float", "a distance")),
        returns="bool",
        task="tell whether two places lie nearer together than they may",
        solution=Code("\n".join(map(ast.unparse, function.body[1:]))),
        second=Code(f"order = sorted({values})\nreturn any(b - a < {least} for a, b in zip(order, order[1:]))"),
        sample=lambda random: (
            [random.randint(-9, 9) / 2 for _ in range(random.randint(0, 5))],
            random.randint(0, 9) / 2,
        ),
        edges=(([], 1.0), ([1.0, 2.5, 2.0], 0.5), ([3.0, 3.0], 0.5)),
    )
    return problem_of(sketch, "planted", "21-1", Draw(seeded(21, 1, "planted")))


def test_a_renamed_benchmark_item_is_left_out_by_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: Path
) -> None:
    file = samples / "evals" / "humaneval" / "HumanEval.jsonl.gz"
    with gzip.open(file) as lines:
        item = orjson.loads(next(lines))
    monkeypatch.setattr(
        "codemix.synthetic.generate.known_families", lambda: {**families(), "planted": families()[FAMILY]}
    )
    planted(monkeypatch, {1: renamed_copy(item)})
    generate(4, SEED, tmp_path / "unaudited", Here(), (FAMILY,))
    before = {record["id"] for record in records(tmp_path / "unaudited")}
    assert "21-1" in before
    code = {"prompt": "prompt", "answer": "canonical_solution", "tests": "test"}
    audit = Audit((Benchmark("humaneval", (str(file),), code=code, id="task_id"),))
    manifest = generate(4, SEED, tmp_path / "audited", Here(), (FAMILY,), audit)
    assert manifest["drops"][f"benchmark item: humaneval {item['task_id']}"] == {"count": 1, "examples": ["21-1"]}
    assert {record["id"] for record in records(tmp_path / "audited")} == before - {"21-1"}


TOTAL = """
def total(values: list[int]) -> int:
    'Sum.'
    left: int = 0
    for one in values:
        left += one
    return left
"""
ADD = """
import math


def add(given):
    kept = 0
    for each in given:
        kept += each
    return kept
"""


def test_a_function_is_the_same_under_other_names_and_another_one_is_not() -> None:
    (key,) = functions_of(TOTAL, 20)
    assert list(functions_of(TOTAL.replace("values", "rows").replace("left", "amount"), 20)) == [key]
    assert list(functions_of(ADD, 20)) == [key]
    for changed in (TOTAL.replace("+=", "-="), TOTAL.replace("= 0", "= 1"), TOTAL.replace("in values", "in left")):
        assert list(functions_of(changed, 20)) not in ([], [key])
    assert list(functions_of("def add(a, b):\n    return a + b\n", 20)) == []
    assert list(functions_of("int add(int a) {}", 0)) == []
