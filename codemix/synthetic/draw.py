"""What a family draws from: choices, phrases, names and numbers, all of one seed."""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from codemix.synthetic.phrases import camel, say, snake
from codemix.synthetic.scenes import SCENES, Scene

Item = TypeVar("Item")

_LOCALS = {
    "total": ("total", "result", "acc", "running", "amount", "so_far", "tally"),
    "result": ("result", "found", "out", "answer", "collected", "output", "kept"),
    "best": ("best", "top", "leader", "chosen", "winner", "champion"),
    "count": ("count", "hits", "matches", "tally", "n_found", "counter"),
    "counts": ("counts", "tallies", "frequency", "occurrences", "histogram"),
    "index": ("i", "index", "position", "k", "pos", "idx"),
    "other_index": ("j", "other", "inner", "m", "offset"),
    "item": ("item", "x", "value", "entry", "element", "current"),
    "other_item": ("y", "rival", "following", "neighbour", "second"),
    "key": ("key", "label", "name", "tag"),
    "char": ("char", "ch", "letter", "c", "symbol"),
    "word": ("word", "token", "part", "piece"),
    "seen": ("seen", "visited", "known", "already", "met"),
    "left": ("left", "low", "lo", "start", "begin"),
    "right": ("right", "high", "hi", "end", "stop_at"),
    "stack": ("stack", "pending", "open_ones", "pile"),
    "queue": ("queue", "waiting", "frontier", "upcoming"),
    "table": ("table", "dp", "memo", "ways", "cache"),
    "rest": ("rest", "remaining", "left_over", "tail"),
    "previous": ("previous", "last", "prior", "before"),
    "groups": ("groups", "buckets", "by_key", "bins"),
    "row": ("row", "line", "record"),
    "digit": ("digit", "d", "figure"),
}


def seeded(seed: int, index: int, purpose: str) -> Random:
    """The random numbers of one purpose of one problem: the same in every process and on every machine."""
    digest = hashlib.blake2b(f"{seed}:{index}:{purpose}".encode(), digest_size=16).digest()
    return Random(int.from_bytes(digest, "big"))


class Draw:
    """Draws for one problem.

    Attributes:
        random: the numbers behind it.
        scene: where the problem takes place.
    """

    def __init__(self, random: Random):
        self.random = random
        self.scene: Scene = random.choice(SCENES)

    def pick(self, options: Sequence[Item]) -> Item:
        """One of the options."""
        return self.random.choice(options)

    def number(self, least: int, greatest: int) -> int:
        """A whole number, both ends included."""
        return self.random.randint(least, greatest)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def say(self, template: str) -> str:
        """The phrase with its choices `[one|other]` made."""
        return say(self.random, template)

    def identifier(self, template: str) -> str:
        """A snake_case name of the words of a phrase: "[count|number of] [high|big] prices"."""
        return snake(self.say(template))

    def class_name(self, template: str) -> str:
        """A CamelCase name of the words of a phrase."""
        return camel(self.say(template))

    def locals(self, *roles: str, avoid: Sequence[str] = ()) -> tuple[str, ...]:
        """A name of a local variable for each role, all different and none in `avoid`.

        Args:
            roles: keys of the table above: "total", "result", "best", "count", "index", "item", "key", "char"….
            avoid: the parameters' names, the function's, and whatever else the code uses.
        """
        names: list[str] = []
        for role in roles:
            free = [name for name in _LOCALS[role] if name not in names and name not in avoid]
            names.append(self.pick(free))
        return tuple(names)
