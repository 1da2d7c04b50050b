"""The most frequent words of a text, with a rule for ties and for what counts as a word."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "strings"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    text = draw.identifier("[text|note|report|line|summary|message]")
    most = draw.number(1, 3)
    shortest = draw.pick((1, 1, 4, 5))
    tie = draw.pick(("alphabet", "seen", "length", "reverse"))
    form = draw.pick(("words", "pairs", "at least", "rest"))
    most += form == "at least"
    dots = draw.chance(0.4)
    rare = draw.chance(0.3)
    name = draw.identifier(
        f"[{'rare' if rare else 'frequent'}|{'rarest' if rare else 'top'}|ranked] [words|terms|{scene.label} names]"
    )
    counts, word, out = draw.locals("counts", "word", "result", avoid=(text, name))
    cleaned = f'{text}.lower().replace(".", " ").replace(",", " ").split()' if dots else f"{text}.lower().split()"
    sign = "" if rare else "-"
    rank = {
        "alphabet": f"({sign}{counts}[{word}], {word})",
        "seen": f"{sign}{counts}[{word}]",
        "length": f"({sign}{counts}[{word}], -len({word}), {word})",
        "reverse": f"({sign}{counts}[{word}], {word}[::-1])",
    }[tie]
    returns, result = {
        "words": ("list[str]", f"{out}[:{most}]"),
        "pairs": ("list[tuple[str, int]]", f"[({word}, {counts}[{word}]) for {word} in {out}[:{most}]]"),
        "at least": ("list[str]", f"[{word} for {word} in {out} if {counts}[{word}] >= {most}]"),
        "rest": ("list[str]", f"{out}[{most}:]"),
    }[form]
    long_enough = f"len({word}) >= {shortest}"
    counted = (
        f"""
            if {long_enough}:
                {counts}[{word}] = {counts}.get({word}, 0) + 1"""
        if shortest > 1
        else f"""
            {counts}[{word}] = {counts}.get({word}, 0) + 1"""
    )
    loop = f"""
        {counts}: dict[str, int] = {{}}
        for {word} in {cleaned}:{counted}
        {out} = sorted({counts}, key=lambda {word}: {rank})
        return {result}
    """
    only = f" if {long_enough}" if shortest > 1 else ""
    library = f"""
        {counts} = Counter({f"{word} for {word} in {cleaned}{only}" if only else cleaned})
        {out} = sorted({counts}, key=lambda {word}: {rank})
        return {result}
    """
    # without the counts in the result, a count that is always off by one would be as good
    style = draw.pick(("loop", "library")) if form in ("pairs", "at least") else "library"
    code = Code(loop) if style == "loop" else Code(library, "from collections import Counter", style)
    before = {
        "alphabet": "sorted(set(every))",
        "seen": "list(dict.fromkeys(every))",
        "length": "sorted(sorted(set(every)), key=len, reverse=True)",
        "reverse": "sorted(set(every), key=lambda one: one[::-1])",
    }[tie]
    found = r'r"[^\s.,]+"' if dots else r'r"\S+"'
    last = {
        "words": f"[one for _, one in pairs][:{most}]",
        "pairs": f"[(one, size) for size, one in pairs][:{most}]",
        "at least": f"[one for size, one in pairs if not size < {most}]",
        "rest": f"[one for place, (_, one) in enumerate(pairs) if place >= {most}]",
    }[form]
    second = f"""
        every = [one for one in re.findall({found}, {text}.lower()) if not len(one) < {shortest}]
        distinct = {before}
        pairs = []
        for size in {"range(1, len(every) + 1)" if rare else "range(len(every), 0, -1)"}:
            pairs += [(size, one) for one in distinct if every.count(one) == size]
        return {last}
    """
    superlative = "[rarest|least frequent]" if rare else "[most frequent|most common]"
    plural = f"{superlative} word" if most == 1 else f"{most} {superlative} words"
    direction = "rarest first" if rare else "most frequent first"
    task = {
        "words": f"[return|find|list] the {plural} of `{text}`, as a list, {direction}",
        "pairs": f"[return|list] the {plural} of `{text}` with how often "
        f"{'it occurs' if most == 1 else 'they occur'}, as (word, count) pairs, {direction}",
        "at least": f"[return|list] the words that occur at least {most} times in `{text}`, {direction}",
        "rest": f"[return|list] all words of `{text}`, {direction}, but without the first "
        f"{'one' if most == 1 else most} of that order",
    }[form]
    ties = {
        "alphabet": "Words that are equally frequent stand in alphabetical order.",
        "seen": "Words that are equally frequent stand in the order in which they first occur.",
        "length": "Among equally frequent words the longer one comes first, and among equally long ones the "
        "alphabetically first.",
        "reverse": "Equally frequent words are ordered by their letters read backwards: `olive` by `evilo`.",
    }[tie]
    rules = [
        ties,
        "Case is ignored: all words are [counted and returned|taken] in lower case.",
        "Words are separated by white space, and full stops and commas are not part of them."
        if dots
        else "[Words are whatever white space separates.|A word is anything between white space.]",
        "[A text without such words|A text without any] gives an empty list.",
    ]
    if form in ("words", "pairs"):
        rules.append("[If there are fewer, return all of them.|Where there are fewer, all are returned.]")
    if shortest > 1:
        rules.append(
            f"[Only words of at least {shortest} letters count.|Words of fewer than {shortest} characters are "
            f"left out.]"
        )
    long = [label for label in scene.labels if len(label) >= shortest]
    pool = [*draw.random.sample(long, 4), *draw.random.sample(("a", "the", "from", "with", "again", "there"), 3)]
    padded = [one.ljust(shortest, "s")[:shortest] for one in pool[:1]] + [pool[0][: max(1, shortest - 1)]]

    def sample(random: Random) -> tuple[str]:
        some = random.sample([*pool, *padded], random.randint(1, 7))
        picked = [random.choice(some) for _ in range(random.randint(0, 12))]
        shaped = [random.choice((one, one, one.capitalize())) for one in picked]
        marked = [one + random.choice((",", ".", "")) if dots else one for one in shaped]
        return (random.choice((" ", " ", "  ")).join(marked),)

    a, b, c, d = pool[:4]
    return Sketch(
        name=name,
        parameters=(Parameter(text, "str", draw.say(f"[a short text about {scene.things}|a line of words|a note]")),),
        returns=returns,
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=code,
        second=Code(second, "import re"),
        sample=sample,
        edges=(
            ("",),
            (f"{a} {b} {c} {d} {b} {a} {c}",),
            (f"{b.upper()} {b} {a} {c} {a} {b} {d}",),
            (f"{d} {d} {c} {c} {b} {b} {a} {a} {a[:-1]}",),
        ),
    )
