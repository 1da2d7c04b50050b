"""Inputs of pipelines beyond what their first family draws.

A family's random inputs take each of its own branches; what follows it in a pipeline may need longer lists, repeats,
order, or other magnitudes before anything of it shows. The functions of a pipeline are defined for every value of their
parameter's type (`Sketch.step`), so that all of these are inputs.
"""

import re
from collections.abc import Callable
from random import Random
from typing import Any

from codemix.synthetic.problem import Sketch

_PLAIN = 0.4  # of the inputs are as the first family draws them
_MOST_PIECES = 4
_LONGEST_RUN = 5


def varied(sketch: Sketch, random: Random) -> tuple[Any, ...]:
    """An input of a function with one parameter: as its sampler gives it, or one or two changes away from that."""
    (value,) = sketch.sample(random)
    changes = _CHANGES.get(type(value), ())
    if not changes or random.random() < _PLAIN:
        return (value,)
    for _ in range(random.randint(1, 2)):
        value = random.choice(changes)(value, sketch, random)
    return (value,)


def _joined(value: Any, sketch: Sketch, random: Random) -> Any:
    """Some inputs as one."""
    for _ in range(random.randint(1, _MOST_PIECES - 1)):
        value = value + sketch.sample(random)[0]
    return value


def _in_runs(value: Any, sketch: Sketch, random: Random) -> Any:
    """Every element some times in succession."""
    made = value[:0]
    for place in range(len(value)):
        made += value[place : place + 1] * random.randint(1, _LONGEST_RUN)
    return made


def _sorted(value: list[Any], sketch: Sketch, random: Random) -> list[Any]:
    return sorted(value, reverse=random.random() < 0.5)


def _other_numbers(value: list[Any], sketch: Sketch, random: Random) -> list[Any]:
    """The numbers of a list moved, stretched, mirrored, or drawn from few small ones."""
    if not all(type(each) is int for each in value):
        return value
    factor, offset = random.choice((-10, -3, -1, -1, 1, 1, 2, 10)), random.choice((0, 0, random.randint(-100, 100)))
    few = random.randint(1, 12)
    if random.random() < 0.3:
        return [random.randint(-few, few) for _ in value]
    return [factor * each + offset for each in value]


def _at_borders(value: list[Any], sketch: Sketch, random: Random) -> list[Any]:
    """Some of a list's numbers replaced by those that the program compares with, or what leads to them."""
    if not all(type(each) is int for each in value):
        return value
    return [_border(sketch, random) if random.random() < 0.5 else each for each in value]


def _border(sketch: Sketch, random: Random) -> int:
    constants = [int(digits) for digits in re.findall(r"\b\d+\b", f"{sketch.solution.before}\n{sketch.solution.body}")]
    sign, less = random.choice((-1, 1, 1)), random.choice((0, random.choice([0, *constants])))
    return sign * random.choice([0, *constants]) - less + random.randint(-1, 1)


def _other_number(value: int, sketch: Sketch, random: Random) -> int:
    near, far = value + random.randint(-9, 9), value * random.randint(2, 9)
    return random.choice((-value, near, far, random.randint(-9, 30), _border(sketch, random)))


_CHANGES: dict[type, tuple[Callable[[Any, Sketch, Random], Any], ...]] = {
    list: (_joined, _in_runs, _sorted, _other_numbers, _at_borders),
    str: (_joined, _in_runs),
    int: (_other_number,),
}
