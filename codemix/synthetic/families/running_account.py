"""A class that keeps a level between bounds: deposits and withdrawals, with what happens at the bounds."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import capital
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "classes"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    name = draw.class_name(f"[{scene.thing}|stock|supply|bounded] [counter|store|level|tank|gauge]")
    level = draw.pick(("level", "amount", "stock", "content"))
    add, take = draw.pick((("add", "take"), ("put", "draw"), ("increase", "decrease"), ("fill", "drain")))
    limit = draw.number(5, 60)
    amount, change = draw.pick((("quantity", "change"), ("n", "moved"), ("units", "difference"), ("by", "done")))
    below = draw.pick(("clamp", "refuse", "raise"))
    low = {
        "clamp": (f"min({amount}, self.{level})", "takes only what is there and returns how much that was"),
        "refuse": (
            f"{amount} if {amount} <= self.{level} else 0",
            "takes nothing and returns 0 if there is too little",
        ),
        "raise": ("", "raises ValueError if there is too little, and changes nothing"),
    }
    body = f"""
        def __init__(self, {level}: int) -> None:
            self.{level} = min({level}, {limit})

        def {add}(self, {amount}: int) -> int:
            # what does not fit is left over
            {change} = min({amount}, {limit} - self.{level})
            self.{level} += {change}
            return {amount} - {change}

        def {take}(self, {amount}: int) -> int:
"""
    other = f"""
        def __init__(self, {level}: int) -> None:
            self.{level} = {level} if {level} < {limit} else {limit}

        def {add}(self, {amount}: int) -> int:
            self.{level} += {amount}
            over = self.{level} - {limit}
            if over > 0:
                self.{level} = {limit}
                return over
            return 0

        def {take}(self, {amount}: int) -> int:
"""
    lines: tuple[str, ...]
    if below == "raise":
        lines = (
            f"if {amount} > self.{level}:",
            "    raise ValueError('too little')",
            f"self.{level} -= {amount}",
            f"return {amount}",
        )
    else:
        lines = (f"{change} = {low[below][0]}", f"self.{level} -= {change}", f"return {change}")
    ending = "".join(f"            {line}\n" for line in lines)
    seconds: dict[str, tuple[str, ...]] = {
        "clamp": (
            f"before = self.{level}",
            f"self.{level} = max(before - {amount}, 0)",
            f"return before - self.{level}",
        ),
        "refuse": (
            f"if self.{level} < {amount}:",
            "    return 0",
            f"self.{level} = self.{level} - {amount}",
            f"return {amount}",
        ),
        "raise": (
            f"after = self.{level} - {amount}",
            "if after < 0:",
            "    raise ValueError('not enough')",
            f"self.{level} = after",
            f"return {amount}",
        ),
    }
    second_ending = "".join(f"            {line}\n" for line in seconds[below])

    def sample(random: Random) -> tuple[Any, ...]:
        calls = [(random.choice((add, take)), (random.randint(0, limit),)) for _ in range(random.randint(1, 5))]
        return (random.randint(0, limit + 3),), tuple(each for call in calls for each in (call, (level, None)))

    return Sketch(
        name=name,
        parameters=(Parameter(level, "int", f"the number of {scene.things} at first"),),
        returns="None",
        task=draw.say(
            f"[keep track of|manage|record] how many {scene.things} [are there|are held|are in store], "
            f"[never more than|at most|up to] {limit}"
        ),
        rules=(
            capital(
                f"the attribute `{level}` [holds|is] the present number; it begins at the given one, or at {limit} "
                f"if that is less."
            ).replace("[holds|is]", draw.say("[holds|is]")),
            f"`{add}({amount})` adds as many as fit and returns how many [were left over|did not fit].".replace(
                "[were left over|did not fit]", draw.say("[were left over|did not fit]")
            ),
            f"`{take}({amount})` removes {scene.things} and returns how many, but {low[below][1]}.",
        ),
        solution=Code(body + ending, style="class"),
        second=Code(other + second_ending),
        sample=sample,
        kind="class",
        raises={"ValueError": "more is taken than there is"} if below == "raise" else {},
        edges=(
            ((limit,), ((add, (1,)), (level, None))),
            ((0,), ((take, (1,)), (level, None))),
            ((limit + 1,), ((level, None), (take, (limit,)), (level, None))),
        ),
    )
