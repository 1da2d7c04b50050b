"""Nested lists of numbers: sums weighted by depth, depths, flattening, counting."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import predicate
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "recursion"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    tree = draw.pick(("tree", "nested", "boxes", "structure", "levels", "parcel"))
    test = predicate(draw, least, greatest)
    filtered = draw.chance(0.6)
    weight = draw.number(2, 5)
    top = draw.number(0, 2)
    goal = draw.pick(("sum", "weighted", "flatten", "count", "deepest", "levels"))
    name = draw.identifier(
        {
            "sum": "[nested|total|deep] [sum|total]",
            "weighted": "[weighted|depth weighted] [sum|total]",
            "flatten": "[flatten|unpack|unnest] [values|numbers|]",
            "count": "[count|nested count of] [values|numbers]",
            "deepest": "[deepest|depth of deepest] [value|number]",
            "levels": "[sums|totals] [by|per] [level|depth]",
        }[goal]
    )
    item, out = draw.locals("item", "result", avoid=(tree, name))
    ok = f"{test.code(item)}" if filtered else ""
    leaf_if = f"elif {ok}:" if ok else "else:"
    value = {"sum": item, "weighted": f"{item} * (depth + {top}) * {weight}", "count": "1"}.get(goal, "")
    if goal in ("sum", "weighted", "count"):
        again = f"{name}({item}, depth + 1)" if goal == "weighted" else f"{name}({item})"
        helper = goal == "weighted"
        inner = f"""
            {out} = 0
            for {item} in {tree}:
                if isinstance({item}, list):
                    {out} += {again.replace(name, "_" + name) if helper else again}
                {leaf_if}
                    {out} += {value}
            return {out}
        """
        if helper:
            lines = "\n".join(f"    {line}" for line in _dedented(inner).splitlines())
            solution = Code(
                f"return _{name}({tree}, 1)",
                f"def _{name}({tree}: list[Any], depth: int) -> int:\n{lines}",
                "recursion",
            )
        else:
            solution = Code(inner, style="recursion")
    elif goal == "flatten":
        solution = Code(
            f"""
            {out}: list[int] = []
            for {item} in {tree}:
                if isinstance({item}, list):
                    {out}.extend({name}({item}))
                {leaf_if}
                    {out}.append({item})
            return {out}
        """,
            style="recursion",
        )
    elif goal == "deepest":
        solution = Code(
            f"""
            {out} = 0
            for {item} in {tree}:
                if isinstance({item}, list):
                    inside = {name}({item})
                    if inside > 0:
                        {out} = max({out}, inside + 1)
                {leaf_if}
                    {out} = max({out}, 1)
            return {out}
        """,
            style="recursion",
        )
    else:
        solution = Code(
            f"""
            {out}: list[int] = []
            for {item} in {tree}:
                if isinstance({item}, list):
                    for place, inside in enumerate({name}({item}), 1):
                        while len({out}) <= place:
                            {out}.append(0)
                        {out}[place] += inside
                {leaf_if}
                    if not {out}:
                        {out}.append(0)
                    {out}[0] += {item}
            return {out}
        """,
            style="recursion",
        )
    solution = Code(
        solution.body, "from typing import Any" + ("\n\n\n" + solution.before if solution.before else ""), "recursion"
    )
    also = f" if {test.other('one')}" if filtered else ""
    last = {
        "sum": f"return sum(one for _, one in leaves{also})",
        "weighted": f"return sum((depth + {top}) * one for depth, one in leaves{also}) * {weight}",
        "count": f"return len([one for _, one in leaves{also}])",
        "flatten": f"return [one for _, one in leaves{also}]",
        "deepest": f"return max((depth for depth, one in leaves{also}), default=0)",
        "levels": f"""fit = [(depth, one) for depth, one in leaves{also}]
            most = max((depth for depth, _ in fit), default=0)
            return [sum(one for depth, one in fit if depth == level) for level in range(1, most + 1)]""",
    }[goal]
    second = Code(
        f"""
            leaves: list[tuple[int, int]] = []
            waiting: list[tuple[int, Any]] = [(0, {tree})]
            while waiting:
                depth, one = waiting.pop()
                if isinstance(one, list):
                    waiting.extend((depth + 1, each) for each in reversed(one))
                else:
                    leaves.append((depth, one))
            {last}
    """,
        "from typing import Any",
    )
    those = f"numbers that are {test.phrase}" if filtered else "numbers"
    phrase = {
        "sum": f"[add up|sum] all {those} in {{it}}, however deep they are",
        "weighted": f"add up all {those} in {{it}}, each multiplied by {weight} and by its depth"
        + (f" plus {top}" if top else ""),
        "count": f"[count|find the number of] the {those} in {{it}}, [however deep they are|at any depth]",
        "flatten": f"[list|collect] the {those} in {{it}}, [however deep|at any depth], from left to right in "
        f"one flat list",
        "deepest": f"[find|return] the depth of the deepest of the {those} in {{it}}, 0 if there are none",
        "levels": f"[return|list] the sums of the {those} at each depth of {{it}}, [from the outside in|the "
        f"outermost first], down to the deepest that has one",
    }[goal]

    def nest(random: Random, depth: int) -> list[Any]:
        return [
            nest(random, depth + 1)
            if depth < 3 and random.random() < 0.35
            else random.choice((*test.borders, random.randint(least, greatest)))
            for _ in range(random.randint(0, 4 - depth // 2))
        ]

    border = list(test.borders)
    return Sketch(
        name=name,
        parameters=(Parameter(tree, "list[Any]", f"a list of {scene.measures} and of further such lists"),),
        returns="list[int]" if goal in ("flatten", "levels") else "int",
        task=draw.say(phrase).format(it=f"`{tree}`"),
        rules=(
            draw.say("[The numbers of the outermost list have depth 1.|Depth 1 is the outermost list.]")
            if goal in ("weighted", "deepest", "levels")
            else draw.say("[Lists may be empty.|Any of the lists may be empty.]"),
        ),
        solution=solution,
        second=second,
        sample=lambda random: (nest(random, 0),),
        edges=(
            ([],),
            (border,),
            ([greatest, [*border, [least, border[:1]]], []],),
            ([[[border[-1], border[0]]], border[1]],),
        ),
    )


def _dedented(text: str) -> str:
    from textwrap import dedent

    return dedent(text).strip("\n").rstrip()
