"""What has accumulated up to each place of a list: sums, extremes, changes; with a reset or a cap."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    values = draw.identifier(f"[{scene.measures}|values|amounts|daily {scene.measures}|series]")
    what = draw.pick(("sum", "maximum", "minimum", "capped sum", "reset sum", "floored sum"))
    bound = draw.number(greatest, 2 * greatest)
    offset = draw.number(least + 1, greatest)
    total, item, out = draw.locals("total", "item", "result", avoid=(values,))
    sign = draw.pick(("", "-"))
    start = draw.number(least + 1, greatest - 1) if what.endswith("imum") else draw.number(1, greatest)
    first = str(start)
    update, told, fold = {
        "sum": (f"{total} + {item}", "sum", "before + one"),
        "maximum": (f"max({total}, {item})", "largest value", "one if one > before else before"),
        "minimum": (f"min({total}, {item})", "smallest value", "one if one < before else before"),
        "capped sum": (
            f"min({total} + {item}, {bound})",
            f"sum, never more than {bound},",
            f"sorted((before + one, {bound}))[0]",
        ),
        "reset sum": (
            f"{total} + {item} if {total} < {bound} else {item}",
            f"sum, which begins anew with the next value once it has reached {bound},",
            f"one + (0 if before >= {bound} else before)",
        ),
        "floored sum": (
            f"max({total} + {item} - {offset}, 0)",
            f"sum of what exceeds {offset}, never below 0,",
            f"sorted((before + one - {offset}, 0))[1]",
        ),
    }[what]
    each = draw.pick((1, 1, 2, 3))
    name = draw.identifier(
        f"[running|cumulative|rolling|progressive] [{what}|{scene.measures}|{what} of {scene.measures}]"
    )
    append = f"{out}.append({sign}{total})"
    body = f"""
        {total} = {first}
        {out} = []
        for {item} in {values}:
            {total} = {update}
            {append}
        return {out}{f"[{each - 1}::{each}]" if each > 1 else ""}
    """
    recursive = f"""
        def onward(before: int, rest: list[int]) -> list[int]:
            if not rest:
                return []
            one = rest[0]
            now = {fold}
            return [{sign}now, *onward(now, rest[1:])]

        return [one for place, one in enumerate(onward({first}, {values}), 1) if place % {each} == 0]
    """
    library = f"""
        {out} = accumulate({values}, lambda {total}, {item}: {update}, initial={first})
        return [{sign}{item} for {item} in {out}][{each}::{each}]
    """
    style = draw.pick(("loop", "library"))
    code = Code(body, style=style) if style == "loop" else Code(library, "from itertools import accumulate", style)
    often = {1: "after each value", 2: "after every second value", 3: "after every third value"}[each]
    minus = draw.say("[, with its sign changed|, negated]") if sign else ""
    phrase = draw.say(
        f"[return|list|give|collect] the [running|cumulative] {told.rstrip(',')}{',' if ',' in told else ''} "
        f"of {{of}} {often}{minus}, [starting from|beginning at|with a start of] {first}"
    )
    bounds = {
        "maximum": f">= {first}",
        "minimum": f"<= {first}",
        "capped sum": f"<= {bound}",
        "floored sum": ">= 0",
    }
    within = (f"all({sign}one {bounds[what]} for one in result)",) if what in bounds else ()
    return Sketch(
        name=name,
        parameters=(
            Parameter(values, "list[int]", f"the {scene.measures} of successive {scene.things}, in {scene.unit}"),
        ),
        returns="list[int]",
        task=phrase.format(of=draw.say(f"[`{values}`|the {scene.measures}|the values in `{values}`]")),
        step=phrase.format(of="{it}"),
        rules=(
            draw.say("[The start itself is not in the result.|The result does not contain the start.]"),
            draw.say("[For an empty list the result is empty.|An empty list gives an empty list.]"),
        ),
        solution=code,
        second=Code(recursive),
        contract=Contract((f"len({values}) <= 3",), (f"len(result) == len({values}) // {each}", *within)),
        sample=lambda random: (
            integers(
                random,
                least,
                greatest,
                (start - 1, start, start + 1, offset, offset + 1, bound // 2, bound - start, bound - start + 1),
            ),
        ),
        edges=(([],), ([greatest, bound, offset, least, greatest, bound],)),
    )
