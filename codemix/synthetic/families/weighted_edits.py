"""The least cost of turning one text into another, with what each operation costs."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    words = draw.chance(0.35)
    first, second = draw.pick(
        (("source", "target"), ("one", "other"), ("old", "new"), ("typed", "meant"), ("left", "right"), ("a", "b"))
    )
    what = draw.pick(("word", scene.label)) if words else draw.pick(("character", "letter"))
    whats = scene.label_plural if what == scene.label else f"{what}s"
    insert, delete = draw.number(1, 5), draw.number(1, 5)
    # Replacing for more than deleting and inserting would never be worth it.
    replace = draw.pick((None, *range(1, insert + delete)))
    ends = draw.pick(("", "", "front", "back")) if replace else ""
    name = draw.identifier("[edit|change|conversion|rewriting|transformation] [cost|distance|price|effort]")
    table, i, j = draw.locals("table", "index", "other_index", avoid=(first, second, name))
    start = "0" if ends == "front" else f"{i} * {delete}" if delete > 1 else i
    rate = f"{j} * {insert}" if insert > 1 else j
    same = f"{first}[{i} - 1] == {second}[{j} - 1]"
    choices = f"{table}[{i} - 1][{j}] + {delete}, {table}[{i}][{j} - 1] + {insert}"
    if replace:
        choices += f", {table}[{i} - 1][{j} - 1] + {replace}"
    answer = f"min(line[-1] for line in {table})" if ends == "back" else f"{table}[-1][-1]"
    by_table = Code(
        f"""
        {table} = [[{start} for {j} in range(len({second}) + 1)] for {i} in range(len({first}) + 1)]
        {table}[0] = [{rate} for {j} in range(len({second}) + 1)]
        for {i} in range(1, len({first}) + 1):
            for {j} in range(1, len({second}) + 1):
                if {same}:
                    {table}[{i}][{j}] = {table}[{i} - 1][{j} - 1]
                else:
                    changes = ({choices})
                    {table}[{i}][{j}] = min(changes)
        return {answer}
        """,
    )
    branch = f"cost({i} - 1, {j}) + {delete}, cost({i}, {j} - 1) + {insert}"
    if replace:
        branch += f", cost({i} - 1, {j} - 1) + {replace}"
    result = f"cost(len({first}), len({second}))"
    if ends == "back":
        result = f"min(cost({i}, len({second})) for {i} in range(len({first}) + 1))"
    by_recursion = Code(
        f"""
        @cache
        def cost({i}, {j}):
            if {i} == 0:
                return {rate}
            if {j} == 0:
                return {start}
            if {same}:
                return cost({i} - 1, {j} - 1)
            return min({branch})

        return {result}
        """,
        "from functools import cache",
        "recursion",
    )
    solutions = [by_table, by_recursion]
    draw.random.shuffle(solutions)
    alphabet = scene.labels[:3] if words else tuple("abc")

    def sample(random: Random) -> tuple:
        pair = [[random.choice(alphabet) for _ in range(random.randint(0, 5))] for _ in range(2)]
        return tuple(pair) if words else tuple("".join(each) for each in pair)

    x, y, z = alphabet
    lists: tuple[tuple[list[str], list[str]], ...] = (
        ([], []),
        ([x], []),
        ([], [x, y]),
        ([x], [y]),
        ([x, y, z], [y, z, x]),
    )
    rules = [
        draw.say(f"[Putting in|Inserting|Adding] a {what} costs {insert}, [deleting|removing|dropping] one {delete}."),
        draw.say(f"Replacing one {what} with another costs {replace}.")
        if replace
        else draw.say(f"{whats.capitalize()} cannot be replaced: one is deleted and another inserted."),
    ]
    if ends == "front":
        rules.append(f"Deleting {whats} from the beginning of `{first}`, before any other is kept or changed, is free.")
    if ends == "back":
        rules.append(f"Deleting {whats} from the end of `{first}`, after all others, is free.")
    kind, noun = ("list[str]", f"list of {whats}") if words else ("str", "text")
    return Sketch(
        name=name,
        parameters=(
            Parameter(first, kind, f"the {noun} to start from"),
            Parameter(second, kind, f"the {noun} to arrive at"),
        ),
        returns="int",
        task=draw.say(
            f"[find|return|compute] the [least|lowest|smallest] [total cost|cost] of "
            f"[turning|changing|converting] `{first}` into `{second}`"
        ),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=lists if words else tuple(("".join(one), "".join(other)) for one, other in lists),
    )
