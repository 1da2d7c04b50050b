"""Generators that take elements from several lists in turn: how many at once, what happens when one is used up."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers, words
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "iterators"
VERSION = 1


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    numbers = draw.chance(0.5)
    item = "int" if numbers else "str"
    lists = draw.pick(("queues", "lists", "lanes", "piles", "rows", "sources"))
    end = draw.pick(("go on", "stop", "fill", "again"))
    portion = draw.pick((1, 1, 2, 3)) if end == "go on" else 1
    backward = draw.chance(0.3)
    bounce = end != "stop" and portion == 1 and draw.chance(0.3)
    numbered = draw.chance(0.3)
    filler = "0" if numbers else "'-'"
    name = draw.identifier(f"[take turns|interleave|round robin|alternate|merge {lists}|deal from {lists}]")
    yielded = "(number, one)" if numbered else "one"
    order = f"range(len({lists}))"
    places = f"reversed({order})" if backward else order
    longest = f"len({'min' if end == 'stop' else 'max'}({lists}, key=len, default=()))"
    flip = "\n                if start % 2 == 1:\n                    order.reverse()" if bounce else ""
    span = f"range(0, {longest}, {portion})" if portion > 1 else f"range({longest})"
    element = {
        "go on": f"""
                    for one in {lists}[number][start:start + {portion}]:
                        yield {yielded}""",
        "stop": f"""
                    one = {lists}[number][start]
                    yield {yielded}""",
        "fill": f"""
                    one = {lists}[number][start] if start < len({lists}[number]) else {filler}
                    yield {yielded}""",
        "again": f"""
                    if {lists}[number]:
                        # a list that is used up begins again
                        one = {lists}[number][start % len({lists}[number])]
                        yield {yielded}""",
    }[end]
    by_place = f"""
            for start in {span}:
                order = list({places}){flip}
                for number in order:{element}
    """
    # The other one moves elements from copies of the lists.
    take = {
        "go on": f"""
                    for one in rest[number][:{portion}]:
                        yield {yielded}
                    del rest[number][:{portion}]""",
        "stop": f"""
                    one = rest[number].pop(0)
                    yield {yielded}""",
        "fill": f"""
                    one = rest[number].pop(0) if rest[number] else {filler}
                    yield {yielded}""",
        "again": f"""
                    rest[number] = rest[number] or list({lists}[number])
                    if rest[number]:
                        one = rest[number].pop(0)
                        yield {yielded}""",
    }[end]
    going = {
        "go on": "any(rest)",
        "stop": "rest and all(rest)",
        "fill": "any(rest)",
        "again": f"turns < {longest}",
    }[end]
    zero, one_more = "\n            turns = 0", "\n                turns += 1"
    turning = "\n                order.reverse()" if bounce else ""
    counting = end == "again"
    by_moving = f"""
            rest = [list(each) for each in {lists}]
            order = list(range(len(rest))){"[::-1]" if backward else ""}{zero if counting else ""}
            while {going}:
                for number in order:{take}{one_more if counting else ""}{turning}
    """
    solutions = [Code(by_place), Code(by_moving)]
    if end != "again" and not bounce:
        draw.random.shuffle(solutions)
    many = {1: "one element", 2: "up to two elements", 3: "up to three elements"}[portion]
    direction = "the last list" if backward else "the first list"
    rules = [
        f"In every round {many} {'is' if portion == 1 else 'are'} taken from each list, beginning with {direction}.",
        {
            "go on": "A list that is used up is passed over, until all are.",
            "stop": "There are as many rounds as the shortest list has elements; without lists there is none.",
            "fill": f"For a list that is used up {filler} is given, until all are used up.",
            "again": "A list that is used up begins again, until each element of the longest has been given once; "
            "empty lists are passed over.",
        }[end],
    ]
    if bounce:
        rules.append("After every round the order of the lists is reversed.")
    if numbered:
        rules.append("Each element comes as a pair with the number of its list, counted from 0 as they are given.")

    def sample(random: Random) -> tuple:
        count = random.randint(0, 4)
        if numbers:
            return ([integers(random, 1, 30, most=5) for _ in range(count)],)
        return ([words(random, scene.labels, 5) for _ in range(count)],)

    a, b, c, d = (1, 2, 3, 4) if numbers else scene.labels[:4]
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                lists,
                f"list[list[{item}]]",
                draw.say(f"[several|some] lists of {scene.measures if numbers else scene.label + ' names'}"),
            ),
        ),
        returns=f"Iterator[tuple[int, {item}]]" if numbered else f"Iterator[{item}]",
        task=draw.say(f"[yield|give|produce] the elements of `{lists}` in turn"),
        rules=tuple(rules),
        solution=_imported(solutions[0]),
        second=_imported(solutions[1]),
        sample=sample,
        kind="iterator",
        edges=(([],), ([[a, b, c], [d]],), ([[], [a, b], [c, d, a]],), ([[a, b, c, d, a], [c, c, b, a]],)),
    )


def _imported(code: Code) -> Code:
    return Code(code.body, "from collections.abc import Iterator", code.style)
