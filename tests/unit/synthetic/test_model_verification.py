"""What a model may get wrong, or plant, and the level that finds it; all in the sandbox."""

import ast
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from model_author import EXERCISES

from codemix.sandbox import Limits, Sandbox
from codemix.synthetic.model.answer import Answer, parsed
from codemix.synthetic.model.mutants import mutant_sources
from codemix.synthetic.model.verification import verify

WITHIN, RUNS, SPREAD, PAIRS = (parsed(json.dumps(fields)) for fields in EXERCISES)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(cpu_seconds=0.5, wall_seconds=30.0)) as opened:
        yield opened


@pytest.mark.parametrize("answer", [WITHIN, SPREAD, PAIRS], ids=lambda answer: answer.name)
def test_good_problems_pass_four_levels(answer: Answer, sandbox: Sandbox) -> None:
    found = verify(sandbox, answer, 1)
    assert (found.passed, found.reason) == (4, "")
    assert found.score is not None
    assert found.score.value >= 0.9


def test_the_same_answer_comes_as_far_again(sandbox: Sandbox) -> None:
    assert verify(sandbox, PAIRS, 1) == verify(sandbox, PAIRS, 1)


def changed(answer: Answer, **replacements: tuple[str, str]) -> Answer:
    """The answer with a text in a field replaced by another."""
    fields = {}
    for field, (old, new) in replacements.items():
        assert old in getattr(answer, field)
        fields[field] = getattr(answer, field).replace(old, new)
    return dataclasses.replace(answer, **fields)


LEVEL_1 = {
    "does not compile": changed(WITHIN, solution=("total = 0", "total =")),
    "does not compile (tests)": changed(WITHIN, tests=("== 0", "== ")),
    "second_solution does not define its function": dataclasses.replace(WITHIN, second_solution="pass\n"),
    "pyflakes: undefined name": changed(WITHIN, solution=("total += 1", "total += one")),
    "pyflakes: 'os' imported but unused": changed(WITHIN, solution=("def count", "import os\n\n\ndef count")),
    "make_input raises": changed(WITHIN, make_input=("values = [", "values = 1 / 0, [")),
    "make_input returns no tuple of plain data": changed(WITHIN, make_input=("return values", "return lambda: values")),
    "make_input gives too few": changed(SPREAD, make_input=("return (", "return ([1],) or (")),
    "sandbox: timeout": changed(WITHIN, solution=("total = 0\n", "total = 0\n    while True:\n        total = 0\n")),
    "is not deterministic": changed(
        changed(WITHIN, solution=("return total", "return total + random.randint(0, 9)")),
        solution=("def count", "import random\n\n\ndef count"),
    ),
    "changes its arguments": changed(WITHIN, solution=("total = 0", "total = 0\n    values.sort()")),
    "raises ZeroDivisionError, of which": changed(WITHIN, solution=("total = 0", "total = 0 * (1 // len(values))")),
    "does not return plain data": changed(WITHIN, solution=("return total", "return iter([total])")),
    "does the same with every input": changed(WITHIN, solution=("return total", "return 0 * total")),
}
LATER = {
    # a wrong solution
    (1, "tests: failed"): changed(WITHIN, solution=("value <= high", "value < high")),
    (1, "examples: failed"): changed(WITHIN, solution=("    2\n    ", "    3\n    ")),
    (1, "the docstring has no example"): changed(WITHIN, solution=(">>> ", "for one ")),
    (2, "the second solution is the first"): changed(
        WITHIN, solution=("Count", "Find"), second_solution=(WITHIN.second_solution, WITHIN.solution)
    ),
    (2, "the second solution: tests failed"): changed(WITHIN, second_solution=("max(0, ", "max(1, ")),
    # agrees on all tests, and not beyond them
    (2, "the second solution disagrees"): changed(
        WITHIN, second_solution=("return max", "return 9 if -9 in values else max")
    ),
    # vacuous tests
    (3, "the tests leave mutants alive"): dataclasses.replace(WITHIN, tests="assert True\n"),
}


@pytest.mark.parametrize("reason", LEVEL_1)
def test_level_1_finds(reason: str, sandbox: Sandbox) -> None:
    found = verify(sandbox, LEVEL_1[reason], 1)
    assert found.passed == 0
    assert found.reason.startswith(reason.partition(" (")[0])


@pytest.mark.parametrize(("passed", "reason"), LATER)
def test_higher_levels_find(passed: int, reason: str, sandbox: Sandbox) -> None:
    found = verify(sandbox, LATER[passed, reason], 1)
    assert (found.passed, found.reason) == (passed, reason)


@pytest.mark.parametrize(
    "harm",
    [
        "import os\nos._exit(0)\n",
        "import sys\nsys.exit(0)\n",
        "raise SystemExit\n",
        "def count_within(*_):\n    class Any(int):\n        __eq__ = lambda *_: True\n    return Any()\n",
    ],
)
def test_code_that_would_fake_success_does_not_pass(harm: str, sandbox: Sandbox) -> None:
    found = verify(sandbox, dataclasses.replace(WITHIN, solution=WITHIN.solution + harm), 1)
    assert found.passed < 2
    assert found.failed


def test_a_models_code_never_runs_here(sandbox: Sandbox, tmp_path: Path) -> None:
    touch = f"open({str(tmp_path / 'touched')!r}, 'w').close()\n"
    for field in ("solution", "second_solution", "tests", "make_input"):
        planted = dataclasses.replace(WITHIN, **{field: f"{getattr(WITHIN, field)}\n\n{touch}"})
        assert verify(sandbox, planted, 1).failed
    assert not list(tmp_path.iterdir())


def test_mutants_are_modules_with_one_mistake_each() -> None:
    original = ast.unparse(ast.parse(RUNS.solution))
    mutants = list(mutant_sources(RUNS.solution, Random(1), 100))
    assert len(mutants) > 10
    for mutant in mutants:
        changes = [pair for pair in zip(original.splitlines(), mutant.splitlines(), strict=False) if pair[0] != pair[1]]
        assert len(changes) == 1 or len(original.splitlines()) != len(mutant.splitlines())
    assert list(mutant_sources(RUNS.solution, Random(1), 5)) == mutants[:5]
