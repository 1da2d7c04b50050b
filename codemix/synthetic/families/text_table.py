"""Rows written as a table of text: alignment, separators, headings, rules, and what is cut."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "text formatting"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    rows = draw.identifier(f"[rows|entries|{scene.things}|items|pairs]")
    separator, told = draw.pick(
        ((" | ", "' | '"), ("  ", "two blanks"), (" : ", "' : '"), ("; ", "'; '"), (" - ", "' - '"))
    )
    left = draw.pick(("<", ">", "^")) if draw.chance(0.5) else "<"
    right = draw.pick((">", ">", "<"))
    fixed = draw.pick((None, None, draw.number(4, 8)))
    ordered = draw.pick(("", "", "name", "number"))
    total = draw.pick(("", "", "sum", "count"))
    rule = draw.pick(("", "-", "=", "."))
    name = draw.identifier(f"[format|write|render|draw|lay out] [table|{scene.things}|columns|report]")
    lines, width = draw.pick((("lines", "width"), ("out", "wide"), ("written", "size"), ("table", "span")))
    order = {"": rows, "name": f"sorted({rows})", "number": f"sorted({rows}, key=lambda row: (-row[1], row[0]))"}[
        ordered
    ]
    last = {
        "sum": f"\n            {lines}.append(('total', str(sum(number for _, number in {rows}))))",
        "count": f"\n            {lines}.append(('entries', str(len({rows}))))",
    }.get(total, "")
    cut = f"[:{fixed}]" if fixed else ""
    wide = str(fixed) if fixed else f"max(len(label) for label, _ in {lines})"
    measured = "" if fixed else f"\n            {width} = {wide}"
    size = str(fixed) if fixed else f"{{{width}}}"
    ruled = ""
    if rule:
        ruled = f"\n            shown.append('{rule}' * max(map(len, shown)))"
    by_format = f"""
            {lines} = [(label{cut}, str(number)) for label, number in {order}]{last}{measured}
            tall = max(len(number) for _, number in {lines})
            shown = [f"{{label:{left}{size}}}{separator}{{number:{right}{{tall}}}}" for label, number in {lines}]{ruled}
            return "\\n".join(shown)
    """
    methods = {"<": "ljust", ">": "rjust", "^": "center"}
    pad = f"label.{methods[left]}(first)"
    if left == "^":
        # `center` puts an odd space elsewhere than formatting does.
        pad = "' ' * ((first - len(label)) // 2) + label + ' ' * ((first - len(label) + 1) // 2)"
    turn = {
        "": "pass",
        "name": "pairs.sort()",
        "number": "pairs.sort()\n            pairs.sort(key=lambda pair: pair[1], reverse=True)",
    }[ordered]
    extra = {
        "sum": "\n            labels.append('total')"
        "\n            numbers.append(str(sum(number for _, number in pairs)))",
        "count": "\n            labels.append('entries')\n            numbers.append(str(len(pairs)))",
    }.get(total, "")
    ending = f"\n            text += [''.join('{rule}' for _ in range(max([0, *map(len, text)])))]" if rule else ""
    by_hand = f"""
            pairs = list({rows})
            {turn}
            labels = [label{cut} for label, _ in pairs]
            numbers = [str(number) for _, number in pairs]{extra}
            first = {fixed or "max([0, *map(len, labels)])"}
            second = max([0, *map(len, numbers)])
            text = []
            for label, number in zip(labels, numbers):
                number = number.{methods[right]}(second)
                text.append({pad} + "{separator}" + number)
            {ending.strip() or "pass"}
            return "\\n".join(text)
    """
    sides = {"<": "left-aligned", ">": "right-aligned", "^": "centred, an odd space to the right"}
    rules = [
        f"The {scene.label} is {sides[left]}, the number {sides[right]}; they are separated by {told}.",
        f"A {scene.label} is cut after {fixed} characters, or filled up to {fixed} with spaces."
        if fixed
        else "Every column is as wide as its longest entry.",
    ]
    if fixed:
        rules.append("The column of the numbers is as wide as the longest of them.")
    if ordered:
        rules.append(
            f"The rows are sorted by {scene.label} (as given), equal ones by number."
            if ordered == "name"
            else f"The rows are sorted by number, the greatest first, and equal ones by {scene.label} (as given)."
        )
    if total:
        rules.append(
            "A last row has 'total' and the sum of all numbers"
            if total == "sum"
            else "A last row has 'entries' and how many there are"
        )
        rules[-1] += "; it counts for the width, too, and is not cut."
    if rule:
        rules.append(f"At the bottom there is a line of `{rule}` as long as the longest of the others.")
    rules.append(
        draw.say("Lines are separated by line breaks[|, and none follows the last]; there is at least one row.")
    )
    low, high = scene.typical

    def sample(random: Random) -> tuple[list[tuple[str, int]]]:
        pool = (*scene.labels, "ab", "x", "abc")
        return ([(random.choice(pool), random.randint(low, high)) for _ in range(random.randint(1, 4))],)

    a, b, c = scene.labels[:3]
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                rows,
                "list[tuple[str, int]]",
                f"the {scene.label} and the {scene.measure} of each of the {scene.things}",
            ),
        ),
        returns="str",
        task=draw.say(f"[write|format|lay out] `{rows}` as a table of text[, a line for each|]"),
        rules=tuple(rules),
        solution=Code(by_format, style="formatting"),
        second=Code(by_hand),
        sample=sample,
        edges=(([(a, 7)],), ([(b, 12), (a, 5), (c, 12)],), ([("x", 100), ("ab", 20), ("x", 3)],)),
    )
