"""A list turned by some places: the whole of it, its blocks, or until it begins with a certain value."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers, predicate
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    values = draw.identifier(f"[values|{scene.measures}|items|numbers|row]")
    steps = draw.identifier("[steps|places|turns|shift|by]")
    form = draw.pick(("whole", "fixed", "blocks", "smallest", "largest", "fitting", "swapped"))
    left = draw.chance(0.5)
    fixed = draw.number(1, 5)
    size = draw.number(2, 4)
    inner = draw.number(1, size - 1)
    test = predicate(draw, least, greatest)
    name = draw.identifier(
        f"[rotate|turn|cycle|shift] [{'blocks' if form == 'blocks' else 'list'}|{scene.measures}|values]"
    )
    index, item, out = draw.locals("index", "item", "result", avoid=(values, steps, name, "cut", "block"))
    direction = "left" if left else "right"
    turn = {"left": f"{values}[cut:] + {values}[:cut]", "right": f"{values}[-cut:] + {values}[:-cut]"}[direction]
    turned = inner if left else -inner
    cut = {"whole": steps, "fixed": str(fixed)}.get(form, "")
    bodies: dict[str, str]
    if form in ("whole", "fixed"):
        bodies = {
            "slices": f"""
                if not {values}:
                    return []
                # a full turn changes nothing
                cut = {cut} % len({values})
                return {turn if left else f"{values}[len({values}) - cut :] + {values}[: len({values}) - cut]"}
            """,
            "comprehension": f"""
                size = len({values})
                return [{values}[({index} {"+" if left else "-"} {cut}) % size] for {index} in range(size)]
            """,
        }
        second = f"""
            queue = deque({values})
            queue.rotate({"-" if left else ""}{cut})
            return list(queue)
        """
    elif form == "blocks":
        bodies = {
            "loop": f"""
                {out} = []
                for {index} in range(0, len({values}), {size}):
                    block = {values}[{index} : {index} + {size}]
                    if len(block) == {size}:
                        block = block[{turned}:] + block[:{turned}]
                    {out}.extend(block)
                return {out}
            """,
        }
        second = f"""
            full = len({values}) // {size} * {size}
            made = [{values}[i - i % {size} + (i {"+" if left else "-"} {inner}) % {size}] for i in range(full)]
            return made + {values}[full:]
        """
    elif form == "swapped":
        bodies = {
            "slices": f"""
                cut = {"(len(" + values + ") + 1) // 2" if left else "len(" + values + ") // 2"}
                return {values}[cut:] + {values}[:cut]
            """,
        }
        second = f"""
            queue = deque({values})
            for _ in range(len({values}) {"- len(" + values + ") // 2" if left else "// 2"}):
                queue.append(queue.popleft())
            return list(queue)
        """
    else:
        where = {
            "smallest": f"{values}.index(min({values}))",
            "largest": f"{values}.index(max({values}))",
            "fitting": f"next(({index} for {index}, {item} in enumerate({values}) if {test.code(item)}), 0)",
        }[form]
        guard = (
            ""
            if form == "fitting"
            else f"""
                if not {values}:
                    return []"""
        )
        bodies = {
            "library": f"""{guard}
                cut = {where}
                return {values}[cut:] + {values}[:cut]
            """,
        }
        stops = {
            "smallest": f"queue[0] == sorted({values})[0]",
            "largest": f"queue[0] == sorted({values})[-1]",
            "fitting": test.other("queue[0]"),
        }[form]
        second = f"""
            queue = deque({values})
            for _ in {values}:
                if {stops}:
                    break
                queue.append(queue.popleft())
            return list(queue)
        """
    style = draw.pick(list(bodies))
    move = f"[rotate|turn] {{of}} to the {direction} by"
    moved = f"[the {'first' if left else 'last'} value moves to the other end with every place|with every place the "
    moved += f"{'first value goes to the end' if left else 'last value goes to the front'}]"
    phrase = {
        "whole": f"{move} `{steps}` places",
        "fixed": f"{move} {fixed} place{'s' if fixed > 1 else ''}, so that {moved}",
        "blocks": f"cut {{of}} into blocks of {size} and {'rotate'} each full block to the {direction} by {inner} "
        f"place{'s' if inner > 1 else ''}, leaving a shorter last block as it is",
        "smallest": "[rotate|turn] {of} so that it begins with its smallest value (the first such, if there "
        "are several)",
        "largest": "[rotate|turn] {of} so that it begins with its largest value (the first such, if there are several)",
        "fitting": f"[rotate|turn] {{of}} so that it begins with the first of the values that are "
        f"{test.phrase}, leaving it as it is "
        "if there is none",
        "swapped": "[swap|exchange] the two halves of {of}, where the middle value of an odd number of values "
        "belongs to the "
        f"{'first' if left else 'second'} half",
    }[form]
    phrase = draw.say(phrase)
    rules = [
        "[Return a new list.|The result is a new list; the given one stays as it is.]",
        "[An empty list gives an empty list.|For an empty list the result is empty.]",
    ]
    if form == "whole":
        rules.append(
            f"One place to the {direction} means that "
            f"{moved.split('|')[1].rstrip(']').replace('with every place ', '')}."
        )
        rules.append(
            f"`{steps}` may be negative, which [means|turns to] the other direction, and may exceed the number "
            f"of values."
        )
    of_steps = (Parameter(steps, "int", "the number of places to turn it by"),) if form == "whole" else ()

    def sample(random: Random) -> tuple[Any, ...]:
        given = integers(random, least, greatest, test.borders if form == "fitting" else (), most=9)
        return (given, random.randint(-7, 12)) if form == "whole" else (given,)

    some = [greatest, least, greatest - 1, least, greatest, least + 1, greatest]
    edges: tuple[tuple[Any, ...], ...] = (([],), ([least],), (some,), (some[:5],), (some[1:],))
    turns = (f"-3 <= {steps} <= 6",) if form == "whole" else ()
    return Sketch(
        name=name,
        parameters=(
            Parameter(values, "list[int]", f"the {scene.measures} of the {scene.things}, in {scene.unit}"),
            *of_steps,
        ),
        returns="list[int]",
        task=phrase.format(of=f"`{values}`"),
        step="" if form == "whole" else phrase.format(of="{it}"),
        rules=tuple(map(draw.say, rules)),
        solution=Code(bodies[style], style=style),
        second=Code(second, "from collections import deque" if "deque" in second else ""),
        contract=Contract(
            (
                f"len({values}) <= 3",
                *turns,
            ),
            (f"len(result) == len({values})", f"all(one in result for one in {values})"),
        ),
        sample=sample,
        edges=tuple((*edge, 2 + place) for place, edge in enumerate(edges)) if form == "whole" else edges,
    )
