"""Mutants, and the count of steps that ends what would not end."""

import ast
from random import Random

import pytest

from codemix.synthetic.mutation import compiled, mutants
from codemix.synthetic.outcomes import ENDLESS, RAISED, RETURNED, Subject
from codemix.synthetic.stepping import TICK, counted

SOURCE = '''
def clamp(values: list[int], least: int) -> int:
    """Adds up what is above."""
    total = 0
    for value in values:
        if value > least and not value == 7:
            total += value * 2
    return total
'''


def results(code: object) -> list[tuple[str, object]]:
    subject = Subject(code, "function", "clamp")  # type: ignore[arg-type]
    return [subject.run((list(values), 3), 1000)[0][0] for values in ([], [3, 4, 5], [7, 8], [1, 2])]


def test_most_mutants_do_something_else() -> None:
    reference = results(compiled(SOURCE))
    assert reference == [(RETURNED, 0), (RETURNED, 18), (RETURNED, 16), (RETURNED, 0)]
    made = [results(code) for code in mutants(SOURCE, Random(1), 100)]
    assert len(made) >= 12
    assert sum(each != reference for each in made) >= 0.9 * len(made)


def test_making_mutants_leaves_the_next_ones_alone() -> None:
    """Each mutant has one change: made twice, in another order, the set of them is the same."""
    one = sorted(map(repr, map(results, mutants(SOURCE, Random(1), 100))))
    other = sorted(map(repr, map(results, mutants(SOURCE, Random(2), 100))))
    assert one == other


def test_fewer_are_made_where_fewer_are_asked_for() -> None:
    assert len(list(mutants(SOURCE, Random(1), 5))) == 5


@pytest.mark.parametrize(
    "body",
    [
        "while True:\n        pass",
        "for one in itertools.count():\n        pass",
        "return f(x)\n\n\ndef f(x):\n    while x or True:\n        x = x * x + 2",
        "return [one for one in itertools.count() if one < 0]",
        "try:\n        while True:\n            pass\n    except Exception:\n        return 1",
    ],
)
def test_what_never_ends_is_stopped(body: str) -> None:
    subject = Subject(compiled(f"import itertools\n\n\ndef g(x):\n    {body}\n"), "function", "g")
    assert subject.run((3,), 10_000)[0] == ((ENDLESS, None),)


def test_deep_recursion_is_an_exception() -> None:
    subject = Subject(compiled("def g(x):\n    return g(x + 1)\n"), "function", "g")
    assert subject.run((0,))[0] == ((RAISED, "RecursionError"),)


def test_counting_steps_changes_no_result() -> None:
    source = "def g(n):\n    return [a * b for a in range(n) for b in range(a) if b % 2] if n else [x for x in ()]\n"
    plain: dict = {}
    exec(source, plain)
    subject = Subject(compiled(source), "function", "g")
    for n in range(6):
        outcome, steps = subject.run((n,))
        assert outcome == ((RETURNED, plain["g"](n)),)
        assert steps >= n
    assert TICK in ast.unparse(counted(ast.parse(source)))


def test_a_class_and_an_iterator_are_run_step_by_step() -> None:
    box = """
class Box:
    def __init__(self, n):
        self.n = 10 // n

    def take(self, k):
        self.n -= k
        return self.n
"""
    subject = Subject(compiled(box), "class", "Box")
    calls = (("take", (1,)), ("n", None), ("take", ()))
    assert subject.run(((5,), calls))[0] == ((RETURNED, None), (RETURNED, 1), (RETURNED, 1), (RAISED, "TypeError"))
    assert subject.run(((0,), calls))[0] == ((RAISED, "ZeroDivisionError"),)
    down = "def g(n):\n    while n > 0:\n        n -= 1\n        yield n\n"
    counting = Subject(compiled(down), "iterator", "g")
    assert counting.run((3,))[0] == ((RETURNED, [2, 1, 0]),)
