"""A class that keeps a level between bounds: what is added and taken, what happens at the bounds, what is recorded."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "classes"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    name = draw.class_name(f"[{scene.thing}|stock|supply|bounded] [counter|store|level|tank|gauge]")
    level = draw.pick(("level", "amount", "stock", "content"))
    add, take = draw.pick((("add", "take"), ("put", "draw"), ("increase", "decrease"), ("fill", "drain")))
    limit = draw.number(5, 60)
    number, moved = draw.pick((("quantity", "change"), ("n", "moved"), ("units", "difference"), ("count", "done")))
    above, below = draw.pick(("part", "refuse", "raise")), draw.pick(("part", "refuse", "raise"))
    added = "level" if above == "raise" else draw.pick(("moved", "left", "level", "all"))
    taken = "level" if below == "raise" else draw.pick(("moved", "left", "level", "all"))
    extra = draw.pick(
        ("none", "peak", "short", "room", "percent")
        if "raise" not in (above, below)
        else ("none", "peak", "room", "percent")
    )
    extra_name = draw.pick(_EXTRA_NAMES[extra])
    words = (level, add, take, limit, number, moved, above, below, added, taken, extra, extra_name)
    solutions = [_counted(*words), _remembered(*words)]
    draw.random.shuffle(solutions)
    rules = [
        f"The attribute `{level}` [holds|is] the present number; it begins at the given one, or at {limit} if that is "
        "less.",
        f"`{add}({number})` {_ADDED[above].format(things=scene.things, returned=_RETURNED[added].format('added'))}",
        f"`{take}({number})` {_TAKEN[below].format(things=scene.things, returned=_RETURNED[taken].format('removed'))}",
    ]
    if extra != "none":
        rules.append(_EXTRA[extra].format(name=extra_name, limit=limit))
    reading = {"peak": ((extra_name, None),), "short": ((extra_name, None),)}.get(extra, ((extra_name, ()),))
    look = ((level, None), *(reading if extra != "none" else ()))

    def sample(random: Random) -> tuple[Any, ...]:
        calls = [(random.choice((add, take)), (random.randint(0, limit),)) for _ in range(random.randint(1, 5))]
        return (random.randint(0, limit + 3),), tuple(each for call in calls for each in (call, random.choice(look)))

    raised = {"above": "there is no room for what is added", "below": "more is taken than there is"}
    when = " or ".join(raised[side] for side, how in (("above", above), ("below", below)) if how == "raise")
    return Sketch(
        name=name,
        parameters=(Parameter(level, "int", f"the number of {scene.things} at first"),),
        returns="None",
        task=draw.say(
            f"[keep track of|manage|record] how many {scene.things} [are there|are held|are in store], "
            f"[never more than|at most|up to] {limit}"
        ),
        rules=tuple(map(draw.say, rules)),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        kind="class",
        raises={"ValueError": when} if when else {},
        edges=(
            ((limit - 1,), ((add, (1,)), (take, (limit,)), *look)),
            ((1,), ((take, (1,)), *look, (add, (2,)), (take, (3,)), *look)),
            ((limit + 1,), (*look, (take, (2,)), (add, (3,)), *look)),
        ),
    )


_EXTRA_NAMES = {
    "none": ("",),
    "peak": ("peak", "highest", "record"),
    "short": ("refusals", "shortfalls", "misses"),
    "room": ("room", "space", "free"),
    "percent": ("percent", "share", "filled"),
}
_EXTRA = {
    "peak": "The attribute `{name}` holds the greatest number there has been.",
    "short": "The attribute `{name}` counts the calls of both methods that could not do all that was asked.",
    "room": "`{name}()` returns how many more fit.",
    "percent": "`{name}()` returns how full it is, in percent of {limit}, rounded down.",
}
_ADDED = {
    "part": "adds as many {things} as fit and returns {returned}.",
    "refuse": "adds that many {things} if all of them fit, and otherwise none; it returns {returned}.",
    "raise": "adds that many {things} and returns {returned}; if they do not fit, it raises ValueError and adds none.",
}
_TAKEN = {
    "part": "removes that many {things}, or all if there are fewer, and returns {returned}.",
    "refuse": "removes that many {things} if there are enough, and otherwise none; it returns {returned}.",
    "raise": "removes that many {things} and returns {returned}; if there are too few, it raises ValueError "
    "and removes none.",
}
_RETURNED = {
    "moved": "how many were {}",
    "left": "how many were not {}",
    "level": "the new number",
    "all": "whether all were {}",
}


def _counted(*words: Any) -> Code:
    """The level is a number."""
    level, add, take, limit, number, moved, above, below, added, taken, extra, extra_name = words
    begin = {"peak": f"\n    self.{extra_name} = self.{level}", "short": f"\n    self.{extra_name} = 0"}.get(extra, "")
    short = f"if {moved} < {number}:\n        self.{extra_name} += 1\n    " if extra == "short" else ""
    peak = f"self.{extra_name} = max(self.{extra_name}, self.{level})\n    " if extra == "peak" else ""
    choose_more = {
        "part": f"{moved} = min({number}, {limit} - self.{level})",
        "refuse": f"{moved} = {number} if self.{level} + {number} <= {limit} else 0",
        "raise": f'if self.{level} + {number} > {limit}:\n        raise ValueError("no room")',
    }[above]
    choose_less = {
        "part": f"{moved} = min({number}, self.{level})",
        "refuse": f"{moved} = {number} if {number} <= self.{level} else 0",
        "raise": f'if {number} > self.{level}:\n        raise ValueError("too few")',
    }[below]
    more, less = number if above == "raise" else moved, number if below == "raise" else moved
    body = f"""def __init__(self, {level}: int) -> None:
    self.{level} = min({level}, {limit}){begin}

