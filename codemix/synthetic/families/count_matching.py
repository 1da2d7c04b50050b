"""How many of a list's values satisfy a condition."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers, predicate
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    values = draw.identifier(f"[{scene.measures}|{scene.measures}|values|numbers|{scene.unit}|data]")
    test = predicate(draw, *scene.typical)
    name = draw.identifier(f"[count|number of|how many|tally] [{test.word}|matching|{test.word} {scene.measures}]")
    count, item = draw.locals("count", "item", avoid=(values, name))
    bodies = {
        "loop": f"""
            {count} = 0
            for {item} in {values}:
                # only those that qualify
                if {test.code(item)}:
                    {count} += 1
            return {count}
        """,
        "comprehension": f"return len([{item} for {item} in {values} if {test.code(item)}])",
        "library": f"return sum(1 for {item} in {values} if {test.code(item)})",
        "recursion": f"""
            if not {values}:
                return 0
            return int({test.code(f"{values}[0]")}) + {name}({values}[1:])
        """,
    }
    style = draw.pick(list(bodies))
    phrase = draw.say(
        f"[count the|find the number of|determine the number of|return the number of] {{}} that are {test.phrase}"
    )
    least, greatest = scene.typical
    return Sketch(
        name=name,
        parameters=(Parameter(values, "list[int]", f"the {scene.measures} of the {scene.things}, in {scene.unit}"),),
        returns="int",
        task=phrase.format(draw.say(f"[{scene.measures}|values in `{values}`|{scene.measures} in `{values}`]")),
        step=phrase.format("values of {it}"),
        rules=(
            draw.say(
                "[An empty list gives 0.|For an empty list the answer is 0.|There may be no values at all: return 0.]"
            ),
        ),
        solution=Code(bodies[style], style=style),
        second=Code(f"return len(list(filter(lambda one: {test.other('one')}, {values})))"),
        contract=Contract((f"len({values}) <= 3",), (f"0 <= result <= len({values})",)),
        sample=lambda random: (integers(random, least, greatest, test.borders),),
        edges=(([],), (list(test.borders),)),
    )
