"""The digits of a number in some base: what is done with them, once or until one digit is left."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "numbers"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    base = draw.pick((2, 3, 5, 7, 8, 10, 10, 10, 12, 16))
    cut = draw.number(1, base - 2) if base > 2 else 0
    rest = draw.number(0, 1)
    weight = draw.number(2, 9)
    number = draw.pick(("number", "n", "value", "code", "serial"))
    goal, step, told, listed = draw.pick(
        (
            ("sum", "{t} += {d}", "[sum|total] of the {digits}", "sum({ds})"),
            (
                "squares",
                "{t} += {d} * {d}",
                "sum of the squares of the {digits}",
                "sum(one * one for one in {ds})",
            ),
            (
                "weighted",
                f"{{t}} = {{t}} + {weight} * {{d}}",
                f"sum of the {{digits}}, multiplied by {weight},",
                f"sum({{ds}}) * {weight}",
            ),
            ("count", "{t} += 1", "number of the {digits}", "len({ds})"),
            ("greatest", "{t} = max({t}, {d})", "largest of the {digits}, 0 if there is none,", "max({ds}, default=0)"),
            ("product", "{t} += {d} + 1", "sum of the {digits}, each of them increased by 1,", "sum({ds}) + len({ds})"),
        )
    )
    which = draw.pick(
        (
            ("all", "", ""),
            (f"above {cut}", "{d} > " + str(cut), f"that are greater than {cut}"),
            (f"up to {cut}", "{d} <= " + str(cut), f"that are at most {cut}"),
            ("parity", "{d} % 2 == " + str(rest), f"that are {('even', 'odd')[rest]}"),
        )
    )
    if base == 2:
        which = ("all", "", "")
    if goal == "count" and not which[1]:
        which = ("nonzero", "{d} != 0", "that are not 0")
    total, digit = draw.locals("total", "digit", avoid=(number,))
    repeat = goal in ("sum", "squares") and which[0] == "all" and base > 2 and goal == "sum" and draw.chance(0.4)
    name = draw.identifier(
        f"[digit {goal}|{goal} of digits|{goal} digits|digital {goal}]"
        + draw.say(f"[| base {base}| in base {base}]" if base != 10 else "[|]")
    )
    if repeat:
        name = draw.identifier(
            "[digital root|repeated digit sum|reduce number|final digit]" + ("" if base == 10 else f" base {base}")
        )
    update = step.format(t=total, d=digit)
    inner = f"if {which[1].format(d=digit)}:\n    {update}" if which[1] else update
    take = draw.pick(
        (f"{digit} = {number} % {base}\n{number} //= {base}", f"{number}, {digit} = divmod({number}, {base})")
    )
    digits_of = f"_digits({number})"
    helper = f"""
        def _digits(number: int) -> list[int]:
            return [number % {base}, *_digits(number // {base})] if number else []
    """
    keep = f"[one for one in {digits_of} if {which[1].format(d='one')}]" if which[1] else digits_of
    if repeat:
        body = (
            _indented(
                f"while {number} >= {base}:",
                f"{total} = 0\nwhile {number}:\n" + _block(f"{take}\n{total} += {digit}") + f"\n{number} = {total}",
            )
            + f"\nreturn {number}"
        )
        second = Code(f"return 1 + ({number} - 1) % {base - 1} if {number} else 0")
    else:
        body = f"{total} = 0\n" + _indented(f"while {number} > 0:", f"{take}\n{inner}") + f"\nreturn {total}"
        second = Code(f"chosen = {keep}\nreturn {listed.format(ds='chosen')}", helper)
    solution = Code(body, style="loop")
    if not repeat and draw.chance(0.3):
        solution = Code(f"digits = {keep}\nreturn {listed.format(ds='digits')}", helper, "recursion")
        second = Code(body)
    where = "" if base == 10 else f" [in base {base}|written in base {base}|in its base-{base} form]"
    digits = f"digits of {{it}}{where} {which[2]}".rstrip()
    if repeat:
        phrase = draw.say(
            f"replace {{it}}{where} with the sum of its digits [again and again|repeatedly] until one "
            f"digit is left, "
            "[and return that|which is the result]"
        )
    else:
        phrase = draw.say(f"[return|find|compute] the {told.format(digits=digits).rstrip(',')}")

    def sample(random: Random) -> tuple[int]:
        return (
            random.choice(
                (random.randint(0, base), random.randint(0, 99), random.randint(0, 9999), random.randint(0, 10**6))
            ),
        )

    known = {
        "count": "0 <= result <= 3",
        "greatest": f"0 <= result < {base}",
    }.get(goal, "result >= 0")
    if repeat:
        known = f"0 <= result < {base} and (result - {number}) % {base - 1} == 0"
    return Sketch(
        name=name,
        parameters=(Parameter(number, "int", "a number that is not negative"),),
        returns="int",
        task=phrase.format(it=f"`{number}`"),
        rules=(
            draw.say(
                "[0 has no digits.|For 0 the result is 0.|The number 0 counts as having no digits.]"
                if not repeat
                else "[The number 0 gives 0.|0 stays 0.]"
            ),
        ),
        solution=solution,
        second=second,
        contract=Contract((f"0 <= {number} <= {base * base + 1}",), (known,)),
        sample=sample,
        edges=((0,), (base - 1,), (base,), (base * base + 1,)),
    )


def _block(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _indented(head: str, text: str) -> str:
    return f"{head}\n{_block(text)}"
