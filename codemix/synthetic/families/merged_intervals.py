"""Intervals on a line: united, the gaps between them, the places that most of them cover."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "intervals"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    spans = draw.identifier(f"[spans|intervals|periods|{scene.thing} times|slots|bookings]")
    closed = draw.chance(0.4)  # both ends belong to it, in whole numbers
    form = draw.pick(("merge", "gaps", "total", "most", "busiest", "apart", "covered"))
    slack = draw.pick((0, 0, 1, 2, 3)) if form in ("merge", "total") else 0
    low, high = draw.number(2, 6), draw.number(14, 20)
    name = draw.identifier(
        {
            "merge": "[merge|unite|join] [spans|intervals|overlaps|periods]",
            "gaps": "[find|list|free] [gaps|pauses|free time]",
            "total": "[covered|total|united] [length|time|extent]",
            "most": "[most|greatest number] [at once|together|overlapping]",
            "busiest": "[busiest|fullest|most crowded] [moment|time|point]",
            "apart": "[drop|remove|without] [overlapping|colliding] [spans|intervals]",
            "covered": "[is covered|fully covered|no gap|covers everything]",
        }[form]
    )
    out, item, count = draw.locals("result", "item", "count", avoid=(spans, name, "start", "end", "reach"))
    one = int(closed)
    near = slack + one
    touch = f"{out}[-1][1] + {near}" if near else f"{out}[-1][1]"
    united = f"""
        {out}: list[tuple[int, int]] = []
        for start, end in sorted({spans}):
            if {out} and start <= {touch}:
                # it goes on with the one before
                {out}[-1] = ({out}[-1][0], max({out}[-1][1], end))
            else:
                {out}.append((start, end))"""
    plus = " + 1" if closed else ""
    ahead = "<" if closed else "<="
    bodies = {
        "merge": f"{united}\n        return {out}",
        "total": f"{united}\n        return sum(end - start{plus} for start, end in {out})",
        "gaps": f"""
        {out} = []
        reach = None
        for start, end in sorted({spans}):
            if reach is not None and start > reach{plus}:
                {out}.append((reach{plus}, start{" - 1" if closed else ""}))
            reach = end if reach is None else max(reach, end)
        return {out}
        """,
        "most": f"""
        begins = [(start, {0 if closed else 1}) for start, _ in {spans}]
        {item} = sorted(begins + [(end, {1 if closed else 0}) for _, end in {spans}])
        {count} = {out} = 0
        for _, kind in {item}:
            if kind == {0 if closed else 1}:
                {count} += 1
                {out} = max({out}, {count})
            else:
                {count} -= 1
        return {out}
        """,
        "busiest": f"""
        {out} = None
        {count} = 0
        for start, _ in sorted({spans}):
            here = sum(1 for begin, end in {spans} if begin <= start {"<=" if closed else "<"} end)
            if here > {count}:
                {count} = here
                {out} = start
        return {out}
        """,
        "apart": f"""
        {out}: list[tuple[int, int]] = []
        for start, end in {spans}:
            if all(end {ahead} other[0] or other[1] {ahead} start for other in {out}):
                {out}.append((start, end))
        return {out}
        """,
        "covered": f"""
        reach = {low}
        for start, end in sorted({spans}):
            if start > reach:
                return False
            reach = max(reach, end{plus})
            if reach {">" if closed else ">="} {high}:
                return True
        return False
        """,
    }
    cells = f"""
        cells = {{place for start, end in {spans} for place in range(start, end{plus})}}"""
    stretch = f"""
        edges = [place for place in sorted(cells) if place - 1 not in cells]
        ends = [place{"" if closed else " + 1"} for place in sorted(cells) if place + 1 not in cells]"""
    filled = f"""
        for place in sorted(cells):
            after = min((other for other in cells if other > place), default=place)
            if after - place <= {slack + 1}:
                cells |= set(range(place, after))"""
    often = f"""
        often = Counter(place for start, end in {spans} for place in range(start, end{plus}))"""
    seconds = {
        "merge": cells + (filled if slack else "") + stretch + "\n        return list(zip(edges, ends))",
        "total": cells + (filled if slack else "") + "\n        return len(cells)",
        "gaps": cells
        + f"""
        free = set(range(min(cells, default=0), max(cells, default=0))) - cells
        edges = [place for place in sorted(free) if place - 1 not in free]
        ends = [place{"" if closed else " + 1"} for place in sorted(free) if place + 1 not in free]
        return list(zip(edges, ends))
        """,
        "most": often + "\n        return max(often.values(), default=0)",
        "busiest": often
        + """
        top = max(often.values(), default=0)
        return min((place for place in often if often[place] == top), default=None)
        """,
        "apart": f"""
        taken: set[int] = set()
        kept = []
        for span in {spans}:
            cells = set(range(span[0], span[1]{plus}))
            if not cells & taken:
                taken |= cells
                kept.append(span)
        return kept
        """,
        "covered": cells
        + f"""
        return cells >= set(range({low}, {high}{plus}))
        """,
    }
    absorbed = f"""
        waiting = sorted({spans}, reverse=True)
        {out} = []
        while waiting:
            start, end = waiting.pop()
            while waiting and waiting[-1][0] <= end{f" + {near}" if near else ""}:
                end = max(end, waiting.pop()[1])
            {out}.append((start, end))"""
    apart = absorbed if not slack else absorbed.replace(f" + {near}", " + 1" if closed else "")
    thirds = {
        "merge": f"{absorbed}\n        return {out}",
        "total": f"{absorbed}\n        return sum(end - start for start, end in {out})"
        + (f" + len({out})" if closed else ""),
        "gaps": f"{apart}\n        return [(before{plus}, after{' - 1' if closed else ''}) "
        f"for (_, before), (after, _) in zip({out}, {out}[1:])]",
        "most": f"""
        ends: list[int] = []
        {out} = 0
        for start, end in sorted({spans}):
            while ends and ends[0] {"<" if closed else "<="} start:
                heappop(ends)
            heappush(ends, end)
            {out} = max({out}, len(ends))
        return {out}
        """,
        "busiest": f"""
        def crowd(place: int) -> int:
            return sum(start <= place {"<=" if closed else "<"} end for start, end in {spans})

        return min((start for start, _ in {spans}), key=lambda start: (-crowd(start), start), default=None)
        """,
        "apart": f"""
        if not {spans}:
            return []
        {out} = {name}({spans}[:-1])
        start, end = {spans}[-1]
        if any(start {"<=" if closed else "<"} last and first {"<=" if closed else "<"} end for first, last in {out}):
            return {out}
        return [*{out}, (start, end)]
        """,
        "covered": f"""
        place = {low}
        while place {"<=" if closed else "<"} {high}:
            ends = [end for start, end in {spans} if start <= place {"<=" if closed else "<"} end]
            if not ends:
                return False
            place = max(ends){plus}
        return True
        """,
    }
    solutions = [
        Code(bodies[form], style="sweep" if form == "most" else "sorting"),
        Code(seconds[form], "from collections import Counter" if form in ("most", "busiest") else "", "sets"),
        Code(
            thirds[form],
            "from heapq import heappop, heappush" if form == "most" else "",
            "recursion" if form == "apart" else "loop",
        ),
    ]
    draw.random.shuffle(solutions)
    joined = {
        0: "overlap or are neighbours" if closed else "overlap or touch",
        1: "overlap or have at most 1 number between them" if closed else "overlap, touch or are at most 1 apart",
    }.get(
        slack,
        f"overlap or have at most {slack} numbers between them"
        if closed
        else f"overlap, touch or are at most {slack} apart",
    )
    task = {
        "merge": f"[merge|unite] those of `{spans}` that {joined}, and return the intervals that result, from "
        f"left to right",
        "total": f"[merge|unite] those of `{spans}` that {joined}, and return "
        + ("how many whole numbers the result contains" if closed else "the total length of the result"),
        "gaps": f"[list|find|return] the gaps [inside|between] `{spans}`, as intervals of the same kind, from "
        f"left to right",
        "most": f"[find|return|determine] the greatest number of `{spans}` that overlap at once",
        "busiest": f"[find|return] the smallest whole number that is in as many of `{spans}` as any number is",
        "apart": f"[go through|walk through] `{spans}` in the given order and keep every interval that overlaps "
        f"none of those kept before",
        "covered": f"[tell|decide|check] whether `{spans}` together cover the whole of the interval `({low}, {high})`",
    }[form]
    kind = (
        "An interval `(a, b)` holds all whole numbers from `a` to `b`, both [included|ends included]."
        if closed
        else "An interval `(a, b)` [holds `a` and everything up to `b`, but not `b` itself|begins at `a` "
        "and ends right before `b`]."
    )
    rules = [
        kind,
        {
            "merge": "[Without intervals the result is an empty list.|Without intervals return an empty list.]",
            "total": "[Without intervals the answer is 0.|No intervals give 0.]",
            "gaps": "[A gap is what lies between the intervals and belongs to none; what is before the first or "
            "behind the last is no gap.|"
            "Only what lies between intervals and is in none of them is a gap.]",
            "most": "[Without intervals the answer is 0.|No intervals give 0.]",
            "busiest": "[Without intervals return `None`.|With no intervals the answer is `None`.]",
            "apart": "[Touching is not overlapping|Intervals that only touch do not overlap]."
            if not closed
            else "Two intervals overlap if they have a number in common.",
            "covered": "The intervals may overlap, and may [reach beyond it|go further than needed].",
        }[form],
        "[The intervals come in any order, and each has `a < b`.|They are given in any order; `a` is always less than "
        "`b`.]",
    ]
    if slack:
        rules.append(
            "[Gaps that are closed in this way belong to the result.|"
            "What lies between merged intervals belongs to the result.]"
        )
    wide = draw.number(20, 30)

    def sample(random: Random) -> tuple[list[tuple[int, int]]]:
        found: list[tuple[int, int]] = []
        for _ in range(random.randint(0, 6)):
            start = random.choice(
                (random.randint(0, wide), random.choice(found)[1] + random.choice((0, 1, 2, near)) if found else 1)
            )
            if form == "covered" and random.random() < 0.6:
                start = random.choice(
                    (low, low - 1, low + 1, *(end for _, end in found), *(end + 1 for _, end in found))
                )
            end = start + random.randint(1, 8)
            found.append((start, random.choice((end, end, high if form == "covered" and start < high else end))))
        random.shuffle(found)
        return (found,)

    return Sketch(
        name=name,
        parameters=(
            Parameter(
                spans,
                "list[tuple[int, int]]",
                draw.say(
                    f"intervals `(a, b)` of whole numbers, [the times of {scene.things}|one for every {scene.thing}]"
                ),
            ),
        ),
        returns={"total": "int", "most": "int", "busiest": "int | None", "covered": "bool"}.get(
            form, "list[tuple[int, int]]"
        ),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(
            ([],),
            ([(low, low + 3), (low + 3, high)],),
            ([(low + 4, high), (low, low + 3)],),
            ([(low, high), (low + 2, low + 4), (high + near, high + near + 2)],),
            ([(low - 2, low + 5), (low + 4, high - 1), (high + near + 1, high + near + 3)],),
        ),
    )
