"""What EvalPlus's records are as tests: further inputs catch what the first ones let pass, and no more."""

from collections.abc import Iterator
from typing import Any

import pytest

from codemix.evaluation.code.plus import humaneval_plus, mbpp_plus
from codemix.evaluation.code.problems import Problem
from codemix.sandbox import Sandbox

HALF = {
    "task_id": "Mbpp/1",
    "prompt": '"""\nWrite a function to halve all numbers.\n"""',
    "entry_point": "halves",
    "canonical_solution": "\ndef halves(values):\n    return tuple(value / 2 for value in values)\n",
    "base_input": [[[2, 4]], [[6]]],
    "plus_input": [[[]], [[1, -1]]],
    "contract": "",
    "assertion": "\nimport math\nassert halves((2, 4)) == (1.0, 2.0)\nassert halves((6,)) == (3.0,)\n",
    "atol": 0,
}
ROOT = {
    "task_id": "HumanEval/1",
    "prompt": 'def root(x: float) -> float:\n    """The root of x."""\n',
    "entry_point": "root",
    "canonical_solution": "    return x ** 0.5\n",
    "contract": "    assert x >= 0\n",
    "base_input": [[4]],
    "plus_input": [[2], [-1], [0]],
    "atol": 0,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as entered:
        yield entered


def halves(**fields: Any) -> Problem:
    [problem] = mbpp_plus([HALF | fields])
    return problem


def passes(sandbox: Sandbox, problem: Problem, answer: str) -> bool:
    return sandbox.run(problem.program(answer)).passed


def test_the_prompt_shows_assertions_and_no_imports() -> None:
    assert halves().prompt.endswith(
        "Write a function to halve all numbers. Your code should pass these tests:\n\n"
        "assert halves((2, 4)) == (1.0, 2.0)\nassert halves((6,)) == (3.0,)\n[BEGIN]\n"
    )


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (HALF["canonical_solution"], True),
        ("def halves(values):\n    return tuple(value * 0.5 + 1e-9 for value in values)\n", True),  # rounding
        ("def halves(values):\n    return tuple(value // 2 for value in values)\n", False),  # right on the first inputs
        ("def halves(values):\n    return [value / 2 for value in values]\n", False),
        (
            "def halves(values):\n    return (values + ()) and tuple(value / 2 for value in values)\n",
            True,
        ),  # tuples come
        ("def halves(values):\n    values = values or 1\n    return tuple(value / 2 for value in values)\n", False),
    ],
)
def test_further_inputs_tell(sandbox: Sandbox, answer: str, right: bool) -> None:
    assert passes(sandbox, halves(), answer) == right


def test_inputs_that_the_contract_refuses_do_not_count(sandbox: Sandbox) -> None:
    [problem] = humaneval_plus([ROOT])
    assert problem.prompt == ROOT["prompt"]
    assert passes(sandbox, problem, "    return x ** 0.5\n")
    assert passes(sandbox, problem, "    return 'refused' if x < 0 else x ** 0.5\n")
    assert not passes(sandbox, problem, "    return 2\n")
    [none] = humaneval_plus([ROOT | {"base_input": [[-4]], "plus_input": []}])
    assert not passes(sandbox, none, "    return x ** 0.5\n")  # what nothing is compared with is not passed


def test_an_answer_has_neither_reference_nor_inputs(sandbox: Sandbox) -> None:
    [problem] = humaneval_plus([ROOT])
    for answer in (
        "    return _reference()(x)\n",
        "    return _same\n",
        "    import __main__\n    return __main__.INPUTS\n",
    ):
        assert not passes(sandbox, problem, answer)


def test_an_answer_that_changes_its_argument_changes_its_own(sandbox: Sandbox) -> None:
    record = HALF | {
        "canonical_solution": "\ndef halves(values):\n    return len(values)\n",
        "base_input": [[[1, 2]]],
        "plus_input": [],
        "assertion": "assert halves([1, 2]) == 2",
    }
    [problem] = mbpp_plus([record])
    assert passes(sandbox, problem, "def halves(values):\n    n = len(values)\n    values.clear()\n    return n\n")


@pytest.mark.parametrize(
    ("assertion", "answer", "right"),
    [
        (
            "assert set(halves([2, 4])) == {2}",
            "def halves(values):\n    return [2.0, 1.0]\n",
            True,
        ),  # the order is free
        ("assert halves([2, 4]) == [1, 2]", "def halves(values):\n    return [2.0, 1.0]\n", False),
        ("assert not halves([2, 4])", "def halves(values):\n    return 'yes'\n", True),  # its truth is asked for
        ("assert halves([2, 4]) == [1, 2]", "def halves(values):\n    return 'yes'\n", False),
    ],
)
def test_values_are_seen_as_the_assertions_see_them(sandbox: Sandbox, assertion: str, answer: str, right: bool) -> None:
    solution = "\ndef halves(values):\n    return [value / 2 for value in values]\n"
    fields = {"canonical_solution": solution, "base_input": [[[2, 4]]], "plus_input": [], "assertion": assertion}
    assert passes(sandbox, halves(**fields), answer) == right


def test_a_zero_of_a_polynomial_is_told_by_its_value(sandbox: Sandbox) -> None:
    record = ROOT | {
        "entry_point": "find_zero",
        "prompt": "def find_zero(xs):\n",
        "contract": "",
        "canonical_solution": "    return 2.0\n",
        "base_input": [[[-4, 0, 1]]],
        "plus_input": [[[1, 1]]],  # of which the reference gives no zero
        "atol": 1e-4,
    }
    [problem] = humaneval_plus([record])
    assert passes(sandbox, problem, "    return -2.0\n")
    assert not passes(sandbox, problem, "    return 1.0\n")
