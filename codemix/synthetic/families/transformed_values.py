"""A list filtered by a condition and changed by a formula, in some order."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers, predicate
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    values = draw.identifier(f"[{scene.measures}|values|numbers|readings|raw {scene.measures}]")
    test = predicate(draw, *scene.typical)
    factor, offset, step = draw.number(2, 9), draw.number(1, 30), draw.number(2, 12)
    formula, told, other = draw.pick(
        (
            (f"{{x}} * {factor}", f"[multiplied by|multiplied with] {factor}", f"sum([{{x}}] * {factor})"),
            (f"{{x}} + {offset}", f"[increased|raised] by {offset}", f"{offset} - -{{x}}"),
            (f"{{x}} - {offset}", f"[reduced|lowered|decreased] by {offset}", f"-({offset} - {{x}})"),
            (f"{{x}} // {step}", f"divided by {step} and rounded down", f"({{x}} - {{x}} % {step}) // {step}"),
            (f"{{x}} - {{x}} % {step}", f"rounded down to a multiple of {step}", f"{{x}} // {step} * {step}"),
            (
                f"abs({{x}} - {offset})",
                f"replaced by their distance from {offset}",
                f"max({{x}} - {offset}, {offset} - {{x}})",
            ),
            (
                f"{{x}} * {factor} + {offset}",
                f"multiplied by {factor} and then increased by {offset}",
                f"{offset} + {factor} * {{x}}",
            ),
        )
    )
    told = draw.say(told)
    fate = draw.pick(("drop", "keep"))
    order = draw.pick(("given", "reversed", "rising", "falling"))
    name = draw.identifier(
        f"[adjust|convert|rework|transform|correct] [{scene.measures}|values|{test.word} {scene.measures}]"
    )
    out, item = draw.locals("result", "item", avoid=(values, name))
    changed, condition = formula.format(x=item), test.code(item)
    finish = {
        "given": out,
        "reversed": f"{out}[::-1]",
        "rising": f"sorted({out})",
        "falling": f"sorted({out}, reverse=True)",
    }
    otherwise = (
        ""
        if fate == "drop"
        else f"""
                else:
                    {out}.append({item})"""
    )
    inner = changed if fate == "drop" else f"{changed} if {condition} else {item}"
    only = f" if {condition}" if fate == "drop" else ""
    bodies = {
        "loop": f"""
            {out} = []
            for {item} in {values}:
                if {condition}:
                    {out}.append({changed}){otherwise}
            return {finish[order]}
        """,
        "comprehension": f"""
            {out} = [{inner} for {item} in {values}{only}]
            return {finish[order]}
        """,
    }
    style = draw.pick(list(bodies))
    rest = "the others are left out" if fate == "drop" else "the others stay as they are"
    ending = {
        "given": "[in the given order|without changing the order]",
        "reversed": "[in reverse order|from the last to the first]",
        "rising": "[in ascending order|sorted from the smallest]",
        "falling": "[in descending order|sorted from the largest]",
    }[order]
    phrase = draw.say(
        f"[give|return|produce] [the list of|a list of] the {{of}}, where those that are {test.phrase} are {told}, "
        f"and {rest}; the result is {ending}"
    )
    one = f"({other.format(x='one')})"
    kept = f"[{one}] if {test.other('one')} else {'[]' if fate == 'drop' else '[one]'}"
    last = {"given": "made", "reversed": "list(reversed(made))"}.get(order, "made")
    sorting = {"rising": "made.sort()\n", "falling": "made.sort(key=lambda one: -one)\n"}.get(order, "")
    least, greatest = scene.typical
    every = f"len(result) {'<=' if fate == 'drop' else '=='} len({values})"
    compare = {"rising": "<=", "falling": ">="}.get(order)
    ordered = (f"all(a {compare} b for a, b in zip(result, result[1:]))",) if compare else ()
    return Sketch(
        name=name,
        parameters=(Parameter(values, "list[int]", f"the {scene.measures} of the {scene.things}, in {scene.unit}"),),
        returns="list[int]",
        task=phrase.format(of=draw.say(f"[{scene.measures}|values of `{values}`]")),
        step=phrase.format(of="values of {it}"),
        rules=(draw.say("[The given list is not changed.|Do not change the list that is given.|Return a new list.]"),),
        solution=Code(bodies[style], style=style),
        second=Code(f"made = sum(({kept} for one in {values}), [])\n{sorting}return {last}"),
        contract=Contract((f"len({values}) <= 2",), (every, *ordered)),
        sample=lambda random: (integers(random, least, greatest, test.borders),),
        edges=(([],), (list(test.borders),)),
    )
