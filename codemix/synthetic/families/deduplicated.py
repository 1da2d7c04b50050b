"""A list without its repeats: what counts as a repeat, which one stays, how many may stay."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    of_words = draw.chance(0.5)
    things = f"{scene.label} names" if of_words else scene.measures
    values = draw.identifier(f"[items|entries|{things}|{'words' if of_words else 'values'}|log]")
    step = draw.number(3, 10)
    if of_words:
        keyed, other, told = draw.pick(
            (
                ("{x}", "{x}", ""),
                ("{x}.lower()", "{x}.casefold()", "[if case is ignored|, ignoring case]"),
                ("{x}[0]", "{x}[:1]", "[if only first letters are compared|, going by first letters]"),
                ("len({x})", "sum(1 for _ in {x})", "[if only lengths are compared|, going by length]"),
                ("{x}[-1]", "{x}[::-1][:1]", "[if only last letters are compared|, going by last letters]"),
            )
        )
    else:
        keyed, other, told = draw.pick(
            (
                ("{x}", "{x}", ""),
                ("abs({x})", "max({x}, -{x})", "[if the sign is ignored|, ignoring the sign]"),
                (
                    f"{{x}} % {step}",
                    f"{{x}} - {{x}} // {step} * {step}",
                    f"[if only remainders by {step} are compared|, going by the remainder when divided by {step}]",
                ),
                (
                    f"{{x}} // {step}",
                    f"({{x}} - {{x}} % {step}) // {step}",
                    f"[if both are divided by {step} and rounded down|, after dividing by {step} and rounding down]",
                ),
            )
        )
    told = draw.say(told)
    told = told if told.startswith(",") or not told else f" {told}"
    rule = draw.pick(("first", "last", "neighbours", "most", "single", "removed", "recent"))
    most = draw.number(2, 3)
    gap = draw.number(2, 4)
    name = draw.identifier(
        f"[drop|remove|skip|without] [repeats|duplicates|repeated {'names' if of_words else 'values'}]"
        if rule not in ("single", "removed")
        else "[single|unrepeated|lonely] [values|items]"
        if rule == "single"
        else "[later|surplus] [repeats|copies]"
    )
    out, item, seen, key, counts = draw.locals("result", "item", "seen", "key", "counts", avoid=(values, name))
    k, q = keyed.format(x=item), other.format
    bodies = {
        "first": f"""
            {seen} = set()
            {out} = []
            for {item} in {values}:
                if {k} not in {seen}:
                    {seen}.add({k})
                    {out}.append({item})
            return {out}
        """,
        "last": f"""
            {seen} = set()
            {out} = []
            # from the end, so that the last one is met first
            for {item} in reversed({values}):
                if {k} not in {seen}:
                    {seen}.add({k})
                    {out}.append({item})
            return {out}[::-1]
        """,
        "neighbours": f"""
            {out} = []
            for {item} in {values}:
                if not {out} or {keyed.format(x=f"{out}[-1]")} != {k}:
                    {out}.append({item})
            return {out}
        """,
        "most": f"""
            {counts} = {{}}
            {out} = []
            for {item} in {values}:
                {key} = {k}
                {counts}[{key}] = {counts}.get({key}, 0) + 1
                if {counts}[{key}] <= {most}:
                    {out}.append({item})
            return {out}
        """,
        "single": f"""
            {counts} = Counter({k} for {item} in {values})
            return [{item} for {item} in {values} if {counts}[{k}] == 1]
        """,
        "removed": f"""
            {seen} = set()
            {out} = []
            for {item} in {values}:
                if {k} in {seen}:
                    {out}.append({item})
                {seen}.add({k})
            return {out}
        """,
        "recent": f"""
            {out} = []
            for place, {item} in enumerate({values}):
                earlier = {values}[max(0, place - {gap}) : place]
                if {k} not in [{keyed.format(x="one")} for one in earlier]:
                    {out}.append({item})
            return {out}
        """,
    }
    by = "" if keyed == "{x}" else f", key=lambda {item}: {k}"
    short = {
        "first": f"""
            {seen} = {{}}
            for {item} in {values}:
                {seen}.setdefault({k}, {item})
            return list({seen}.values())
        """
        if keyed != "{x}"
        else f"return list(dict.fromkeys({values}))",
        "last": f"""
            {seen} = {{{k}: {key} for {key}, {item} in enumerate({values})}}
            return [{values}[{key}] for {key} in sorted({seen}.values())]
        """,
        "neighbours": f"""
            return [next({out}) for _, {out} in groupby({values}{by})]
        """,
    }
    style, body = draw.pick((("loop", bodies[rule]), ("library", short.get(rule, bodies[rule]))))
    before = {"single": "from collections import Counter"}.get(
        rule, "from itertools import groupby" if "groupby" in body else ""
    )
    condition = {
        "first": "keys.index(keys[place]) == place",
        "last": "keys[place] not in keys[place + 1 :]",
        "neighbours": "place == 0 or keys[place - 1] != keys[place]",
        "most": f"keys[:place].count(keys[place]) < {most}",
        "single": "keys.count(keys[place]) < 2",
        "removed": "keys[place] in keys[:place]",
        "recent": f"not any(keys[place] == keys[place - back] for back in range(1, {gap + 1}) if place - back >= 0)",
    }[rule]
    second = f"""
        keys = [{q(x="one")} for one in {values}]
        return [one for place, one in enumerate({values}) if {condition}]
    """
    noun = "name" if of_words else "value"
    equal = f"equal{told}"
    task = {
        "first": f"[keep|return] only the first of any {noun}s in `{values}` that are {equal}",
        "last": f"[keep|return] only the last of any {noun}s in `{values}` that are {equal}",
        "neighbours": f"[keep|return] only the first of each stretch of neighbouring {noun}s in `{values}` that "
        f"are {equal}",
        "most": f"[keep|return] at most the first {most} of any {noun}s in `{values}` that are {equal}",
        "single": f"[keep|return] only those {noun}s in `{values}` that have no other that is {equal}",
        "removed": f"[list|return] those {noun}s in `{values}` before which there is one that is {equal}",
        "recent": f"leave out each {noun} in `{values}` for which one of the {gap} places right before it in "
        f"`{values}` holds one that is {equal}",
    }[rule]
    phrase = draw.say(task)
    rules = [
        "[The others keep their order.|What is returned has the order of the given list.|The order is not changed.]",
        "[For an empty list the result is empty.|An empty list gives an empty list.]",
    ]
    if rule == "recent":
        rules.append(f"What was left out before still counts as one of the {gap}.")
    least, greatest = scene.typical

    def sample(random: Random) -> tuple[list]:
        if of_words:
            pool = random.sample(scene.labels, 4)
            return (
                [random.choice((one, one, one.capitalize())) for one in random.choices(pool, k=random.randint(0, 9))],
            )
        amounts = [random.randint(least, greatest) for _ in range(3)]
        amounts += [-amounts[0], amounts[0] + step, amounts[1] + 1, amounts[1] - amounts[1] % step]
        return (random.choices(amounts, k=random.randint(0, 9)),)

    one, two = scene.labels[:2]
    edges: tuple[tuple[list], ...]
    if of_words:
        edges = (
            ([],),
            ([one, one, two, one.upper(), two, one],),
            ([one, two, two, one, two, two, one],),
            ([*scene.labels[:5], *scene.labels[:2]],),
        )
    else:
        n = greatest
        edges = (
            ([],),
            ([n, -n, n, n + step, n],),
            ([n, n - 1, n - 1, n, n - 1, n + 1, n],),
            ([n, n + 1, n + 2, n + 3, n + 4, n, n + 1, n, n],),
        )
    numbers = f"the {scene.measures} of the {scene.things}, in {scene.unit}"
    few = ("a", "A", "ab") if of_words else (-1, 1, step)
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                values, "list[str]" if of_words else "list[int]", f"names of {scene.things}" if of_words else numbers
            ),
        ),
        returns="list[str]" if of_words else "list[int]",
        task=phrase,
        step="" if of_words or rule == "recent" else phrase.replace(f"`{values}`", "{it}"),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, before, style),
        second=Code(second),
        contract=Contract(
            (
                f"len({values}) <= 3",
                f"all(one in {few} for one in {values})",
            ),
            (f"len(result) <= len({values})", f"all(one in {values} for one in result)"),
        ),
        sample=sample,
        edges=edges,
    )
