"""Choosing things under a limit so that their worth is greatest: the knapsack in several forms."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 3
_THEMES = (
    ("parcel", "parcels", "weight", "fee", "[capacity|load|limit]", "the weight that the van can carry"),
    ("task", "tasks", "number of hours", "reward", "[hours|budget|time_left]", "the number of hours that are left"),
    ("advert", "adverts", "length", "payment", "[seconds|slot|airtime]", "the number of seconds in the break"),
    ("exhibit", "exhibits", "width", "appeal", "[wall|width|space]", "the width of the wall"),
    ("job", "jobs", "memory need", "priority", "[memory|quota|capacity]", "the memory of the machine"),
    ("seed bag", "seed bags", "price", "harvest", "[money|budget|purse]", "the money there is"),
)


def sketch(draw: Draw) -> Sketch:
    one, many, size, worth, limit_name, limit_about = draw.pick(_THEMES)
    things, limit = draw.identifier(f"[{many}|options|offers|{many}]"), draw.identifier(limit_name)
    # How often each may be taken, how many at the most, and whether the limit must be met exactly.
    copies = draw.pick((1, 1, 2, None))
    most = draw.pick((None, 2, 3))
    exact = draw.chance(0.35)
    wanted = draw.pick(("worth", "count")) if most is None else "worth"
    none = draw.pick(("-1", "None"))
    name = draw.identifier(f"[best|greatest|optimal|highest] [{worth}|total|{many}|total {worth}|selection of {many}]")
    table, rest = draw.locals("table", "rest", avoid=(things, limit, name, "size", "gain", "taken", "place"))
    gain = "1" if wanted == "count" else "gain"
    unpack = "size, _" if wanted == "count" else "size, gain"
    times = "" if copies is None else f", {copies}"
    step = f"range(min(rest // size{times}) + 1)" if copies else "range(rest // size + 1)"
    ending = f"{none} if best < 0 else best" if exact else "best"
    state, after, call = ("place, rest, left", "place + 1, rest - used * size, left - used", f"0, {limit}, {most}")
    bound = step if most is None else step.replace(" + 1)", ", left) + 1)", 1).replace("range(", "range(min(", 1)
    if most is None:
        state, after, call = "place, rest", "place + 1, rest - used * size", f"0, {limit}"
    leaf = "0 if rest == 0 else -math.inf" if exact else "0"
    recursion = Code(
        f"""
        @cache
        def best_of({state}):
            if place == len({things}):
                return {leaf}
            {unpack} = {things}[place]
            counts = {bound}
            return max(used * {gain} + best_of({after}) for used in counts)

        best = best_of({call})
        return {ending}
        """,
        ("import math\n" if exact else "") + "from functools import cache",
        "recursion",
    )
    repeats = {1: things, 2: f"{things} + {things}", None: things}[copies]
    if most is None:
        order = f"range(size, {limit} + 1)" if copies is None else f"range({limit}, size - 1, -1)"
        table_code = f"""
            {table} = {f"[0] + [-1] * {limit}" if exact else f"[0] * ({limit} + 1)"}
            for {unpack} in {repeats}:
                for {rest} in {order}:
                    {f"if {table}[{rest} - size] >= 0:" if exact else "# either without it or with it"}
                    {"    " if exact else ""}{table}[{rest}] = max({table}[{rest}], {table}[{rest} - size] + {gain})
            {f"return {none} if {table}[{limit}] < 0 else {table}[{limit}]" if exact else f"return {table}[{limit}]"}
        """
        other = Code(table_code)
    else:
        chosen = "combinations_with_replacement" if copies is None else "combinations"
        fits = f"sum(size for size, _ in taken) {'==' if exact else '<='} {limit}"
        other = Code(
            f"""
            best = {"-1" if exact else "0"}
            for count in range({(most or 0) + 1}):
                for taken in {chosen}({repeats}, count):
                    if {fits}:
                        best = max(best, sum(gain for _, gain in taken))
            return {ending}
            """,
            f"from itertools import {chosen}",
            "library",
        )
    solutions = [recursion, other]
    draw.random.shuffle(solutions)
    again = {1: "at most once", 2: "at most twice", None: "any number of times"}[copies]
    total = f"the {size}s" if not size.startswith("number") else "the numbers of hours"
    rules = [
        draw.say(f"[Each|Every|Any] {one} may be [taken|chosen] {again}."),
        f"Together {total} must be exactly `{limit}`; if no choice is, the result is {none}."
        if exact
        else f"The sum of {total} must not be more than `{limit}`.",
    ]
    if most:
        rules.append(draw.say(f"[No more than|At most] {most} {many} may be taken in all."))
    aim = f"the greatest total {worth} of {many}" if wanted == "worth" else f"the greatest number of {many}"

    def sample(random: Random) -> tuple[list[tuple[int, int]], int]:
        count = random.randint(0, 6)
        return [(random.randint(1, 4), random.randint(1, 9)) for _ in range(count)], random.randint(0, 12)

    return Sketch(
        name=name,
        parameters=(
            Parameter(things, "list[tuple[int, int]]", f"the {size} and the {worth} of each of the {many}"),
            Parameter(limit, "int", limit_about),
        ),
        returns="int | None" if exact and none == "None" else "int",
        task=draw.say(f"[find|return|compute|determine] {aim} that [can be chosen|can be taken|fit]"),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        contract=Contract(
            (
                f"len({things}) <= 2",
                f"all(1 <= size <= 2 and 1 <= gain <= 2 for size, gain in {things})",
                f"0 <= {limit} <= 2",
            ),
            ("result is None or -1 <= result <= 9",),
        ),
        sample=sample,
        edges=(([], 0), ([], 4), ([(3, 2), (2, 2)], 5), ([(2, 3), (3, 4), (4, 5)], 4)),
    )
