"""Each level catches what it claims to catch, and lets a sound problem pass."""

import dataclasses

import pytest

from codemix.synthetic.draw import Draw, seeded
from codemix.synthetic.making import problem_of
from codemix.synthetic.problem import Code, Parameter, Problem, Rejected, Sketch
from codemix.synthetic.verification import Verification, Verifier

GOOD = Sketch(
    name="above",
    parameters=(Parameter("values", "list[int]", "some numbers"),),
    returns="int",
    task="count the values above 3",
    solution=Code("total = 0\nfor value in values:\n    if value > 3:\n        total += 1\nreturn total"),
    second=Code("return len([value for value in values if not value <= 3])"),
    sample=lambda random: ([random.randint(0, 7) for _ in range(random.randint(0, 6))],),
    edges=(([],), ([3, 4],)),
)


def made(sketch: Sketch = GOOD) -> Problem:
    return problem_of(sketch, "planted", "1-0", Draw(seeded(1, 0, "planted")))


def checked(verifier: Verifier, problem: Problem) -> Verification:
    (result,) = verifier.verify([problem])
    return result


def with_body(body: str, before: str = "") -> Sketch:
    return dataclasses.replace(GOOD, solution=Code(body, before))


def test_a_sound_problem_passes_all_levels(verifier: Verifier) -> None:
    result = checked(verifier, made())
    assert result.passed == 4
    assert not result.failed
    assert result.score is not None
    assert result.score.value >= 0.9


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while values is not None:\n    pass", "does not end"),
        ("return values[0]", "raises IndexError"),
        ("return total(", "cannot be executed"),
    ],
)
def test_a_reference_that_gives_no_tests_is_rejected(body: str, reason: str) -> None:
    with pytest.raises(Rejected, match=reason) as rejected:
        made(with_body(body))
    assert rejected.value.level == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("total = 0", "total = 0\n    while True:\n        pass", "does not end"),
        ("total = 0", "unused = total = 0", "pyflakes"),
        ("total = 0", "total = zero", "pyflakes"),
        ("total = 0", "total = ", "does not compile"),
        ("return total", "values.append(1)\n    return total", "changes its arguments"),
        ("return total", "return total + values[7]", "raises IndexError"),
    ],
)
def test_level_1(verifier: Verifier, old: str, new: str, reason: str) -> None:
    problem = made()
    assert old in problem.solution
    result = checked(verifier, dataclasses.replace(problem, solution=problem.solution.replace(old, new)))
    assert result.passed == 0
    assert reason in result.reason


def test_level_1_asks_for_the_same_result_twice(verifier: Verifier) -> None:
    problem = made()
    counting = f"import itertools\n\nCOUNTER = itertools.count()\n\n\n{problem.solution}"
    changed = counting.replace("total = 0", "total = next(COUNTER)")
    assert checked(verifier, dataclasses.replace(problem, solution=changed)).reason == "is not deterministic"


def test_level_2_catches_a_wrong_solution(verifier: Verifier) -> None:
    problem = made()
    wrong = dataclasses.replace(problem, solution=problem.solution.replace("value > 3", "value >= 3"))
    result = checked(verifier, wrong)
    assert result.passed == 1
    assert result.reason == "sandbox: failed"


def test_level_2_catches_a_wrong_example(verifier: Verifier) -> None:
    problem = made()
    source, printed = problem.examples[0]
    text = f">>> {source}\n    {printed}\n"
    assert text in problem.solution
    wrong = dataclasses.replace(problem, solution=problem.solution.replace(text, f">>> {source}\n    {printed}1\n"))
    result = checked(verifier, wrong)
    assert (result.passed, result.reason) == (1, "sandbox: failed")


def test_level_3_catches_a_problem_that_is_solved_differently(verifier: Verifier) -> None:
    other = dataclasses.replace(GOOD, second=Code("return sum(value > 4 for value in values)"))
    result = checked(verifier, made(other))
    assert (result.passed, result.reason) == (2, "the second solution disagrees")


def test_level_4_catches_vacuous_tests(verifier: Verifier) -> None:
    problem = dataclasses.replace(made(), tests="assert above([]) == 0\n", inputs=(([],),))
    result = checked(verifier, problem)
    assert (result.passed, result.reason) == (3, "the tests leave mutants alive")
    assert result.score is not None
    assert result.score.value < 0.9


def test_level_4_bounds_what_is_presumed_equivalent(verifier: Verifier) -> None:
    """Most of this code cannot matter: nothing would tell its mutants from it."""
    idle = """
        spare = 5
        for one in range(3):
            spare += one * 2
        spare -= 1 if spare > 9 else 2
        return len([each for each in values if each > 3] + [spare] * 0)
    """
    result = checked(verifier, made(with_body(idle)))
    assert (result.passed, result.reason) == (3, "too many mutants are presumed equivalent")


def test_each_of_many_has_its_own_verdict(verifier: Verifier) -> None:
    good = made()
    wrong = dataclasses.replace(good, solution=good.solution.replace("value > 3", "value > 4"))
    broken = dataclasses.replace(good, solution="def above(values:\n")
    passed = [each.passed for each in verifier.verify([good, broken, wrong, good])]
    assert passed == [4, 0, 1, 4]
