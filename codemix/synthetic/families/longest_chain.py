"""The longest subsequence, or stretch, whose neighbours satisfy a relation: its length or itself."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    values = draw.identifier(f"[{scene.measures}|values|series|history|{scene.measure} log]")
    gap = draw.number(2, max(3, (greatest - least) // 6))
    relation, other, told = draw.pick(
        (
            ("{a} < {b}", "{b} - {a} > 0", "each is greater than the one before"),
            ("{a} <= {b}", "not {a} > {b}", "none is smaller than the one before"),
            ("{a} > {b}", "{b} - {a} < 0", "each is smaller than the one before"),
            ("{a} >= {b}", "not {a} < {b}", "none is greater than the one before"),
            (f"{{b}} - {{a}} >= {gap}", f"not {{a}} + {gap} > {{b}}", f"each exceeds the one before by at least {gap}"),
            (
                f"{{a}} - {{b}} >= {gap}",
                f"not {{b}} + {gap} > {{a}}",
                f"each is lower than the one before by at least {gap}",
            ),
            (
                f"abs({{a}} - {{b}}) <= {gap}",
                f"-{gap} <= {{a}} - {{b}} <= {gap}",
                f"neighbours differ by at most {gap}",
            ),
            ("{a} % 2 != {b} % 2", "({a} + {b}) % 2 == 1", "even and odd numbers alternate"),
            (
                f"({{a}} + {{b}}) % {gap} != 0",
                f"not ({{a}} + {{b}}) % {gap} == 0",
                f"no two neighbours have a sum divisible by {gap}",
            ),
        )
    )
    contiguous = draw.chance(0.5)
    table, i, j = draw.locals("table", "index", "other_index", avoid=(values,))
    result = draw.pick(("length", "stretch", "count") if contiguous else ("length", "removed"))
    step = relation.format(a=f"{values}[{i} - 1]", b=f"{values}[{i}]")
    pair = relation.format(a=f"{values}[{j}]", b=f"{values}[{i}]")
    minimum = draw.number(2, 3)
    if contiguous:
        finish = {"length": "best", "stretch": f"{values}[first:first + best]", "count": "runs"}[result]
        if result == "count":
            body = f"""
                runs, length = 0, 1
                for {i} in range(1, len({values})):
                    length = length + 1 if {step} else 1
                    # a stretch counts when it has just become long enough
                    if length == {minimum}:
                        runs += 1
                return runs
            """
            last = f"return sum(len(run) >= {minimum} for run in runs)"
        else:
            keep = "\n                        first = start" if result == "stretch" else ""
            begin = "best = start = first = 0" if result == "stretch" else "best = start = 0"
            body = f"""
                {begin}
                for {i} in range(len({values})):
                    if {i} > 0 and not ({step}):
                        start = {i}
                    if {i} - start + 1 > best:
                        best = {i} - start + 1{keep}
                return {finish}
            """
            last = (
                "return max(map(len, runs), default=0)"
                if result == "length"
                else "return max(runs, key=len, default=[])"
            )
        second = f"""
            runs: list[list[int]] = []
            for one in {values}:
                if runs and {other.format(a="runs[-1][-1]", b="one")}:
                    runs[-1].append(one)
                else:
                    runs.append([one])
            {last}
        """
    else:
        finish = f"max({table}, default=0)" if result == "length" else f"len({values}) - max({table}, default=0)"
        body = f"""
            {table}: list[int] = []
            for {i} in range(len({values})):
                {table}.append(1 + max(({table}[{j}] for {j} in range({i}) if {pair}), default=0))
            return {finish}
        """
        second = f"""
            def longest(place: int, last: int | None) -> int:
                if place == len({values}):
                    return 0
                best = longest(place + 1, last)
                if last is None or {other.format(a="last", b=f"{values}[place]")}:
                    best = max(best, 1 + longest(place + 1, {values}[place]))
                return best

            return {"longest(0, None)" if result == "length" else f"len({values}) - longest(0, None)"}
        """
    unbroken = "[consecutive values|neighbouring values|adjacent values]"
    kind = f"stretch of {unbroken}" if contiguous else "subsequence"
    phrase = {
        "length": f"[find|return|determine] the [length of the longest|greatest length of a] {kind} of {{it}} "
        f"in which {told}",
        "stretch": f"[find|return] the longest stretch of {unbroken} of {{it}} in which {told}, the first of "
        f"equally long ones",
        "count": f"[count|find the number of] the longest possible stretches of at least {minimum} {unbroken} "
        f"of {{it}} in which {told}",
        "removed": f"[find|return] the smallest number of values to [remove from|delete from|strike out of] "
        f"{{it}} so that [in what is left|in the rest] {told}",
    }[result]
    what = draw.say(phrase)
    empty = "[]" if result == "stretch" else "0"
    name = draw.identifier(
        {
            "length": "[longest|greatest length of]",
            "stretch": "[longest|first longest]",
            "count": "[count|number of]",
            "removed": "[removals for|deletions for|fewest removals for]",
        }[result]
        + (" [run|stretch|streak]" if contiguous else " [chain|subsequence|sequence]")
    )

    def sample(random: Random) -> tuple[list[int]]:
        found: list[int] = []
        for _ in range(random.randint(0, 8)):
            if found and random.random() < 0.6:
                found.append(found[-1] + random.choice((-gap - 1, -gap, -1, 0, 1, gap - 1, gap, gap + 1)))
            else:
                found.append(random.randint(least, greatest))
        return (found,)

    known = f"all(one in {values} for one in result)" if result == "stretch" else f"0 <= result <= len({values})"
    return Sketch(
        name=name,
        parameters=(
            Parameter(values, "list[int]", f"the {scene.measures} of successive {scene.things}, in {scene.unit}"),
        ),
        returns="list[int]" if result == "stretch" else "int",
        task=what.format(it=f"`{values}`"),
        step=what.format(it="{it}") if contiguous else "",
        rules=(draw.say(f"[An empty list gives|Without values the result is|For an empty list return] `{empty}`."),)
        + (
            ()
            if contiguous
            else (
                draw.say(
                    "[A subsequence keeps the order, and may leave out values anywhere.|The values keep their order.]"
                ),
            )
        ),
        solution=Code(body, style="loop"),
        second=Code(second),
        contract=Contract((f"len({values}) <= 3",), (known,)),
        sample=sample,
        edges=(([],), ([greatest],), ([least, least + gap, least + gap, least, least - gap],)),
    )
