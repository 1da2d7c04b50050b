"""What a solution does with an input: what it returns or raises, within a number of steps."""

import dataclasses
import math
import pickle
from collections.abc import Iterable
from types import CodeType
from typing import Any

from codemix.synthetic.problem import Kind
from codemix.synthetic.stepping import TICK, OutOfSteps, Steps

RETURNED, RAISED, ENDLESS = "returned", "raised", "endless"
Outcome = tuple[tuple[str, Any], ...]  # one for a function; for a class one for the constructor and one for each call
REFERENCE_STEPS = 200_000


@dataclasses.dataclass(frozen=True)
class Input:
    """An input that can be had afresh any number of times, since a solution may change what it is given."""

    pickled: bytes

    @staticmethod
    def of(value: tuple[Any, ...]) -> "Input":
        return Input(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))

    def fresh(self) -> tuple[Any, ...]:
        value: tuple[Any, ...] = pickle.loads(self.pickled)
        return value


class Subject:
    """A solution that can be run in this process: one of our own families', never a stranger's.

    Raises whatever the module raises when it is executed.
    """

    def __init__(self, code: CodeType, kind: Kind, name: str):
        self._steps = Steps()
        self._kind = kind
        namespace: dict[str, Any] = {"__name__": "solution", TICK: self._steps.step}
        self._steps.allow(REFERENCE_STEPS)
        exec(code, namespace)
        self._namespace = namespace
        self._target = namespace[name]

    def run(self, given: tuple[Any, ...], limit: int = REFERENCE_STEPS) -> tuple[Outcome, int]:
        """The outcome, and how many steps it took."""
        self._steps.allow(limit)
        outcome = self._run_class(*given) if self._kind == "class" else (self._call(self._target, given),)
        return outcome, limit - self._steps.left

    def passes(self, tests: CodeType, limit: int) -> tuple[bool, int]:
        """Whether tests that run after the solution end without an exception, and how many steps they took."""
        self._steps.allow(limit)
        try:
            exec(tests, self._namespace)
            passed = True
        except (Exception, OutOfSteps):
            passed = False
        return passed, limit - self._steps.left

    def _call(self, target: Any, arguments: tuple[Any, ...]) -> tuple[str, Any]:
        try:
            result = target(*arguments)
            return RETURNED, list(result) if self._kind == "iterator" else result
        except OutOfSteps:
            return ENDLESS, None
        except Exception as error:
            return RAISED, type(error).__name__

    def _run_class(self, arguments: tuple[Any, ...], calls: Iterable[tuple[str, Any]]) -> Outcome:
        made = self._call(self._target, arguments)
        if made[0] != RETURNED:
            return (made,)
        outcome = [(RETURNED, None)]
        for method, given in calls:
            if given is None:
                outcome.append(self._call(lambda method=method: getattr(made[1], method), ()))
            else:
                outcome.append(self._call(lambda *each, method=method: getattr(made[1], method)(*each), given))
            if outcome[-1][0] == ENDLESS:
                break
        return tuple(outcome)


def same(one: Outcome, other: Outcome) -> bool:
    """Whether a test that expects one would pass the other: equality, and closeness of floats."""
    if len(one) != len(other):
        return False
    return all(a == b and _same_value(x, y) for (a, x), (b, y) in zip(one, other, strict=True))


def _same_value(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    try:
        return bool(one == other)
    except Exception:
        return False
