"""What two lists have in common or not, as sets see it: operation, condition, order."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import predicate
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "sets"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    first, second = draw.pick(
        (
            ("first", "second"),
            ("today", "yesterday"),
            ("planned", "actual"),
            ("old", "new"),
            ("ours", "theirs"),
            ("mine", "yours"),
            ("before", "after"),
        )
    )
    operation, told, condition = draw.pick(
        (
            ("{a} & {b}", "occur in both lists", "one in {a} and one in {b}"),
            ("{a} - {b}", "occur in `{a}` but not in `{b}`", "one in {a} and one not in {b}"),
            ("{b} - {a}", "occur in `{b}` but not in `{a}`", "one in {b} and one not in {a}"),
            ("{a} ^ {b}", "occur in exactly one of the two lists", "(one in {a}) != (one in {b})"),
            ("{a} | {b}", "occur in at least one of the lists", "one in {a} or one in {b}"),
        )
    )
    test = predicate(draw, least, greatest)
    filtered = draw.chance(0.7)
    form, ordered, told_form = draw.pick(
        (
            ("list[int]", "sorted({})", "[list|return in ascending order|return, sorted,] the {}"),
            ("list[int]", "sorted({}, reverse=True)", "[list|return] in descending order the {}"),
            ("int", "len({})", "[count|find the number of] the different {}"),
            ("int", "sum({})", "[add up|return the sum of] the {}, each once"),
            ("set[int]", "{}", "return the set of the {}"),
        )
    )
    name = draw.identifier(
        f"[{'shared' if '&' in operation else 'differing' if '^' in operation else 'selected'}|compare|matched] "
        f"{scene.measures}"
    )
    (item, out) = draw.locals("item", "result", avoid=(first, second, name))
    sets = operation.format(a=f"set({first})", b=f"set({second})")
    chosen = f"{{{item} for {item} in {sets} if {test.code(item)}}}" if filtered else f"{sets}"
    inside = condition.format(a=first, b=second).replace("one", item)
    bodies = {
        "library": f"return {ordered.format(chosen)}",
        "loop": f"""
            {out} = set()
            for {item} in {first} + {second}:
                if {f"({inside}) and ({test.code(item)})" if filtered else inside}:
                    {out}.add({item})
            return {ordered.format(out)}
        """,
    }
    style = draw.pick(list(bodies))
    final = {
        "sorted({})": "made",
        "sorted({}, reverse=True)": "made[::-1]",
        "len({})": "len(made)",
        "sum({})": "sum(made)",
        "{}": "set(made)",
    }[ordered]
    another = f"""
        made: list[int] = []
        for one in sorted([*{first}, *{second}]):
            here, there = {first}.count(one) > 0, {second}.count(one) > 0
            if ({_truth(operation)}) and one not in made{f" and ({test.other('one')})" if filtered else ""}:
                made.append(one)
        return {final}
    """
    phrase = f"{scene.measures} that {told.format(a=first, b=second)}" + (f" and are {test.phrase}" if filtered else "")

    def sample(random: Random) -> tuple[list[int], list[int]]:
        pool = [*test.borders, *(random.randint(least, greatest) for _ in range(4))]
        return [random.choice(pool) for _ in range(random.randint(0, 6))], [
            random.choice(pool) for _ in range(random.randint(0, 6))
        ]

    low = list(test.borders)
    known = {
        "sum({})": "isinstance(result, int)",
        "len({})": f"0 <= result <= len({first}) + len({second})",
    }.get(ordered, f"all(one in {first} or one in {second} for one in result)")
    return Sketch(
        name=name,
        parameters=(
            Parameter(first, "list[int]", f"some {scene.measures} in {scene.unit}"),
            Parameter(second, "list[int]", f"other {scene.measures} in {scene.unit}"),
        ),
        returns=form,
        task=draw.say(told_form).format(phrase),
        rules=(
            draw.say(
                "[A value counts once, however often it occurs.|Repeated values count once.|Repetitions do not matter.]"
            ),
        ),
        solution=Code(bodies[style], style=style),
        second=Code(another),
        contract=Contract((f"len({first}) <= 2 and len({second}) <= 1",), (known,)),
        sample=sample,
        edges=(([], []), (low, low[1:]), ([greatest, greatest, low[0]], [least, low[-1]])),
    )


def _truth(operation: str) -> str:
    """The operation on the truth of here and there."""
    return {
        "{a} & {b}": "here and there",
        "{a} - {b}": "here and not there",
        "{b} - {a}": "there and not here",
        "{a} ^ {b}": "here is not there",
        "{a} | {b}": "here or there",
    }[operation]
