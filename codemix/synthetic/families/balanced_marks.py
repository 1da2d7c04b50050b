"""Brackets that must be closed in the right order: whether they are, where they fail, how deep they go."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "strings"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier("[text|expression|formula|line|code|notation]")
    pairs = draw.random.sample(("()", "[]", "{}", "<>"), draw.number(2, 4))
    form = draw.pick(("whether", "place", "depth", "missing", "pairs"))
    bad = draw.pick((-1, None))
    name = draw.identifier(
        {
            "whether": "[is balanced|brackets match|well nested|properly closed]",
            "place": "[first|find] [bad bracket|bracket error|mismatch|wrong bracket]",
            "depth": "[nesting depth|deepest level|bracket depth|greatest depth]",
            "missing": "[missing|needed|closing] [brackets|ending|closers]",
            "pairs": "[bracket pairs|matching pairs|match brackets|paired places]",
        }[form]
    )
    stack, char, index, out = draw.locals("stack", "char", "index", "result", avoid=(text, name, "closing"))
    closing = "{" + ", ".join(f'"{close}": "{opens}"' for opens, close in map(tuple, pairs)) + "}"
    openings = "{" + ", ".join(f'"{opens}": "{close}"' for opens, close in map(tuple, pairs)) + "}"
    missing = str(bad)
    returns, start, on_open, on_bad, on_close, end = {
        "whether": ("bool", "", f"{stack}.append({char})", "return False", f"{stack}.pop()", f"not {stack}"),
        "place": (
            "int" if bad else "int | None",
            "",
            f"{stack}.append(({char}, {index}))",
            f"return {index}",
            f"{stack}.pop()",
            f"{stack}[0][1] if {stack} else {missing}",
        ),
        "depth": (
            "int" if bad else "int | None",
            f"{out} = 0",
            f"{stack}.append({char})\n                {out} = max({out}, len({stack}))",
            f"return {missing}",
            f"{stack}.pop()",
            f"{missing} if {stack} else {out}",
        ),
        "missing": (
            "str | None",
            "",
            f"{stack}.append(closing[{char}])",
            "return None",
            f"{stack}.pop()",
            f'"".join(reversed({stack}))',
        ),
        "pairs": (
            "list[tuple[int, int]]",
            f"{out} = []",
            f"{stack}.append(({char}, {index}))",
            "return []",
            f"{out}.append(({stack}.pop()[1], {index}))",
            f"[] if {stack} else sorted({out})",
        ),
    }[form]
    with_place = form in ("place", "pairs")
    head = f"for {index}, {char} in enumerate({text}):" if with_place else f"for {char} in {text}:"
    top = f"{stack}[-1][0]" if with_place else f"{stack}[-1]"
    if form == "missing":
        is_open, is_close, wrong = f"{char} in closing", f"{char} in closing.values()", f"{top} != {char}"
        table = openings
    else:
        is_open, is_close, wrong = f"{char} in closing.values()", f"{char} in closing", f"{top} != closing[{char}]"
        table = closing
    body = f"""
        closing = {table}
        {stack} = []
        {start}
        {head}
            if {is_open}:
                {on_open}
            elif {is_close}:
                # it must close what was opened last
                if not {stack} or {wrong}:
                    {on_bad}
                {on_close}
        return {end}
    """
    kinds = " + ".join(f'"{pair}"' for pair in pairs)
    reduced = f"""
        pairs = {tuple(pairs)!r}
        left = [(place, one) for place, one in enumerate({text}) if one in {kinds}]
        met: list[tuple[int, int]] = []
        place = 0
        while place + 1 < len(left):
            (at, one), (then, other) = left[place : place + 2]
            if one + other in pairs:
                met.append((at, then))
                del left[place : place + 2]
                place = max(place - 1, 0)
            else:
                place += 1
    """
    closers = " + ".join(f'"{pair[1]}"' for pair in pairs)
    finish = {
        "whether": "return left == []",
        "place": f"""closed = [at for at, one in left if one in {closers}]
        return closed[0] if closed else min((at for at, _ in left), default={missing})""",
        "depth": f"return {missing} if left else max((sum(a <= at <= b for a, b in met) for at, _ in met), default=0)",
        "missing": f"""if any(one in {closers} for _, one in left):
            return None
        ends = {{pair[0]: pair[1] for pair in pairs}}
        return "".join(ends[one] for _, one in left[::-1])""",
        "pairs": "return [] if left else sorted(met)",
    }[form]
    marks = draw.say("[only the brackets|the brackets are]") + " " + " and ".join(f"`{pair}`" for pair in pairs)
    task = {
        "whether": f"[decide|tell|check] whether every bracket in `{text}` is closed by one of its own kind, in "
        f"the right order",
        "place": f"[find|return] the position, counted from 0, of the first bracket in `{text}` that is wrong",
        "depth": f"[find|return|determine] how deeply the brackets in `{text}` are nested",
        "missing": f"[return|give] the closing brackets that must be appended to `{text}` so that all brackets "
        f"are closed",
        "pairs": f"[list|return] the positions of the brackets in `{text}` that belong together, as (opening, "
        f"closing) pairs",
    }[form]
    rules = {
        "whether": ("[A text without brackets is fine.|Without any bracket the answer is `True`.]",),
        "place": (
            "A closing bracket is wrong if the bracket opened last before it, and still open, is not of its "
            "kind, or if none is open.",
            "If there is no wrong closing bracket, the first one that is never closed counts.",
            f"If everything is closed properly, return `{missing}`.",
        ),
        "depth": (
            f"If the brackets are not closed properly, return `{missing}`.",
            "[A text without brackets has depth 0.|Without brackets the answer is 0.]",
        ),
        "missing": (
            "[If a closing bracket does not fit what was opened last, return `None`.|Where a closing bracket "
            "fits no open one, "
            "or not the last, the answer is `None`.]",
            "If nothing is missing, the result is an empty text.",
        ),
        "pairs": (
            "The pairs are sorted by the opening position, and positions count from 0.",
            "If the brackets do not match properly, or there are none, the result is empty.",
        ),
    }[form]
    alphabet = "".join(pairs)
    label = draw.pick(scene.labels)

    def grown(random: Random, size: int) -> str:
        if size <= 0:
            return random.choice(("", "", label[0], "x"))
        opens, close = tuple(random.choice(pairs))
        inner = random.randint(0, size - 1)
        return opens + grown(random, inner) + close + grown(random, size - 1 - inner)

    def sample(random: Random) -> tuple[str]:
        made = list(grown(random, random.randint(0, 5)))
        for _ in range(random.choice((0, 0, 1, 1, 2))):
            place = random.randint(0, len(made))
            if random.random() < 0.5:
                made[place : place + 1] = []
            else:
                made.insert(place, random.choice(alphabet))
        return ("".join(made),)

    (a, b), (c, d) = tuple(pairs[0]), tuple(pairs[1])
    known = {
        "whether": "result in (True, False)",
        "place": f"result == {bad} or 0 <= result < len({text})",
        "depth": f"result == {bad} or 0 <= 2 * result <= len({text})",
        "missing": f"result is None or len(result) <= len({text})",
        "pairs": f"all(0 <= a < b < len({text}) for a, b in result or ())",
    }[form]
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                text,
                "str",
                draw.say("[a text with brackets|a line that may hold brackets|an expression with brackets]"),
            ),
        ),
        returns=returns,
        task=draw.say(task),
        rules=(
            *map(draw.say, rules),
            f"{marks[0].upper()}{marks[1:]}{' count' if marks.startswith('only') else ''}; all other characters "
            f"are ignored.",
        ),
        solution=Code(body, style="loop"),
        second=Code(f"{reduced.rstrip()}\n        {finish}"),
        contract=Contract((f"len({text}) <= 3",), (known,)),
        sample=sample,
        edges=(
            (label,),
            (f"{a}{c}x{d}{b}{c}{d}",),
            (f"{a}{c}{b}{d}",),
            (f"{a}{c}{d}",),
            (f"{a}{b}{d}",),
            (f"{a}{b}{c}{a}{b}{c}",),
        ),
    )
