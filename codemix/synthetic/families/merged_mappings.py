"""Two mappings made into one, with a rule for keys that both have and for those that only one has."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dictionaries"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    one, two = draw.pick(
        (("old", "new"), ("first", "second"), ("left", "right"), ("base", "extra"), ("monday", "tuesday"))
    )
    if draw.chance(0.5):
        word = draw.identifier(f"[{scene.measures}|table|values]")
        one, two = f"{one}_{word}", f"{two}_{word}"
    name = draw.identifier(f"[merge|combine|unite|join] [{scene.measures}|tables|mappings]")
    out, key, item = draw.locals("result", "key", "item", avoid=(one, two, name))
    a, b = f"{one}[{key}]", f"{two}[{key}]"
    factor = draw.number(2, 4)
    both, other, told = draw.pick(
        (
            (f"{a} + {b}", "sum(pair)", "the sum of both values"),
            (f"{b}", "pair[-1]", f"the value of `{two}`"),
            (f"{a}", "pair[0]", f"the value of `{one}`"),
            (f"max({a}, {b})", "sorted(pair)[-1]", "the larger of both values"),
            (f"min({a}, {b})", "sorted(pair)[0]", "the smaller of both values"),
            (f"({a} + {b}) // 2", "(sum(pair) - sum(pair) % 2) // 2", "the mean of both values, rounded down"),
            (f"{b} - {a}", "-(pair[0] - pair[1])", f"the value of `{two}` minus that of `{one}`"),
            (
                f"{a} + {factor} * {b}",
                f"sum(pair) + pair[1] * {factor - 1}",
                f"the value of `{one}` plus {factor} times that of `{two}`",
            ),
        )
    )
    only_one = draw.pick(("keep", "keep", "drop", "negate", "zero"))
    only_two = draw.pick(("keep", "keep", "drop", "negate", "zero"))
    limit = draw.number(least + 1, greatest)
    cut = draw.pick(("", "", ">=", "<", "nonzero"))
    if cut in (">=", "nonzero"):  # zeros would be left out in the end
        only_one, only_two = (rule.replace("zero", "drop") for rule in (only_one, only_two))
    changes = {"keep": "{}", "negate": "-{}", "zero": "0"}

    def alone(rule: str, mine: str, name: str) -> str:
        return {
            "keep": f"Keys that only `{name}` has [keep|retain] their value.",
            "drop": f"Keys that only `{name}` has are [left out|not in the result].",
            "negate": f"Keys that only `{name}` has [get|are given] their value with the sign changed.",
            "zero": f"Keys that only `{name}` has [get|are given] the value 0.",
        }[rule]

    first = (
        ""
        if only_one == "drop"
        else f"""
            else:
                {out}[{key}] = {changes[only_one].format(a)}"""
    )
    last = (
        ""
        if only_two == "drop"
        else f"""
        for {key} in {two}:
            if {key} not in {one}:
                {out}[{key}] = {changes[only_two].format(b)}"""
    )
    keeps = {"": "", ">=": f" if {item} >= {limit}", "<": f" if {item} < {limit}", "nonzero": f" if {item} != 0"}[cut]
    finish = f"{{{key}: {item} for {key}, {item} in {out}.items(){keeps}}}" if keeps else out
    loop = f"""
        {out} = {{}}
        for {key} in {one}:
            if {key} in {two}:
                # both have it
                {out}[{key}] = {both}{first}{last}
        return {finish}
    """
    parts = [f"{{{key}: {both} for {key} in {one} if {key} in {two}}}"]
    if only_one != "drop":
        parts.append(f"{{{key}: {changes[only_one].format(a)} for {key} in {one} if {key} not in {two}}}")
    if only_two != "drop":
        parts.append(f"{{{key}: {changes[only_two].format(b)} for {key} in {two} if {key} not in {one}}}")
    joined = f"""
        {out} = {" | ".join(parts)}
        return {finish}
    """
    style, body = draw.pick((("loop", loop), ("comprehension", joined)))
    skip = {"": "", ">=": f"made[label] < {limit}", "<": f"made[label] >= {limit}", "nonzero": "not made[label]"}[cut]
    removed = (
        f"""
        for label in list(made):
            if {skip}:
                del made[label]"""
        if skip
        else ""
    )
    second = f"""
        made = {{}}
        for label in sorted({{*{one}, *{two}}}):
            pair = [table[label] for table in ({one}, {two}) if label in table]
            if len(pair) == 2:
                made[label] = {other}
            elif label in {one}:
                {"continue" if only_one == "drop" else f"made[label] = {changes[only_one].format('pair[0]')}"}
            else:
                {"continue" if only_two == "drop" else f"made[label] = {changes[only_two].format('pair[0]')}"}{removed}
        return made
    """
    ending = {
        "": "",
        ">=": f"[Finally leave out everything below {limit}.|What ends up below {limit} is left out.]",
        "<": f"[Finally leave out everything of {limit} or more.|What ends up at {limit} or more is left out.]",
        "nonzero": "[Finally leave out all zeros.|Whatever ends up as 0 is left out.]",
    }[cut]
    rules = [f"A key that both have gets {told}.", alone(only_one, a, one), alone(only_two, b, two)]
    rules += [ending] if ending else []
    rules.append("[The given dictionaries are not changed.|Do not change what is given.]")

    def sample(random: Random) -> tuple[dict[str, int], dict[str, int]]:
        labels = random.sample(scene.labels, 5)
        pool = [0, limit, limit - 1, limit + 1, -limit, *(random.randint(least, greatest) for _ in range(4))]
        left, right = (random.sample(labels, random.randint(0, 4)) for _ in range(2))
        return {each: random.choice(pool) for each in left}, {each: random.choice(pool) for each in right}

    x, y, z, w, *_ = scene.labels
    return Sketch(
        name=name,
        parameters=(
            Parameter(one, "dict[str, int]", f"the {scene.measure} of each {scene.label}, in {scene.unit}"),
            Parameter(
                two,
                "dict[str, int]",
                draw.say("[further values of the same kind|further such values|another such mapping]"),
            ),
        ),
        returns="dict[str, int]",
        task=draw.say(f"[merge|combine] `{one}` and `{two}` into one [dictionary|mapping]"),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, style=style),
        second=Code(second),
        sample=sample,
        edges=(
            ({}, {}),
            ({x: limit}, {}),
            ({}, {y: limit}),
            ({x: limit + 1, y: limit, z: limit - 1}, {y: limit - 1, w: limit + 2, z: limit + 1}),
        ),
    )
