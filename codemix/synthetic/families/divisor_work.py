"""The divisors of a number: which ones, and what is asked of them."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "number theory"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    number = draw.pick(("number", "n", "value", "size", "amount"))
    m = draw.number(2, 7)
    r = draw.number(0, m - 1)
    limit = draw.number(3, 25)
    which, told, other = draw.pick(
        (
            ("", "divisors of {it}", ""),
            ("{d} < {n}", "proper divisors of {it}", "one != {n}"),
            ("{d} % 2 == 1", "odd divisors of {it}", "one & 1"),
            ("{d} % 2 == 0", "even divisors of {it}", "not one & 1"),
            (f"{{d}} > {limit}", f"divisors of {{it}} greater than {limit}", f"not one <= {limit}"),
            (f"{{d}} <= {limit}", f"divisors of {{it}} up to {limit}", f"one in range(1, {limit + 1})"),
            (
                f"{{d}} % {m} == {r}",
                f"divisors of {{it}} that leave the remainder {r} when divided by {m}",
                f"(one - {r}) % {m} == 0",
            ),
            (
                f"{{d}} % {m} != {r}",
                f"divisors of {{it}} that do not leave the remainder {r} when divided by {m}",
                f"(one - {r}) % {m} > 0",
            ),
        )
    )
    goal, phrase, final, kind = draw.pick(
        (
            ("sum", "[return|compute|find] the sum of the {}", "sum({})", "int"),
            ("count", "[count|find the number of] the {}", "len({})", "int"),
            ("list", "[list|return] the {} in ascending order", "sorted({})", "list[int]"),
            ("falling", "[list|return] the {} in descending order", "sorted({}, reverse=True)", "list[int]"),
            (
                "largest",
                "[find|return] the largest of the {}, or 0 if there is none",
                "max({}, default=0)",
                "int",
            ),
            (
                "smallest",
                "[find|return] the smallest of the {}, or 0 if there is none",
                "min({}, default=0)",
                "int",
            ),
            (
                "spread",
                "[compute|return] the sum of the {} minus how many there are",
                "sum({0}) - len({0})",
                "int",
            ),
        )
    )
    if goal == "smallest" and told in (
        "divisors",
        "proper divisors of {it}",
        "odd divisors of {it}",
        f"divisors of {{it}} up to {limit}",
    ):
        which, told, other = (
            f"{{d}} > {limit}",
            f"divisors of {{it}} greater than {limit}",
            f"not one <= {limit}",
        )  # not just 1
    name = draw.identifier(
        f"[{goal} of divisors|divisor {goal}|{goal} divisors|divisors {goal}]"
        if goal != "falling"
        else "[divisors downwards|falling divisors|divisors from largest]"
    )
    out, small = draw.locals("result", "digit", avoid=(number, name))
    condition = which.format(d=small, n=number)
    test = f" and {condition}" if condition else ""
    bodies = {
        "comprehension": f"""
            {out} = [{small} for {small} in range(1, {number} + 1) if {number} % {small} == 0{test}]
            return {final.format(out)}
        """,
        "loop": f"""
            {out} = []
            for {small} in range(1, {number} + 1):
                # every candidate is tried
                if {number} % {small}:
                    continue
                {f"if {condition}:" if condition else f"{out}.append({small})"}
                {f"    {out}.append({small})" if condition else ""}
            return {final.format(out)}
        """,
    }
    style = draw.pick(list(bodies))
    second = f"""
        found = {{1}}
        rest, factor = {number}, 2
        while rest > 1:
            if rest % factor == 0:
                found |= {{one * factor for one in found}}
                rest //= factor
            else:
                factor += 1
        chosen = [one for one in found{f" if {other.format(n=number)}" if other else ""}]
        return {final.format("chosen")}
    """

    def sample(random: Random) -> tuple[int]:
        return (
            random.choice(
                (random.randint(1, 30), random.randint(1, 150), random.choice((36, 60, 64, 84, 90, 96, 120)))
            ),
        )

    known = {
        "sum": f"0 <= result <= {number} * {number}",
        "count": f"0 <= result <= {number}",
        "largest": f"result == 0 or {number} % result == 0",
        "smallest": f"result == 0 or {number} % result == 0",
        "spread": f"0 <= result <= {number} * {number}",
    }.get(goal, f"all({number} % one == 0 for one in result)")
    return Sketch(
        name=name,
        parameters=(Parameter(number, "int", "a whole number of at least 1"),),
        returns=kind,
        task=draw.say(phrase).format(told).format(it=f"`{number}`"),
        rules=(
            draw.say(f"[`{number}` is at least 1.|The number is positive.|Only positive numbers are given.]"),
            draw.say("[Both 1 and the number itself divide it.|A number divides itself, and 1 divides every number.]"),
        ),
        solution=Code("\n".join(line for line in bodies[style].splitlines() if line.strip()), style=style),
        second=Code(second),
        contract=Contract((f"1 <= {number} <= 16",), (known,)),
        sample=sample,
        edges=((1,), (limit,), (12,), (limit * m,)),
    )
