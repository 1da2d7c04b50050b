"""A class that keeps the last few numbers it was given and answers a question about them."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "classes"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    name = draw.class_name(f"[recent|last|latest|rolling] [{scene.measures}|{scene.things}|window|log|record]")
    size = draw.pick(("size", "capacity", "length", "room"))
    add = draw.pick(("add", "record", "push", "note"))
    ask, said, code, other = draw.pick(
        (
            ("mean", "the mean of those kept, rounded down", "sum({v}) // len({v})", "int(sum({v}) // len({v}))"),
            (
                "span",
                "the greatest minus the least of those kept",
                "max({v}) - min({v})",
                "sorted({v})[-1] - sorted({v})[0]",
            ),
            ("highest", "the greatest of those kept", "max({v})", "sorted({v})[-1]"),
            ("lowest", "the least of those kept", "min({v})", "sorted({v})[0]"),
            (
                "change",
                "the newest minus the oldest of those kept",
                "{v}[-1] - {v}[0]",
                "sum(b - a for a, b in zip({v}, {v}[1:]))",
            ),
            (
                "rises",
                "how often one kept is greater than the one before it",
                "sum(b > a for a, b in zip({v}, {v}[1:]))",
                "sum({v}[n] < {v}[n + 1] for n in range(len({v}) - 1))",
            ),
            (
                "middle",
                "the middle one of those kept in ascending order, of two in the middle the greater",
                "sorted({v})[len({v}) // 2]",
                "sorted({v}, reverse=True)[(len({v}) - 1) // 2]",
            ),
        )
    )
    empty = draw.pick(("None", "raise", "0"))
    result = draw.pick(("old", "count", "full"))
    given = draw.pick(("number", "value", "item"))
    clear = draw.chance(0.5)
    gone = {
        "old": "returns the number that had to go for it, or None if there was room",
        "count": "returns how many are kept then",
        "full": "returns whether another one had to go for it",
    }[result]
    returns = {"old": "int | None", "count": "int", "full": "bool"}[result]
    ending = {
        "old": "return old",
        "count": "return self._count",
        "full": "return full",
    }[result]
    nothing = "raise ValueError('nothing is kept')" if empty == "raise" else f"return {empty}"
    before = {
        "old": "\n            old = self._slots[self._next] if self._count == self.{0} else None",
        "full": "\n            full = self._count == self.{0}",
    }
    body = f"""
        def __init__(self, {size}: int) -> None:
            self.{size} = {size}
            self._slots = [0] * {size}
            self._next = 0
            self._count = 0

        def {add}(self, {given}: int) -> {returns}:{before.get(result, "").format(size)}
            # the next place has the oldest one, once all are taken
            self._slots[self._next] = {given}
            self._next = (self._next + 1) % self.{size}
            self._count = min(self._count + 1, self.{size})
            {ending}

        def values(self) -> list[int]:
            start = self._next - self._count
            return [self._slots[(start + n) % self.{size}] for n in range(self._count)]

        def {ask}(self) -> int{" | None" if empty == "None" else ""}:
            kept = self.values()
            if not kept:
                {nothing}
            return {code.format(v="kept")}
    """
    listed = {
        "old": ["old = self.kept[0] if len(self.kept) == self.{0} else None"],
        "full": ["full = len(self.kept) == self.{0}"],
    }
    line = "".join(f"\n            {each.format(size)}" for each in listed.get(result, []))
    queue = f"""
        def __init__(self, {size}: int) -> None:
            self.{size} = {size}
            self.kept: deque[int] = deque(maxlen={size})

        def {add}(self, {given}: int) -> {returns}:{line}
            self.kept.append({given})
            {ending.replace("self._count", "len(self.kept)")}

        def values(self) -> list[int]:
            return list(self.kept)

        def {ask}(self) -> int{" | None" if empty == "None" else ""}:
            kept = list(self.kept)
            if len(kept) == 0:
                {nothing}
            return {other.format(v="kept")}
    """
    if clear:
        body += "\n        def clear(self) -> None:\n            self._next = self._count = 0\n"
        queue += "\n        def clear(self) -> None:\n            self.kept.clear()\n"
    solutions = [Code(body, style="class"), Code(queue, "from collections import deque", "library")]
    draw.random.shuffle(solutions)

    def sample(random: Random) -> tuple[Any, ...]:
        calls: list[tuple[str, tuple[Any, ...]]] = []
        for _ in range(random.randint(2, 8)):
            kind = random.random()
            number = random.randint(least, greatest)
            calls.append((add, (number,)) if kind < 0.75 else ("clear", ()) if clear and kind < 0.83 else (ask, ()))
        return (random.randint(1, 4),), (*calls, ("values", ()), (ask, ()))

    several = tuple((add, (least + step,)) for step in (4, 1, 3, 2))
    rules = [
        f"`{add}({given})` keeps a number; if there are `{size}` already, the oldest one goes. It {gone}.",
        "`values()` lists those kept, from the oldest to the newest.",
        f"`{ask}()` returns {said}"
        + ("; it raises ValueError if none is." if empty == "raise" else f", or {empty} if none is."),
    ]
    if clear:
        rules.append("`clear()` forgets all of them.")
    return Sketch(
        name=name,
        parameters=(Parameter(size, "int", "the greatest number of numbers that are kept, at least 1"),),
        returns="None",
        task=draw.say(f"[keep|remember|hold] the [last|latest|most recent] {scene.measures} of the {scene.things}"),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        kind="class",
        raises={"ValueError": "nothing is kept"} if empty == "raise" else {},
        edges=(((3,), (*several, ("values", ()), (ask, ()))), ((2,), ((ask, ()), ("values", ())))),
    )