def {add}(self, {number}: int) -> {"bool" if added == "all" else "int"}:
    {choose_more}
    {short}self.{level} += {more}
    {peak}return {_returned(added, level, number, moved)}

def {take}(self, {number}: int) -> {"bool" if taken == "all" else "int"}:
    {choose_less}
    {short}self.{level} -= {less}
    return {_returned(taken, level, number, moved)}
"""
    return Code(body + _method(extra, extra_name, level, limit), style="class")


def _remembered(*words: Any) -> Code:
    """All changes are remembered, and the level is their sum."""
    level, add, take, limit, number, moved, above, below, added, taken, extra, extra_name = words
    short = f"\n    self._{extra_name}: list[int] = []" if extra == "short" else ""
    miss = f"    if {moved} != {number}:\n        self._{extra_name}.append({number})\n" if extra == "short" else ""
    choose_more = {
        "part": f"{moved} = {number}\n    if {moved} > room:\n        {moved} = room",
        "refuse": f"{moved} = 0 if {number} > room else {number}",
        "raise": f'if {number} > room:\n        raise ValueError("it does not fit")\n    {moved} = {number}',
    }[above]
    choose_less = {
        "part": f"{moved} = {number} if {number} < self.{level} else self.{level}",
        "refuse": f"{moved} = 0\n    if self.{level} >= {number}:\n        {moved} = {number}",
        "raise": f'if self.{level} - {number} < 0:\n        raise ValueError("not enough")\n    {moved} = {number}',
    }[below]
    seen = {
        "peak": f"\n@property\ndef {extra_name}(self) -> int:\n    return max(accumulate(self._changes))\n",
        "short": f"\n@property\ndef {extra_name}(self) -> int:\n    return len(self._{extra_name})\n",
    }.get(extra, "")
    body = f"""def __init__(self, {level}: int) -> None:
    self._changes = [{level} if {level} <= {limit} else {limit}]{short}

@property
def {level}(self) -> int:
    return sum(self._changes)
{seen}
def {add}(self, {number}: int) -> {"bool" if added == "all" else "int"}:
    room = {limit} - self.{level}
    {choose_more}
    self._changes.append({moved})
{miss}    return {_returned(added, level, number, moved)}

def {take}(self, {number}: int) -> {"bool" if taken == "all" else "int"}:
    {choose_less}
    self._changes.append(-{moved})
{miss}    return {_returned(taken, level, number, moved)}
"""
    before = "from itertools import accumulate" if extra == "peak" else ""
    return Code(body + _method(extra, extra_name, level, limit), before, "class")


def _returned(what: str, level: str, number: str, moved: str) -> str:
    return {
        "moved": moved,
        "left": f"{number} - {moved}",
        "level": f"self.{level}",
        "all": f"{moved} == {number}",
    }[what]


def _method(extra: str, name: str, level: str, limit: int) -> str:
    """What a further method says of the level."""
    value = {"room": f"{limit} - self.{level}", "percent": f"100 * self.{level} // {limit}"}.get(extra)
    return f"\ndef {name}(self) -> int:\n    return {value}\n" if value else ""
