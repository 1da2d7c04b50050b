"""Subsets of a list that fulfil a condition: listed, counted, or the best of them."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "recursion"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    values = draw.identifier("[weights|numbers|amounts|sizes|parts|values]")
    form = draw.pick(("list", "list", "count", "largest", "smallest", "exists"))
    target = draw.number(8, 25)
    divisor = draw.number(3, 7)
    size = draw.number(2, 4)
    gap = draw.number(2, 4)
    test, other, told = draw.pick(
        (
            (f"sum({{}}) == {target}", f"not sum({{}}) - {target}", f"whose sum is {target}"),
            (
                f"0 < sum({{}}) <= {target}",
                f"sum({{}}) in range(1, {target + 1})",
                f"whose sum is positive and at most {target}",
            ),
            (
                f"len({{0}}) > 1 and sum({{0}}) % {divisor} == 0",
                f"not (len({{0}}) < 2 or sum({{0}}) % {divisor})",
                f"of at least 2 values with a sum that is divisible by {divisor}",
            ),
            (f"len({{}}) == {size}", f"sum(1 for _ in {{}}) == {size}", f"of exactly {size} values"),
            (
                f"len({{0}}) >= {size} and sum({{0}}) < {target}",
                f"not (len({{0}}) < {size} or sum({{0}}) >= {target})",
                f"of at least {size} values with a sum below {target}",
            ),
            (
                f"len({{0}}) > 1 and max({{0}}) - min({{0}}) == {gap}",
                f"bool({{0}}) and sorted({{0}})[-1] == sorted({{0}})[0] + {gap}",
                f"whose largest and smallest value differ by {gap}",
            ),
        )
    )
    name = draw.identifier(
        {
            "list": "[subsets|selections|choices] [that fit|with condition|allowed]",
            "count": "[count|number of] [subsets|selections|fitting choices]",
            "largest": "[greatest|largest|fullest] [selection|subset|choice]",
            "smallest": "[smallest|fewest|shortest] [selection|subset|choice]",
            "exists": "[can be chosen|has subset|selection exists]",
        }[form]
    )
    out, index = draw.locals("result", "index", avoid=(values, name, "chosen", "choose"))
    finish = {
        "list": out,
        "count": f"len({out})",
        "largest": f"max({out}, key=sum, default=None)",
        "smallest": f"min({out}, key=len, default=None)",
        "exists": f"len({out}) > 0",
    }[form]
    backtrack = f"""
        {out} = []

        def choose(start: int, chosen: list[int]) -> None:
            if {test.format("chosen")}:
                {out}.append(chosen)
            for {index} in range(start, len({values})):
                choose({index} + 1, chosen + [{values}[{index}]])

        choose(0, [])
        return {finish}
    """
    library = f"""
        {out} = []
        for size in range(len({values}) + 1):
            for chosen in combinations({values}, size):
                if {test.format("chosen")}:
                    {out}.append(list(chosen))
        return {finish}
    """
    order = draw.pick(("taken first", "by size"))
    body, style, before = (
        (backtrack, "recursion", "")
        if order == "taken first"
        else (library, "library", "from itertools import combinations")
    )
    places = f"[k for k in range(len({values})) if mask >> k & 1]"
    rank = "place" if order == "taken first" else "(len(place), place)"
    last = {
        "list": "[each for _, each in found]",
        "count": "sum(1 for _ in found)",
        "largest": "sorted(found, key=lambda pair: -sum(pair[1]))[0][1] if found else None",
        "smallest": "sorted(found, key=lambda pair: len(pair[1]))[0][1] if found else None",
        "exists": "any(True for _ in found)",
    }[form]
    second = f"""
        found = []
        for mask in range(1 << len({values})):
            place = {places}
            each = [{values}[k] for k in place]
            if {other.format("each")}:
                found.append(({rank}, each))
        found.sort(key=lambda pair: pair[0])
        return {last}
    """
    task = {
        "list": f"[list|return] all selections from `{values}` {told}",
        "count": f"[count|return the number of] the selections from `{values}` {told}",
        "largest": f"[find|return] the selection from `{values}` with the greatest sum, among those {told}",
        "smallest": f"[find|return] the selection from `{values}` with the fewest values, among those {told}",
        "exists": f"[tell|decide|check] whether there is a selection from `{values}` {told}",
    }[form]
    rules = [
        "A selection takes each place of the list at most once and keeps the order; equal values at "
        "different places are different choices."
    ]
    if form in ("list", "largest", "smallest"):
        by_place = (
            "compare the positions of the chosen values one by one, the smaller first; one that is the "
            "beginning of another comes before it"
        )
        by_size = (
            "fewer values come first, and among equally many compare the positions of the chosen values "
            "one by one, the smaller first"
        )
        arranged = by_place if order == "taken first" else by_size
        if form == "list":
            rules.append(f"Selections are [ordered|sorted] like this: {arranged}.")
        else:
            rules.append(f"Where several are equally good, take the first in this order: {arranged}.")
    if form in ("largest", "smallest"):
        rules.append("[If there is none, return `None`.|Without any such selection the result is `None`.]")
    rules.append(
        "[Choosing nothing at all is a selection, too, with sum 0.|The empty selection counts as one; its sum is 0.]"
    )

    def sample(random: Random) -> tuple[list[int]]:
        return (
            [
                random.choice((random.randint(1, 9), random.randint(1, target // 2), random.randint(-2, 4)))
                for _ in range(random.randint(0, 5))
            ],
        )

    half = target // 2
    known = {
        "list": f"all(one in {values} for each in result for one in each)",
        "count": f"0 <= result <= 2 ** len({values})",
        "exists": "result in (True, False)",
    }.get(form, f"all(one in {values} for one in result or ())")
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                values,
                "list[int]",
                draw.say(f"[whole numbers|a few whole numbers|some numbers, one for each {scene.thing}]"),
            ),
        ),
        returns={"list": "list[list[int]]", "count": "int", "exists": "bool"}.get(form, "list[int] | None"),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, before, style),
        second=Code(second),
        contract=Contract((f"len({values}) <= 3",), (known,)),
        sample=sample,
        edges=(
            ([],),
            ([half, target - half, 1],),
            ([divisor, gap, gap + divisor, 1],),
            ([target, 2, 2, 2 + gap],),
            ([1, 1 + gap, 3, 1],),
            ([target + 1],),
        ),
    )
