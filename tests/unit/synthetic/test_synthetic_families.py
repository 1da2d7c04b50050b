"""Every family: pure, varied, and verified."""

import dataclasses
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from codemix.errors import UserError
from codemix.synthetic.diversity import distinct_trees, near_duplicate_share
from codemix.synthetic.layouts import document, record
from codemix.synthetic.making import problem_at
from codemix.synthetic.problem import Problem, Rejected
from codemix.synthetic.registry import chosen, families
from codemix.synthetic.verification import Verifier

SOME = 6  # problems of each family
SAME = ("chosen_words", "compared_lists", "count_matching", "longest_chain", "running_account", "rule_sequence")


def problems(family: str, count: int, seed: int = 11) -> list[Problem]:
    found = []
    for index in range(count):
        try:
            found.append(problem_at(seed, index, (family,)))
        except Rejected:
            continue
    return found


@pytest.mark.parametrize("family", list(families()))
def test_a_family_gives_sound_problems(family: str, verifier: Verifier) -> None:
    made = problems(family, SOME)
    assert len(made) == SOME
    results = verifier.verify(made)
    # Levels 1 to 3 always hold; too many equivalent mutants may cost a few.
    assert [result.reason for result in results if result.passed < 3] == []
    assert sum(result.passed == 4 for result in results) >= SOME - 2


def test_texts_of_all_families_differ() -> None:
    texts = [document(problem_at(5, index)) for index in range(300)]
    assert len(set(texts)) == 300
    assert near_duplicate_share(texts) < 0.05
    assert distinct_trees(problem_at(5, index).solution for index in range(100)) > 60


def test_copies_are_near_duplicates() -> None:
    text = document(problem_at(5, 0))
    assert near_duplicate_share([text, text.replace("\n", "\n\n"), document(problem_at(5, 1))]) == pytest.approx(1 / 3)


def test_names_and_numbers_do_not_make_another_tree() -> None:
    one = "def f(a: int) -> int:\n    '''One.'''\n    return a + 1\n"
    other = "def g(b: int) -> int:\n    '''Two.'''\n    return b + 2\n"
    assert distinct_trees([one, other, one.replace("+", "-")]) == 2


def test_a_problem_is_the_same_in_another_process() -> None:
    indices = range(40)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        there = list(executor.map(_record, indices))
    assert there == [_record(index) for index in reversed(indices)][::-1]


def _record(index: int) -> dict[str, str]:
    return record(problem_at(17, index, SAME))


def test_another_seed_gives_other_problems() -> None:
    assert record(problem_at(1, 0)) != record(problem_at(2, 0)) | {"id": "1-0"}


def test_pipelines_are_made_of_families_that_fit() -> None:
    made = [problem for problem in (problem_at(3, index) for index in range(150)) if "+" in problem.family]
    assert len(made) >= 5
    for problem in made:
        assert set(problem.family.split("+")) <= set(families())
        assert problem.sketch.solution.style == "pipeline"


def test_an_unknown_family_is_told() -> None:
    with pytest.raises(UserError, match="no family 'nonsense'"):
        chosen(("nonsense",))


def test_sketches_need_not_be_pickled_but_problems_are_plain() -> None:
    problem = problem_at(1, 1)
    assert {type(value) for value in record(problem).values()} == {str}
    assert dataclasses.replace(problem, tests="pass\n").tests == "pass\n"
