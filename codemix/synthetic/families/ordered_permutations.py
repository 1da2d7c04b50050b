"""Arrangements of letters in alphabetical order: the next, the one at a place, the place of one, all that fit."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "recursion"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier("[letters|word|symbols|tiles|text]")
    place = draw.identifier("[place|position|rank|number|k]")
    form = draw.pick(("next", "previous", "at", "rank", "all", "count"))
    base = draw.pick((0, 1))
    missing = draw.pick(("none", "wrap")) if form in ("next", "previous") else "none"
    keep, kept_other, told = draw.pick(
        (
            ("{0} != {0}[::-1]", "list({0}) != list(reversed({0}))", "that do not read the same backwards"),
            (
                "all(a != b for a, b in zip({0}, {0}[1:]))",
                "not any({0}[i - 1] == {0}[i] for i in range(1, len({0})))",
                "in which no two neighbours are equal",
            ),
            (
                "{0}[:1] < {0}[-1:]",
                "bool({0}) and {0}[0] < {0}[-1]",
                "whose first letter comes before their last in the alphabet",
            ),
            (
                "all(a != b for a, b in zip({0}, {1}))",
                "not sum({0}[i] == {1}[i] for i in range(len({1})))",
                "that differ from `{1}` at every place",
            ),
        )
    )
    told = told.format("", text)
    name = draw.identifier(
        {
            "next": "[next|following] [arrangement|permutation|order]",
            "previous": "[previous|preceding] [arrangement|permutation|order]",
            "at": "[arrangement at|permutation at|nth arrangement|kth permutation]",
            "rank": "[rank of|place of|position of] [word|arrangement|permutation]",
            "all": "[arrangements|permutations|orders] [that fit|with condition|allowed]",
            "count": "[count|number of] [arrangements|permutations|orders]",
        }[form]
    )
    out, i, j, char = draw.locals(
        "result", "index", "other_index", "char", avoid=(text, place, name, "symbols", "before")
    )
    forward = form == "next"
    sign = ">=" if forward else "<="
    border = "None" if missing == "none" else f'"".join(sorted({text}{"" if forward else ", reverse=True"}))'
    step = f"""
        symbols = list({text})
        {i} = len(symbols) - 2
        while {i} >= 0 and symbols[{i}] {sign} symbols[{i} + 1]:
            {i} -= 1
        if {i} < 0:
            return {border}
        {j} = len(symbols) - 1
        # the last one that is {"larger" if forward else "smaller"}
        while symbols[{j}] {"<=" if forward else ">="} symbols[{i}]:
            {j} -= 1
        symbols[{i}], symbols[{j}] = symbols[{j}], symbols[{i}]
        return "".join(symbols[: {i} + 1] + symbols[:{i}:-1])
    """
    recursion = """def arrangements(symbols: str) -> list[str]:
    if not symbols:
        return [""]
    found = []
    for one in sorted(set(symbols)):
        at = symbols.index(one)
        found += [one + rest for rest in arrangements(symbols[:at] + symbols[at + 1 :])]
    return found"""
    ranked = f"""
        before = {base}
        for {i}, {char} in enumerate({text}):
            rest = {text}[{i}:]
            for one in set(rest):
                if one < {char}:
                    # those that have the smaller letter here
                    ways = math.factorial(len(rest) - 1)
                    for other in set(rest):
                        ways //= math.factorial(rest.count(other) - (other == one))
                    before += ways
        return before
    """
    fit = keep.format("each", text)
    bodies = {
        "next": (step, "", "loop"),
        "previous": (step, "", "loop"),
        "at": (
            f"""
        {out} = arrangements({text})
        if {base} <= {place} < len({out}){f" + {base}" if base else ""}:
            return {out}[{place}{f" - {base}" if base else ""}]
        return None
        """,
            recursion,
            "recursion",
        ),
        "rank": (ranked, "import math", "counting"),
        "all": (f"return [each for each in arrangements({text}) if {fit}]", recursion, "recursion"),
        "count": (f"return sum(1 for each in arrangements({text}) if {fit})", recursion, "recursion"),
    }
    every = f'every = sorted({{"".join(each) for each in permutations({text})}})'
    other = kept_other.format("each", text)
    past = "None" if missing == "none" else ("every[0]" if forward else "every[-1]")
    seconds = {
        "next": f"at = every.index({text}) + 1\n        return every[at] if at < len(every) else {past}",
        "previous": f"at = every.index({text}) - 1\n        return every[at] if at >= 0 else {past}",
        "at": f"return dict(enumerate(every, {base})).get({place})",
        "rank": f"return every.index({text}) + {base}",
        "all": f"return [each for each in every if {other}]",
        "count": f"return len([each for each in every if {other}])",
    }
    grown = f"""
        {out} = [""]
        for {char} in {text}:
            {out} = sorted({{each[:{i}] + {char} + each[{i}:] for each in {out} for {i} in range(len(each) + 1)}})
        """
    thirds = {
        "next": f"{grown}{j} = bisect_right({out}, {text})\n        return {out}[{j}] if {j} < len({out}) else "
        + ("None" if missing == "none" else f"{out}[0]"),
        "previous": f"{grown}{j} = bisect_left({out}, {text})\n        return {out}[{j} - 1] if {j} > 0 else "
        + ("None" if missing == "none" else f"{out}[-1]"),
        "at": f"{grown}return {out}[{place} - {base}] if 0 <= {place} - {base} < len({out}) else None"
        if base
        else f"{grown}return {out}[{place}] if 0 <= {place} < len({out}) else None",
        "rank": f"{grown}return bisect_left({out}, {text}){f' + {base}' if base else ''}",
        "all": f"{grown}return list(filter(lambda each: {fit}, {out}))",
        "count": f"{grown}return sum({other} for each in {out})",
    }
    bisect = {"next": "right", "previous": "left", "rank": "left"}
    code, before, style = bodies[form]
    solutions = [
        Code(code, before, style),
        Code(f"\n        {every}\n        {seconds[form]}", "from itertools import permutations", "library"),
        Code(thirds[form], f"from bisect import bisect_{bisect[form]}" if form in bisect else ""),
    ]
    draw.random.shuffle(solutions)
    task = {
        "next": f"[find|return] the arrangement of the letters of `{text}` that comes right after `{text}` in "
        f"alphabetical order",
        "previous": f"[find|return] the arrangement of the letters of `{text}` that comes right before `{text}` "
        f"in alphabetical order",
        "at": f"[find|return] the arrangement number `{place}` of the letters of `{text}` in alphabetical order",
        "rank": f"[find|return] the place of `{text}` among all arrangements of its letters in alphabetical order",
        "all": f"[list|return], in alphabetical order, all arrangements of the letters of `{text}` {told}",
        "count": f"[count|return the number of] the arrangements of the letters of `{text}` {told}",
    }[form]
    rules = [
        "An arrangement uses every letter of the text, each as often as it is there; equal letters are not "
        "told apart, so that no arrangement comes twice."
    ]
    first = draw.say(f"[Counting begins with {base}.|The first arrangement has number {base}.]")
    rules += {
        "next": [
            "[After the last one, return `None`.|If there is none, return `None`.]"
            if missing == "none"
            else "[After the last one comes the first again.|The last one is followed by the first.]"
        ],
        "previous": [
            "[Before the first one, return `None`.|If there is none, return `None`.]"
            if missing == "none"
            else "[Before the first one comes the last.|The first one is preceded by the last.]"
        ],
        "at": [first, "[If there is no such number, return `None`.|For any other number the result is `None`.]"],
        "rank": [first],
        "all": ["[If there is none, the result is an empty list.|There may be none.]"],
        "count": ["[If there is none, the answer is 0.|There may be none.]"],
    }[form]
    rules.append("[Letters are small letters from a to z.|There are only small letters.]")
    alphabet = "".join(dict.fromkeys(draw.pick(scene.labels)))[:4]

    def sample(random: Random) -> tuple[Any, ...]:
        made = "".join(random.choice(alphabet) for _ in range(random.randint(1, 5)))
        made = "".join(sorted(made, reverse=random.random() < 0.5)) if random.random() < 0.2 else made
        return (made, random.choice((random.randint(-1, 8), random.randint(0, 30)))) if form == "at" else (made,)

    a, b, c = sorted(alphabet[:3])
    edges: tuple[tuple[Any, ...], ...] = (
        (a,),
        (a + b + c,),
        (c + b + a,),
        (a + b + b + a,),
        (b + a + c + a,),
        (a + a,),
    )
    numbered = tuple((*edge, number) for number, edge in zip((base, 2, 5 + base, 6, 4, base - 1), edges, strict=True))
    two = (Parameter(place, "int", "the number of the wanted arrangement"),) if form == "at" else ()
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                text, "str", draw.say("[at least one letter|some letters, at least one|a word that is not empty]")
            ),
            *two,
        ),
        returns={"rank": "int", "count": "int", "all": "list[str]"}.get(
            form, "str" if missing == "wrap" else "str | None"
        ),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=numbered if form == "at" else edges,
    )
