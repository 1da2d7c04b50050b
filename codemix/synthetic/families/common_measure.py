"""Greatest common divisors and least common multiples of lists, and what is counted with them."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "number theory"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    values = draw.identifier(f"[lengths|intervals|sizes|periods|{scene.things} per group|amounts]")
    total, item = draw.locals("total", "item", avoid=(values,))
    bound = draw.number(3, 40)
    kind = draw.pick(("gcd", "lcm", "coprime", "reduced", "pieces", "meetings"))
    horizon = draw.number(200, 900)
    gcd_loop = f"""
        {total} = 0
        for {item} in {values}:
            while {item}:
                {total}, {item} = {item}, {total} % {item}
    """
    lcm_loop = f"""
        {total} = 1
        for {item} in {values}:
            {total} = {total} * {item} // gcd({total}, {item})
    """
    search = f"""
        common = [one for one in range(1, max({values}, default=0) + 1) if not any(each % one for each in {values})]
        largest = common[-1] if common else 0
    """
    multiples = f"""
        least = 1
        while any(least % each for each in {values}):
            least += 1
    """
    empty0 = "[For an empty list the result is 0.|An empty list gives 0.]"
    phrase, returns, body, before, second, rules = {
        "gcd": (
            f"[find|return|compute] the [greatest common divisor|largest number that divides all] of {{it}}, "
            f"but at most {bound * 5}",
            "int",
            f"{gcd_loop}\n        return min({total}, {bound * 5})",
            "",
            f"{search}\n        return largest if largest < {bound * 5} else {bound * 5}",
            (empty0,),
        ),
        "reduced": (
            "[divide|reduce] {it} by their greatest common divisor, keeping the order",
            "list[int]",
            f"{gcd_loop}\n        return [{item} // {total} for {item} in {values}]",
            "",
            f"{search}\n        return [each // largest for each in {values}]",
            ("[For an empty list the result is empty.|An empty list gives an empty list.]",),
        ),
        "pieces": (
            f"[return|compute|find] the number of pieces, plus {bound}, into which {{it}} can be cut so that all "
            f"pieces are equal and as long as possible",
            "int",
            f"{gcd_loop}\n        return sum({item} // {total} for {item} in {values}) + {bound}",
            "",
            f"{search}\n        return sum(map(lambda each: each // largest, {values}), {bound})",
            (f"[For an empty list the result is {bound}.|An empty list gives {bound}.]",),
        ),
        "coprime": (
            f"[count|find the number of] the whole numbers from 1 to {bound + 20} that have no common divisor "
            f"above 1 with any of {{it}}",
            "int",
            f"""
        {total} = 0
        for candidate in range(1, {bound + 21}):
            if all(gcd(candidate, {item}) == 1 for {item} in {values}):
                {total} += 1
        return {total}
                    """,
            "from math import gcd",
            f"""
        left = set(range(1, {bound + 21}))
        for each in {values}:
            for one in range(2, each + 1):
                if each % one == 0:
                    left -= set(range(one, {bound + 21}, one))
        return len(left)
                    """,
            (f"[For an empty list all {bound + 20} numbers count.|If the list is empty the answer is {bound + 20}.]",),
        ),
        "lcm": (
            "[find|return|compute] the [least common multiple|smallest positive number that is divisible by "
            "each] of {it}"
            f", plus {bound}",
            "int",
            f"{lcm_loop}\n        return {total} + {bound}",
            "from math import gcd",
            f"{multiples}\n        return least + {bound}",
            (f"[For an empty list take 1 as the multiple.|An empty list gives {bound + 1}.]",),
        ),
        "meetings": (
            f"[count|find] how often in the first {horizon} steps all of {{it}} come round together, if each is "
            f"a period counted from step 0",
            "int",
            f"{lcm_loop}\n        return {horizon} // {total}",
            "from math import gcd",
            f"return sum(all(step % each == 0 for each in {values}) for step in range(1, {horizon + 1}))",
            (
                "[Step 0 itself does not count.|The common start at step 0 is not counted.]",
                f"[Without any period every step counts.|An empty list gives {horizon}.]",
            ),
        ),
    }[kind]
    name = draw.identifier(
        {
            "gcd": "[largest divisor|common divisor|capped gcd]",
            "reduced": "[reduced|simplify|smallest ratio]",
            "pieces": "[number of pieces|equal pieces|count pieces]",
            "coprime": "[coprime numbers|count coprime|free numbers]",
            "lcm": "[common multiple|next joint step|joint multiple]",
            "meetings": "[meetings|joint steps|coincidences]",
        }[kind]
        + draw.say(f"[| of {values}| {scene.label}]").replace("_", " ")
    )
    told = draw.say(phrase)
    solutions = [
        Code(_without_gaps(body), before),
        Code(_without_gaps(second), style="search"),
        *_by_library(kind, values, bound, horizon, draw),
    ]
    draw.random.shuffle(solutions)

    def sample(random: Random) -> tuple[list[int]]:
        factor = random.choice((1, 1, 2, 3, 4, 6))
        if kind == "gcd" and random.random() < 0.4:  # about as large as the bound
            factor = bound * 5 + random.randint(-1, 2)
        most = 3 if kind in ("lcm", "meetings") else 6
        return ([factor * random.randint(1, 8) for _ in range(random.randint(0, most))],)

    known = {
        "gcd": f"0 <= result <= {bound * 5}",
        "reduced": f"len(result) == len({values})",
        "pieces": f"result >= {bound} + len({values})",
        "coprime": f"1 <= result <= {bound + 20}",
        "lcm": f"result > {bound} and all((result - {bound}) % one == 0 for one in {values})",
        "meetings": f"0 <= result <= {horizon}",
    }[kind]
    return Sketch(
        name=name,
        parameters=(Parameter(values, "list[int]", "whole numbers of at least 1"),),
        returns=returns,
        task=told.format(it=draw.say(f"[the numbers in `{values}`|the {values.replace('_', ' ')}]")),
        rules=(*(draw.say(rule) for rule in rules), "All numbers are positive."),
        solution=solutions[0],
        second=solutions[1],
        contract=Contract(
            (
                f"len({values}) <= 2",
                f"all(1 <= one <= 4 for one in {values})",
            ),
            (known,),
        ),
        sample=sample,
        edges=(([],), ([6, 4],), ([8, 12, 20],), ([7],)),
    )


def _by_library(kind: str, values: str, bound: int, horizon: int, draw: Draw) -> list[Code]:
    """Solutions with `gcd` and `lcm` of the standard library, and one that is recursive."""
    word = "lcm" if kind in ("lcm", "meetings") else "gcd"
    ways = [
        (f"{word}(*{values})", f"from math import {word}"),
        (
            f"reduce({word}, {values}, {1 if word == 'lcm' else 0})",
            f"from functools import reduce\nfrom math import {word}",
        ),
    ]
    value, before = draw.pick(ways)
    together = draw.pick(("together", "shared", "joint"))
    ending = {
        "gcd": f"return min({{0}}, {bound * 5})",
        "reduced": f"return [each // {{0}} for each in {values}]",
        "pieces": f"return sum({values}) // {{0}} + {bound} if {values} else {bound}",
        "coprime": f"return sum(gcd(one, prod({values})) == 1 for one in range(1, {bound + 21}))",
        "lcm": f"return {{0}} + {bound}",
        "meetings": f"return {horizon} // {{0}}",
    }[kind]
    if kind == "coprime":
        return [Code(ending, "from math import gcd, prod", "library")]
    once = kind != "reduced" and draw.chance(0.5)
    body = ending.format(value) if once else f"{together} = {value}\n{ending.format(together)}"
    helper = """
def measure(numbers: list[int]) -> int:
    if len(numbers) < 2:
        return numbers[0] if numbers else 0
    first, second, *rest = numbers
    return measure([second, first % second, *rest]) if second else measure([first, *rest])
"""
    if word == "lcm":
        helper = """
def measure(numbers: list[int]) -> int:
    if not numbers:
        return 1
    rest = measure(numbers[1:])
    return next(each for each in range(rest, rest * numbers[0] + 1, rest) if each % numbers[0] == 0)
"""
    recursive = f"{together} = measure({values})\n{ending.format(together)}"
    return [Code(body, before, "library"), Code(recursive, helper, "recursion")]


def _without_gaps(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip())
