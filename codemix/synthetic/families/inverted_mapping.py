"""A mapping turned round: from values to keys, with a rule for keys that share a value."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import predicate
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dictionaries"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    table = draw.identifier(
        f"[{scene.measures} by {scene.label}|{scene.label} {scene.measures}|table|register|mapping]"
    )
    rule = draw.pick(("first", "last", "alphabet", "all", "sorted", "count", "only", "raise", "joined"))
    test = predicate(draw, least, greatest) if draw.chance(0.5) else None
    step = draw.pick((0, 0, 5, 10, 20))
    name = draw.identifier(
        f"[invert|turn round|reverse|flip] [{scene.measures}|mapping|table]"
        if draw.chance(0.5)
        else f"{scene.label} by {scene.measure}"
    )
    out, key, item = draw.locals("result", "key", "item", avoid=(table, name, "band"))
    band = f"{item} - {item} % {step}" if step else item
    skip = (
        f"""
            if not ({test.code(item)}):
                continue"""
        if test
        else ""
    )
    target = "band" if step else item
    lead = skip + (f"\n            band = {band}" if step else "")
    only = f" if {test.code(item)}" if test else ""
    update = {
        "first": f"{out}.setdefault({target}, {key})",
        "last": f"{out}[{target}] = {key}",
        "alphabet": f"if {target} not in {out} or {key} < {out}[{target}]:\n                {out}[{target}] = {key}",
        "all": f"{out}.setdefault({target}, []).append({key})",
        "sorted": f"{out}.setdefault({target}, []).append({key})",
        "count": f"{out}[{target}] = {out}.get({target}, 0) + 1",
        "only": f"{out}.setdefault({target}, []).append({key})",
        "raise": f"if {target} in {out}:\n                raise ValueError({key})\n            {out}[{target}] = {key}",
        "joined": f'{out}[{target}] = f"{{{out}[{target}]}}+{{{key}}}" if {target} in {out} else {key}',
    }[rule]
    finish = {
        "sorted": f"{{{item}: sorted({key}) for {item}, {key} in {out}.items()}}",
        "only": f"{{{item}: {key}[0] for {item}, {key} in {out}.items() if len({key}) == 1}}",
    }.get(rule, out)
    plain = {
        "first": "str",
        "last": "str",
        "alphabet": "str",
        "raise": "str",
        "joined": "str",
        "count": "int",
        "only": "list[str]",
    }
    loop = f"""
        {out}: dict[int, {plain.get(rule, "list[str]")}] = {{}}
        for {key}, {item} in {table}.items():{lead}
            {update}
        return {finish}
    """
    short = {
        "last": f"return {{{band}: {key} for {key}, {item} in {table}.items(){only}}}",
        "first": f"return {{{band}: {key} for {key}, {item} in reversed({table}.items()){only}}}",
        "alphabet": f"return {{{band}: {key} for {key}, {item} in sorted({table}.items(), reverse=True){only}}}",
        "count": f"return dict(Counter({band} for {item} in {table}.values(){only}))",
        "all": f"""
            {out} = defaultdict(list)
            for {key}, {item} in {table}.items():{lead}
                {out}[{target}].append({key})
            return dict({out})
        """.replace("\n            if not", "\n                if not")
        .replace("\n                continue", "\n                    continue")
        .replace("\n            band", "\n                band"),
    }
    style, body = draw.pick((("loop", loop), ("library", short.get(rule, loop))))
    before = (
        {"count": "from collections import Counter", "all": "from collections import defaultdict"}.get(rule, "")
        if body != loop
        else ""
    )
    cond = f" if {test.other('one')}" if test else ""
    sharing = {
        "first": "names[0]",
        "last": "names[-1]",
        "alphabet": "min(names)",
        "all": "names",
        "sorted": "sorted(names)",
        "count": "len(names)",
        "only": "names[0]",
        "raise": "names[0]",
        "joined": '"+".join(names)',
    }[rule]
    of = f"one // {step} * {step}" if step else "one"
    check = ""
    if rule == "only":
        check = "\n            if len(names) > 1:\n                continue"
    if rule == "raise":
        check = "\n            if len(names) > 1:\n                raise ValueError(names[1])"
    second = f"""
        pairs = [({of}, name) for name, one in {table}.items(){cond}]
        made = {{}}
        for one, _ in pairs:
            names = [name for other, name in pairs if other == one]{check}
            made[one] = {sharing}
        return made
    """
    value = f"{scene.measure}, rounded down to a multiple of {step}," if step else scene.measure
    only_some = f", [counting|taking] only {scene.measures} that are {test.phrase}" if test else ""
    where = f" in `{table}`{only_some}"
    label = scene.label
    task = {
        "first": f"[map|assign] each {value} to the first {label} with it{where}",
        "last": f"[map|assign] each {value} to the last {label} with it{where}",
        "alphabet": f"[map|assign] each {value} to the alphabetically first {label} with it{where}",
        "all": f"[map|assign] each {value} to the list of the {label} names with it{where}",
        "sorted": f"[map|assign] each {value} to the sorted list of the {label} names with it{where}",
        "count": f"[map|assign] each {value} to the number of {label} names with it{where}",
        "only": f"[map|assign] each {value} that occurs only once to the {label} with it{where}",
        "raise": f"[map|assign] each {value} to the {label} with it{where}",
        "joined": f"[map|assign] each {value} to the {label} names with it, joined by `+`{where}",
    }[rule]
    rules = ["[An empty mapping gives an empty one.|For an empty mapping the result is empty, too.]"]
    if test and step:
        rules.append(
            f"[The condition is for the {scene.measure} itself, before it is rounded.|Rounding comes "
            f"after the condition.]"
        )
    if rule in ("all", "joined", "first", "last"):
        rules.append("[The order is that of the given mapping.|What comes earlier in the mapping is earlier here.]")
    if rule == "raise":
        rules.append(f"If two have the same {value.rstrip(',')}, raise `ValueError`.")

    def sample(random: Random) -> tuple[dict[str, int]]:
        labels = random.sample(scene.labels, random.randint(0, 6))
        pool = [random.randint(least, greatest) for _ in range(7 if rule == "raise" and random.random() < 0.7 else 3)]
        pool += [*(test.borders if test else ()), *([pool[0] - pool[0] % step] if step else [])]
        return ({label: random.choice(pool) for label in labels},)

    a, b, c, d, *_ = scene.labels
    n = test.borders[1] if test else greatest
    return Sketch(
        name=name,
        parameters=(Parameter(table, "dict[str, int]", f"the {scene.measure} of each {label}, in {scene.unit}"),),
        returns={"count": "dict[int, int]", "all": "dict[int, list[str]]", "sorted": "dict[int, list[str]]"}.get(
            rule, "dict[int, str]"
        ),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, before, style),
        second=Code(second),
        raises={"ValueError": f"several have the same {scene.measure}"} if rule == "raise" else {},
        sample=sample,
        edges=(
            ({},),
            ({b: n, a: n, c: n + 1, d: n},),
            ({a: n - 1, c: n, b: n + 2},),
            ({c: greatest, b: least, a: greatest},),
        ),
    )
