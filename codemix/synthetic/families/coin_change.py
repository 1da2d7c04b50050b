"""An amount made up of given sizes: in how many ways, with how few, or whether at all."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 2
_THEMES = (
    ("coin", "coins", "[coins|values|denominations]", "[amount|price|sum_due|total_due]", "the amount to pay"),
    ("stamp", "stamps", "[stamps|stamp_values|values]", "[postage|fee|amount]", "the postage of a letter"),
    ("pack", "packs", "[packs|pack_sizes|sizes]", "[order|wanted|quantity]", "the number of pieces that are ordered"),
    ("plank", "planks", "[planks|lengths|plank_lengths]", "[gap|span|distance]", "the length to be covered"),
    ("weight", "weights", "[weights|masses|counterweights]", "[load|mass|target]", "the load to be balanced"),
    ("ticket", "tickets", "[tickets|ticket_sizes|blocks]", "[group|visitors|persons]", "the size of the group"),
)


def sketch(draw: Draw) -> Sketch:
    one, many, sizes_name, goal_name, goal_about = draw.pick(_THEMES)
    measure = "values" if one in ("coin", "stamp") else "sizes"
    sizes, goal = draw.identifier(sizes_name), draw.identifier(goal_name)
    wanted = draw.pick(("ways", "sequences", "fewest", "possible"))
    # Sequences and packs that may run out are not the same problem as the rest, so that they keep to one supply.
    most = draw.pick((0, 1, 2, 3)) if wanted in ("ways", "fewest", "possible") else 0
    none, said = draw.pick((("-1", "-1"), ("None", "None"), ("0", "0")))
    name = draw.identifier(
        {
            "ways": f"[count|number of] [ways|combinations|{one} combinations|ways to reach {goal}]",
            "sequences": f"[count|number of] [sequences|{one} sequences|orderings|ordered ways]",
            "fewest": f"[fewest|least|minimal|smallest number of] [{many}|pieces]",
            "possible": "[can reach|is possible|can be made|fits exactly|can match]",
        }[wanted]
    )
    table, index = draw.locals("table", "index", avoid=(sizes, goal, name, "size", "rest", "used"))
    start, fill, update, answer = {
        "ways": ("1", "0", f"{table}[{index}] += {table}[{index} - size]", f"{table}[{goal}]"),
        "sequences": ("1", "0", f"{table}[{index}] += {table}[{index} - size]", f"{table}[{goal}]"),
        "fewest": (
            "0",
            f"{goal} + 1",
            f"{table}[{index}] = min({table}[{index}], {table}[{index} - size] + 1)",
            f"{none} if {table}[{goal}] > {goal} else {table}[{goal}]",
        ),
        "possible": (
            "True",
            "False",
            f"{table}[{index}] = {table}[{index}] or {table}[{index} - size]",
            f"{table}[{goal}]",
        ),
    }[wanted]
    if wanted == "sequences":
        loops = f"for {index} in range(1, {goal} + 1):\n    for size in {sizes}:\n        if size <= {index}:\n"
        loops += f"            {update}"
    elif most:
        copies = {1: f"{sizes}", 2: f"{sizes} + {sizes}"}.get(most, f"{sizes} * {most}")
        loops = f"# downwards, so that each is used once\nfor size in {copies}:\n"
        loops += f"    for {index} in range({goal}, size - 1, -1):\n        {update}"
        if wanted == "ways" and most > 1:
            loops = f"for size in {sizes}:\n    for {index} in range({goal}, size - 1, -1):\n"
            loops += f"        for used in range(1, min({most}, {index} // size) + 1):\n"
            loops += f"            {table}[{index}] += {table}[{index} - used * size]"
    else:
        loops = f"for size in {sizes}:\n    for {index} in range(size, {goal} + 1):\n        {update}"
    by_table = Code(f"{table} = [{start}] + [{fill}] * {goal}\n{loops}\nreturn {answer}", style="loop")
    solutions = [by_table, _by_recursion(wanted, sizes, goal, most, none)]
    draw.random.shuffle(solutions)
    each = draw.say(f"[Each {one}|Every {one}|Any {one}]")
    supply = {
        0: f"{each} may be used [any number of times|as often as needed|repeatedly].",
        1: f"{each} may be used [only once|at most once].",
        2: f"{each} may be used [at most twice|up to two times].",
        3: f"{each} may be used [at most three times|up to three times].",
    }[most]
    rules = [draw.say(supply), draw.say(f"The {measure} are [different and positive|positive and all different].")]
    if wanted == "fewest":
        rules.append(draw.say(f"[If it cannot be done, return {said}|Where no choice is exact, the result is {said}]."))
    if wanted == "ways":
        rules.append(draw.say(f"The order of the {many} [is of no account|does not matter]; for 0 there is one way."))
    if wanted == "sequences":
        rules.append(f"The same {many} in another order are another sequence; for 0 there is one, which is empty.")
    if wanted == "possible":
        rules.append(draw.say("Nothing is needed for 0, so [that is always possible|the answer is then True]."))
    tasks = {
        "ways": f"[count the|return the number of] [ways|combinations] in which {many} make up `{goal}` exactly",
        "sequences": f"[count the|return the number of] sequences of {many} that [add up to|sum to] exactly `{goal}`",
        "fewest": f"[find|return] the [fewest|least number of] {many} that [add up to|make] exactly `{goal}`",
        "possible": f"[tell|return|find out] whether some {many} [add up to|make] exactly `{goal}`",
    }

    def sample(random: Random) -> tuple[list[int], int]:
        return random.sample(range(1, 10), random.randint(0, 4)), random.randint(0, 18)

    return Sketch(
        name=name,
        parameters=(
            Parameter(sizes, "list[int]", draw.say(f"the {measure} of the {many} [to be had|there are|on hand]")),
            Parameter(goal, "int", goal_about),
        ),
        returns={"possible": "bool", "fewest": "int | None" if none == "None" else "int"}.get(wanted, "int"),
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(([], 0), ([], 3), ([3, 5], 7), ([2, 3], 6)),
    )


def _by_recursion(wanted: str, sizes: str, goal: str, most: int, none: str) -> Code:
    if wanted == "sequences":
        body = "@cache\ndef made(rest):\n    if rest == 0:\n        return 1\n"
        body += f"    return sum(made(rest - size) for size in {sizes} if size <= rest)\n\n"
        return Code(f"{body}return made({goal})", "from functools import cache", "recursion")
    joined, leaf, more = {
        "ways": ("sum", "int(rest == 0)", "made(place + 1, rest - used * size)"),
        "fewest": ("min", "0 if rest == 0 else math.inf", "used + made(place + 1, rest - used * size)"),
        "possible": ("any", "rest == 0", "made(place + 1, rest - used * size)"),
    }[wanted]
    limit = f"min({most}, rest // size)" if most else "rest // size"
    body = f"@cache\ndef made(place, rest):\n    if place == len({sizes}):\n        return {leaf}\n"
    body += f"    size = {sizes}[place]\n    most = {limit}\n"
    body += f"    return {joined}({more} for used in range(most + 1))\n\n"
    if wanted == "fewest":
        body += f"best = made(0, {goal})\nreturn {none} if best == math.inf else best"
        return Code(body, "import math\nfrom functools import cache", "recursion")
    return Code(f"{body}return made(0, {goal})", "from functools import cache", "recursion")
