"""Amounts made of fixed pieces: how many ways, how few pieces, whether at all."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import listed
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 1
_PIECES = (
    ("coins", "of {} cents"),
    ("stamps", "worth {} cents"),
    ("planks", "of {} metres"),
    ("boxes", "for {} bottles"),
    ("steps", "of {} stairs"),
    ("weights", "of {} grams"),
    ("tiles", "of length {}"),
    ("tickets", "for {} rides"),
    ("barrels", "of {} litres"),
    ("rods", "of {} centimetres"),
)


def sketch(draw: Draw) -> Sketch:
    thing, worth = draw.pick(_PIECES)
    sizes = tuple(sorted(draw.random.sample(range(1, 10), draw.number(2, 4))))
    amount = draw.pick(("amount", "target", "total", "goal", "length", "quantity"))
    goal = draw.pick(("ways", "sequences", "fewest", "possible", "most", "reachable"))
    (table,) = draw.locals("table", avoid=(amount,))
    (size,) = draw.locals("item", avoid=(amount, table))
    cap = draw.number(2, 4)
    begin = f"{table} = [1] + [0] * {amount}"
    bodies = {
        "ways": f"""
            {begin}
            for {size} in {sizes}:
                for part in range({size}, {amount} + 1):
                    {table}[part] += {table}[part - {size}]
            return {table}[{amount}]
        """,
        "sequences": f"""
            {begin}
            for part in range(1, {amount} + 1):
                for {size} in {sizes}:
                    if part >= {size}:
                        {table}[part] += {table}[part - {size}]
            return {table}[{amount}]
        """,
        "fewest": f"""
            {table} = [0]
            for part in range(1, {amount} + 1):
                before = [{table}[part - {size}] for {size} in {sizes} if part >= {size}]
                options = [{size} for {size} in before if {size} >= 0]
                {table}.append(min(options) + 1 if options else -1)
            return {table}[{amount}]
        """,
        "most": f"""
            {table} = [0]
            for part in range(1, {amount} + 1):
                before = [{table}[part - {size}] for {size} in {sizes} if part >= {size}]
                options = [{size} for {size} in before if {size} >= 0]
                {table}.append(max(options) + 1 if options else -1)
            return {table}[{amount}]
        """,
        "possible": f"""
            {table} = {{0}}
            for _ in range({cap}):
                {table} |= {{part + {size} for part in {table} for {size} in {sizes}}}
            return {amount} in {table}
        """,
        "reachable": f"""
            {table} = [True] + [False] * {amount}
            for part in range(1, {amount} + 1):
                {table}[part] = any(part >= {size} and {table}[part - {size}] for {size} in {sizes})
            return sum({table})
        """,
    }
    tails = "sizes[1:]"
    seconds = {
        "ways": (
            "return _ways({a}, {s})",
            f"""
            def _ways(amount: int, sizes: tuple[int, ...]) -> int:
                if not sizes:
                    return int(amount == 0)
                return sum(_ways(amount - used, {tails}) for used in range(0, amount + 1, sizes[0]))
        """,
        ),
        "sequences": (
            "return _sequences({a})",
            f"""
            from functools import cache


            @cache
            def _sequences(amount: int) -> int:
                return 1 if amount == 0 else sum(_sequences(amount - size) for size in {sizes} if size <= amount)
        """,
        ),
        "fewest": (
            """
            sums, used = {{0}}, 0
            while sums and {a} not in sums:
                sums = {{one + size for one in sums for size in {s} if one + size <= {a}}}
                used += 1
            return used if sums else -1
        """,
            "",
        ),
        "most": (
            """
            sums, best, used = {{0}}, -1, 0
            while sums:
                if {a} in sums:
                    best = used
                sums = {{one + size for one in sums for size in {s} if one + size <= {a}}}
                used += 1
            return best
        """,
            "",
        ),
        "possible": (
            f"return any(sum(chosen) == {{a}} for count in range({cap + 1}) for chosen in product({{s}}, "
            f"repeat=count))",
            "from itertools import product",
        ),
        "reachable": (
            """
            found, waiting = set(), [0]
            while waiting:
                one = waiting.pop()
                if one not in found:
                    found.add(one)
                    waiting += [one + size for size in {s} if one + size <= {a}]
            return len(found)
        """,
            "",
        ),
    }
    what = f"{thing} {worth.format(listed([str(each) for each in sizes], 'or'))}"
    phrase, rule, returns = {
        "ways": (
            f"[count|find] the [ways|different ways] to make {{it}} of {what}, where only the number of each "
            f"kind matters",
            "[0 can be made in one way: with nothing.|There is one way to make 0.]",
            "int",
        ),
        "sequences": (
            f"[count|find] the [ordered sequences|sequences] of {what} that add up to {{it}}",
            "[The order matters: 1 then 2 is not 2 then 1.|Different orders are different sequences.]",
            "int",
        ),
        "fewest": (
            f"[find|return] the smallest number of {what} that add up to {{it}}, or -1 if it cannot be done",
            "[For 0 nothing is needed.|Nothing at all makes 0.]",
            "int",
        ),
        "most": (
            f"[find|return] the greatest number of {what} that add up to {{it}}, or -1 if it cannot be done",
            "[For 0 nothing is needed.|Nothing at all makes 0.]",
            "int",
        ),
        "possible": (
            f"[tell|decide|say] whether {{it}} can be made of at most {cap} {what}",
            "[0 can always be made.|Nothing at all makes 0.]",
            "bool",
        ),
        "reachable": (
            f"[count|find how many of] the whole numbers from 0 to {{it}} that can be made of {what}",
            "[0 counts, too.|The number 0, made of nothing, counts.]",
            "int",
        ),
    }[goal]
    phrase = phrase.replace("find how many of] the whole numbers", "find the number of] the whole numbers")
    name = draw.identifier(
        {
            "ways": "[ways to make|count ways|combinations of]",
            "sequences": "[ordered sums|sequences of|count orders of]",
            "fewest": "[fewest|minimum|least number of]",
            "most": "[most|maximum|greatest number of]",
            "possible": "[can be made of|is possible with|payable with]",
            "reachable": "[reachable with|makeable with|sums of]",
        }[goal]
        + f" {thing}"
    )
    code, before = seconds[goal]
    second = Code(code.format(a=amount, s=sizes), before)
    top = 16 if goal == "ways" else 14
    return Sketch(
        name=name,
        parameters=(Parameter(amount, "int", "a whole number that is not negative"),),
        returns=returns,
        task=draw.say(phrase).format(it=f"`{amount}`"),
        rules=(
            draw.say(rule),
            draw.say(f"[Each kind may be used any number of times.|There are enough {thing} of every kind.]"),
        ),
        solution=Code(bodies[goal], style="loop"),
        second=second,
        sample=lambda random: (random.randint(0, top),),
        edges=((0,), (1,), (sizes[0],), (sizes[-1] + sizes[0],)),
    )
