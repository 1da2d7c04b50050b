"""Sequences that a rule makes from number to number, until a condition holds: length, peak, end, members."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "recursion"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    start = draw.pick(("start", "number", "n", "value", "seed_value", "first"))
    m = draw.pick((2, 3, 4, 5))
    add = draw.number(1, 9)
    stop = draw.number(1, 6)
    factor = draw.pick((2, 3, 3, 5))
    x = draw.pick(("value", "current", "x", "now", "term"))
    if x == start:
        x = "present"
    rest = draw.number(1, m - 1)
    condition, told, opposite = draw.pick(
        (
            (f"{{x}} % {m} == 0", f"is divisible by {m}", f"{{x}} % {m}"),
            (f"{{x}} % {m} == {rest}", f"leaves the remainder {rest} when divided by {m}", f"{{x}} % {m} != {rest}"),
            (f"{{x}} > {10 * add}", f"is greater than {10 * add}", f"{{x}} <= {10 * add}"),
        )
    )
    down, down_told = draw.pick(
        (
            (f"{{x}} // {m}", f"divide it by {m}, rounding down"),
            (f"{{x}} - {stop + add}", f"subtract {stop + add}"),
            (f"{{x}} // {m + 1} + 1", f"divide it by {m + 1}, rounding down, and add 1"),
        )
    )
    up, up_told = draw.pick(
        (
            (f"{{x}} * {factor} + {add}", f"multiply it by {factor} and add {add}"),
            (f"{{x}} + {add}", f"add {add}"),
            (f"{{x}} * {factor} - {add}", f"multiply it by {factor} and subtract {add}"),
        )
    )
    goal = draw.pick(("length", "peak", "end", "members", "sum"))
    most = draw.number(5, 9) if goal == "members" else draw.number(6, 25)
    name = draw.identifier(
        {
            "length": "[steps until small|sequence length|count steps]",
            "peak": "[peak|highest term|largest member]",
            "end": "[final term|end of sequence|last member]",
            "members": "[sequence|terms|trajectory]",
            "sum": "[sum of terms|sequence total|total of sequence]",
        }[goal]
        + draw.say("[| from start| by rule]")
    )
    ending = f"{{x}} <= {stop}"
    done, step = ending.format(x=x), f"{down.format(x=x)} if {condition.format(x=x)} else {up.format(x=x)}"
    more = {
        "length": ("steps = 0", "", "steps"),
        "peak": (f"peak = {x}", f"peak = max(peak, {x})", "peak"),
        "end": ("", "", x),
        "members": (f"terms = [{x}]", f"terms.append({x})", "terms"),
        "sum": (f"total = {x}", f"total += {x}", "total"),
    }[goal]
    lines = [
        f"{x} = {start}",
        more[0],
        f"for _ in range({most}):",
        f"    if {done}:",
        "        break",
        f"    {x} = {step}",
        f"    {more[1]}" if more[1] else "",
        f"return {more[2]}",
    ]
    if goal == "length":
        lines = [
            f"{x} = {start}",
            "steps = 0",
            f"while {x} > {stop} and steps < {most}:",
            f"    {x} = {step}",
            "    steps += 1",
            "return steps",
        ]
    loop = Code("\n".join(line for line in lines if line.strip()), style="loop")
    following = f"{up.format(x='one')} if {opposite.format(x='one')} else {down.format(x='one')}"
    last = {
        "length": "len({}) - 1",
        "peak": "max({})",
        "end": "{}[-1]",
        "members": "{}",
        "sum": "sum({})",
    }[goal]
    recursion = Code(
        f"return {last.format(f'_onward({start}, {most})')}",
        f"""
        def _onward(one: int, left: int) -> list[int]:
            if left == 0 or one <= {stop}:
                return [one]
            return [one, *_onward({following}, left - 1)]
    """,
        "recursion",
    )
    solution, second = (loop, recursion) if draw.chance(0.6) else (recursion, loop)
    what = {
        "length": "return the number of steps that were made",
        "peak": "return the largest number of the sequence, the start included",
        "end": "return the number at which the sequence ends",
        "members": "list all numbers of the sequence, the start included",
        "sum": "return the sum of all numbers of the sequence, the start included",
    }[goal]
    phrase = draw.say(
        f"[begin with|start from] {{it}} and go from number to number: if the number {told}, {down_told}, "
        f"[otherwise|else] {up_told}; "
        f"[end|stop] as soon as a number is at most {stop}, or after {most} steps, and {what}"
    )

    def sample(random: Random) -> tuple[int]:
        return (random.choice((random.randint(-2, 12), random.randint(0, 60), random.randint(50, 400))),)

    ends = {
        "length": f"0 <= result <= {most}",
        "peak": f"result >= {start}",
        "end": f"result == {start} or {start} > {stop}",
        "members": f"result[0] == {start} and len(result) <= {most + 1}",
        "sum": f"result == {start} or {start} > {stop}",
    }[goal]
    return Sketch(
        name=name,
        parameters=(Parameter(start, "int", "the number to begin with"),),
        returns="list[int]" if goal == "members" else "int",
        task=phrase.format(it=f"`{start}`"),
        step=phrase,
        rules=(
            draw.say(f"[A start of {stop} or less ends at once.|If the start is at most {stop}, no step is made.]"),
        ),
        solution=solution,
        second=second,
        contract=Contract((f"-2 <= {start} <= 40",), (ends,)),
        sample=sample,
        edges=((stop,), (stop + 1,), (10 * add,), (10 * add + 1,), (97,)),
    )
