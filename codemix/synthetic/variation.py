"""Inputs of pipelines beyond what their first family draws.

A family's random inputs take each of its own branches; what follows it in a pipeline may need longer lists, repeats,
order, or other magnitudes before anything of it shows. The functions of a pipeline are defined for every value of their
parameter's type (`Sketch.step`), so that all of these are inputs.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from codemix.synthetic.problem import Sampler

_PLAIN = 0.4  # of the inputs are as the first family draws them
_MOST_PIECES = 4
_LONGEST_RUN = 5


def varied(sample: Sampler, random: Random) -> tuple[Any, ...]:
    """An input of a function with one parameter: as `sample` gives it, or one or two changes away from that."""
    (value,) = sample(random)
    if random.random() < _PLAIN:
        return (value,)
    for _ in range(random.randint(1, 2)):
        for kind, changes in _CHANGES.items():
            if type(value) is kind:
                value = random.choice(changes)(value, sample, random)
    return (value,)


def _joined(value: Any, sample: Sampler, random: Random) -> Any:
    """Some inputs as one."""
    for _ in range(random.randint(1, _MOST_PIECES - 1)):
        value = value + sample(random)[0]
    return value


def _in_runs(value: Any, sample: Sampler, random: Random) -> Any:
    """Every element some times in succession."""
    made = value[:0]
    for place in range(len(value)):
        made += value[place : place + 1] * random.randint(1, _LONGEST_RUN)
    return made


def _sorted(value: list[Any], sample: Sampler, random: Random) -> list[Any]:
    return sorted(value, reverse=random.random() < 0.5)


def _other_numbers(value: list[Any], sample: Sampler, random: Random) -> list[Any]:
    """The numbers of a list moved, stretched, mirrored, or drawn from few small ones."""
    if not all(type(each) is int for each in value):
        return value
    factor, offset = random.choice((-10, -3, -1, -1, 1, 1, 2, 10)), random.choice((0, 0, random.randint(-100, 100)))
    few = random.randint(1, 12)
    if random.random() < 0.3:
        return [random.randint(-few, few) for _ in value]
    return [factor * each + offset for each in value]


def _other_number(value: int, sample: Sampler, random: Random) -> int:
    return random.choice((-value, value + random.randint(-9, 9), value * random.randint(2, 9), random.randint(-9, 30)))


_CHANGES: dict[type, tuple[Callable[[Any, Sampler, Random], Any], ...]] = {
    list: (_joined, _in_runs, _sorted, _other_numbers),
    str: (_joined, _in_runs),
    int: (_other_number,),
}
