"""A text cut into runs of equal characters: abbreviated, listed, or only those that are long enough."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "strings"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier(f"[text|signal|line|{scene.label} code|pattern|marks]")
    least = draw.pick((1, 2, 2, 3, 4))
    form = draw.pick(("count first", "count last", "marked", "pairs", "lengths", "pieces", "starts"))
    fold = draw.chance(0.3)
    mark = draw.pick("*:=#x")
    backward = draw.chance(0.25)
    name = draw.identifier(
        "[shorten|abbreviate|compact|squeeze] [runs|repeats|text]"
        if form in ("count first", "count last", "marked")
        else "[runs of|long runs of|split runs of|repeats in] [text|characters|line]"
    )
    index, char, out = draw.locals("index", "char", "result", avoid=(text, name, "size"))
    given = f"{text}.lower()" if fold else text
    short = {
        "count first": 'f"{size}{%s}"',
        "count last": 'f"{%s}{size}"',
        "marked": f'f"{{size}}{mark}{{%s}}"',
        "pairs": "(%s, size)",
        "lengths": "size",
        "pieces": "%s * size",
        "starts": "begin",
    }[form]
    of_text = form in ("count first", "count last", "marked")

    def entry(c: str) -> str:
        return short.replace("%s", c)

    whole = {"pairs": "tuple[str, int]", "lengths": "int", "pieces": "str", "starts": "int"}
    returns = "str" if of_text else f"list[{whole[form]}]"
    result = f'"".join({out}[::-1])' if backward else f'"".join({out})'
    if not of_text:
        result = f"{out}[::-1]" if backward else out
    otherwise = (
        f"""
            else:
                {out}.append({char} * size)"""
        if of_text and least > 1
        else ""
    )
    test = f"if size >= {least}:\n                {out}.append({entry(char)}){otherwise}"
    if least == 1:
        test = f"{out}.append({entry(char)})"
    begin = f"begin = {index}\n            " if form == "starts" else ""
    loop = f"""
        {f"source = {given}" if fold else f"source = {text}"}
        {out} = []
        {index} = 0
        while {index} < len(source):
            {char} = source[{index}]
            size = 1
            while {index} + size < len(source) and source[{index} + size] == {char}:
                size += 1
            {begin}{test}
            {index} += size
        return {result}
    """
    grouped = f"""
        {out} = []
        {"begin = 0" if form == "starts" else "# equal neighbours come together"}
        for {char}, same in groupby({given}):
            size = len(list(same))
            {test}
            {"begin += size" if form == "starts" else ""}
        return {result}
    """
    style = draw.pick(("loop", "library"))
    code = Code(loop, style="loop") if style == "loop" else Code(grouped, "from itertools import groupby", style)
    plain = f" if size >= {least} else one * size" if of_text else ""
    keep = f" if size >= {least}" if not of_text else ""
    made = f"({entry('one')}{plain}) for one, size, begin in runs{keep}"
    second = f"""
        runs = [(found[1], len(found[0]), found.start()) for found in re.finditer(r"(?s)(.)\\1*", {given})]
        {"runs.reverse()" if backward else ""}
        return {f'"".join({made})' if of_text else f"[{made}]"}
    """
    told = {
        "count first": "written as its length followed by the character, so that `aaaa` becomes `4a`",
        "count last": "written as the character followed by its length, so that `aaaa` becomes `a4`",
        "marked": f"written as its length, `{mark}` and the character, so that `aaaa` becomes `4{mark}a`",
    }.get(form, "")
    size = {1: "", 2: " of at least 2", 3: " of at least 3", 4: " of 4 or more"}[least]
    if of_text:
        phrase = f"[shorten|abbreviate] {{of}}: [every|each] run of equal characters is {told}".replace(
            "run of", f"run{size}" if least > 1 else "run of"
        )
    else:
        noun = {
            "pairs": "the pairs (character, length) of",
            "lengths": "the lengths of",
            "pieces": "the pieces of text that are",
            "starts": "the positions, counted from 0, at which there begin",
        }[form]
        phrase = f"[list|return|collect] {noun} the runs{size or ' of'} equal characters in {{of}}"
    phrase = draw.say(phrase)
    turned = "; the runs come in reverse order, the last one first" if backward else ""
    folded = "; capital letters count as small ones and are written as small ones" if fold else ""
    lone = of_text and least > 1
    alphabet = "".join(sorted(set(draw.pick(scene.labels))))[: draw.number(2, 4)] + draw.pick(("", "-", " ", "7"))

    def sample(random: Random) -> tuple[str]:
        runs = (random.choice(alphabet) * random.choice((1, 1, least, least, least + 1, 2)) for _ in range(9))
        made = "".join(list(runs)[: random.randint(0, 6)])
        return ("".join(random.choice((c, c.upper())) for c in made) if fold else made,)

    one = alphabet[0]
    phrase += turned + folded + (f"; runs shorter than {least} stay as they are" if lone else "")
    few = "abAB" if fold else "ab"
    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", draw.say(f"[a text|the marks of one {scene.thing}|a line of characters]")),),
        returns=returns,
        task=phrase.format(of=f"`{text}`"),
        step=phrase.replace("so that `aaaa`", "so that aaaa").replace("{of}", "{it}"),
        rules=(
            draw.say(
                "[A run goes as far as it can: its neighbours are different characters.|Runs are as long as possible.]"
            ),
            draw.say("An empty text [has no runs|gives an empty result]."),
        ),
        solution=code,
        second=Code(second, "import re"),
        contract=Contract(
            (
                f"len({text}) <= 3",
                f"all(one in {few!r} for one in {text})",
            ),
            (f"len(result) <= 3 * len({text})",),
        ),
        sample=sample,
        edges=(("",), (one * least + alphabet[1] * (least + 1),), (one * (least + 2) + alphabet[1],)),
    )
