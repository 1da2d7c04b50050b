"""The chain of numbers that begins anywhere and goes on by a rule for odd and one for even numbers (Collatz)."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "numbers"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    start = draw.identifier("[start|number|n|first|seed|value]")
    form = draw.pick(("steps", "peak", "chain", "odd", "sum", "longest", "below", "evens"))
    up = draw.pick(("3n+1", "3n+1", "short", "n+1", "n+3", "n+5"))
    low = draw.number(5, 30)
    width = draw.number(3, 9)
    name = draw.identifier(
        {
            "steps": "[steps|moves|halving steps] [to one|until one|down to one]",
            "peak": "[peak|greatest number|summit] [of chain|on the way]",
            "chain": "[halving|number] [chain|path|sequence]",
            "odd": "[odd numbers|odd members] [on the way|of chain]",
            "sum": "[chain|path|trajectory] [sum|total]",
            "longest": "[longest chain|slowest start|most stubborn number]",
            "below": f"[first below|drops below|steps below] {low}",
            "evens": "[even numbers|halvings] [on the way|of chain]",
        }[form]
    )
    item, total, best = draw.locals("item", "total", "best", avoid=(start, name, "length"))
    odd = {"3n+1": "3 * {x} + 1", "short": "(3 * {x} + 1) // 2", "n+1": "{x} + 1", "n+3": "{x} + 3", "n+5": "{x} + 5"}[
        up
    ]
    told = {
        "3n+1": "an odd number is followed by three times that number plus 1",
        "short": "an odd number is followed by half of three times that number plus 1, that is, by (3n + 1) / 2",
        "n+1": "an odd number is followed by the next whole number",
        "n+3": "an odd number is followed by that number plus 3",
        "n+5": "an odd number is followed by that number plus 5",
    }[up]
    # adding 3 leads to 3, 6, 3… from multiples of 3, and likewise 5
    ends = {"n+3": "(1, 3)", "n+5": "(1, 3, 5)"}.get(up, "")
    stop = f"{{x}} not in {ends}" if ends else "{x} != 1"
    until = {"n+3": "1 or 3", "n+5": "1, 3 or 5"}.get(up, "1")
    onward = f"{item} // 2 if {item} % 2 == 0 else {odd.format(x=item)}"
    branch = f"""if {item} % 2 == 0:
                {item} //= 2
            else:
                {item} = {odd.format(x=item)}"""
    move, move_style = draw.pick(((f"{item} = {onward}", "expression"), (branch, "branches")))
    goes = stop.format(x=item)
    initial, each, end = {
        "steps": ("0", f"{total} += 1", total),
        "peak": (item, f"{total} = max({total}, {item})", total),
        "chain": (f"[{item}]", f"{total}.append({item})", total),
        "odd": (f"{item} % 2", f"{total} += {item} % 2", total),
        "sum": (item, f"{total} += {item}", total),
        "below": ("0", f"{total} += 1", total),
        "evens": (f"1 - {item} % 2", f"{total} += 1 - {item} % 2", total),
        "longest": ("", "", ""),
    }[form]
    if form == "below":
        goes = f"{item} >= {low}"
    loop = f"""
        {item} = {start}
        {total} = {initial}
        while {goes}:
            {move}
            {each}
        return {end}
    """
    if form == "longest":
        loop = f"""
        {best}, longest = {start}, 0
        for first in range({start}, {start} + {width}):
            {item}, length = first, 1
            while {goes}:
                {item} = {onward}
                length += 1
            # of equal ones the smaller number stays
            if length > longest:
                {best}, longest = first, length
        return {best}
        """
    walk = f"""def walk(here: int) -> list[int]:
    if {f"here in {ends}" if ends else "here == 1"}:
        return [here]
    half, rest = divmod(here, 2)
    return [here, *walk({odd.format(x="here")} if rest else half)]"""
    finish = {
        "steps": f"len(walk({start})) - 1",
        "peak": f"sorted(walk({start}))[-1]",
        "chain": f"walk({start})",
        "odd": f"len([one for one in walk({start}) if one & 1])",
        "evens": f"len([one for one in walk({start}) if not one & 1])",
        "sum": f"sum(walk({start}))",
        "below": f"next(place for place, one in enumerate([*walk({start}), 0]) if one < {low})",
        "longest": f"max(range({start}, {start} + {width}), key=lambda one: (len(walk(one)), -one))",
    }[form]
    rule = f"An even number is followed by its half, and {told}."
    goal = f"until {until} is reached"
    task = {
        "steps": f"[count the|return the number of] steps [from|that lead from] `{start}` {goal}, [where a number "
        f"follows another by the rule below|by the rule below]",
        "peak": f"[find|return] the largest number in the chain from `{start}`",
        "chain": f"[list|return] the chain of numbers from `{start}`",
        "odd": f"[count|return the number of] the odd numbers in the chain from `{start}`",
        "evens": f"[count|return the number of] the even numbers in the chain from `{start}`",
        "sum": f"[add up|return the sum of] the numbers in the chain from `{start}`",
        "below": f"[count the|return the number of] steps from `{start}` to the first number of its chain below {low}",
        "longest": f"[find|return] which of the {width} successive numbers from `{start}` on has the longest chain",
    }[form].replace(" `{start}` until", " until")
    rules = [rule]
    if form not in ("steps", "below"):
        rules.append(
            f"[The chain ends|A chain ends] as soon as it reaches {until}, which belongs to it, [and "
            f"begins with the given number|like the number it begins with]."
        )
    if form == "steps":
        rules.append(f"[If `{start}` is already there, that is 0 steps.|No step is needed for {until}.]")
    if form == "below":
        rules.append(
            f"[If `{start}` itself is below {low}, the answer is 0.|For a number below {low} the answer is 0.]"
        )
    if form == "longest":
        rules.append(
            "[If several are equally long, take the smallest number.|Among equally long chains, that of "
            "the smallest number counts.]"
        )
    rules.append(f"`{start}` is [at least 1|a positive whole number].")
    if form == "below" and ends:
        rules.append(f"Below {low} there is no need to go on.")
    most = draw.pick((40, 90, 200, 400))

    def sample(random: Random) -> tuple[Any, ...]:
        return (random.choice((random.randint(1, most), random.randint(1, 30), low + random.randint(-2, 2))),)

    edges = tuple((number,) for number in draw.random.sample(range(6, 60), 3))
    known = {
        "chain": f"result[0] == {start} and all(one >= 1 for one in result)",
        "peak": f"result >= {start}",
        "sum": f"result >= {start}",
        "longest": f"{start} <= result < {start} + {width}",
    }.get(form, "result >= 0")
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                start,
                "int",
                draw.say("[the number to begin with|a positive whole number|the number at which to begin]"),
            ),
        ),
        returns="list[int]" if form == "chain" else "int",
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(loop, style=f"loop, {move_style}"),
        second=Code(f"return {finish}", walk),
        contract=Contract((f"1 <= {start} <= 12",), (known,)),
        sample=sample,
        edges=((1,), (2,), (3,), *edges),
    )
