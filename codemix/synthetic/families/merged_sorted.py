"""Two sorted lists made into one, with a rule for values that both of them have."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    first, second = draw.pick(
        (("left", "right"), ("first", "second"), ("old", "new"), ("mine", "yours"), ("morning", "evening"), ("a", "b"))
    )
    word = draw.identifier(f"[{scene.measures}|values|list]")
    first, second = draw.pick(((first, second), (f"{first}_{word}", f"{second}_{word}")))
    falling = draw.chance(0.35)
    rule = draw.pick(("all", "once", "pairs", "cancel", "tagged", "limited"))
    limit = draw.number(2, 5)
    name = draw.identifier(f"[merge|combine|join|interleave] [sorted|ordered|ranked] [{scene.measures}|lists|values]")
    i, j, out = draw.locals("index", "other_index", "result", avoid=(first, second, name))
    before = ">" if falling else "<"
    tagged = rule == "tagged"
    take_first = f'("{first}", {first}[{i}])' if tagged else f"{first}[{i}]"
    take_second = f'("{second}", {second}[{j}])' if tagged else f"{second}[{j}]"
    both = {
        "all": f"{out}.append({first}[{i}])\n                {i} += 1",
        "limited": f"{out}.append({first}[{i}])\n                {i} += 1",
        "tagged": f"{out}.append({take_first})\n                {i} += 1",
        "once": f"{out}.append({first}[{i}])\n                {i} += 1\n                {j} += 1",
        "pairs": f"{out}.append(2 * {first}[{i}])\n                {i} += 1\n                {j} += 1",
        "cancel": f"{i} += 1\n                {j} += 1",
    }[rule]
    rest = f"return {out} + {first}[{i}:] + {second}[{j}:]"
    if tagged:
        rest = f"""{out} += [("{first}", item) for item in {first}[{i}:]]
        {out} += [("{second}", item) for item in {second}[{j}:]]
        return {out}"""
    if rule == "limited":
        rest = f"return ({out} + {first}[{i}:] + {second}[{j}:])[:{limit}]"
    stop = f" and len({out}) < {limit}" if rule == "limited" else ""
    loop = f"""
        {out} = []
        {i} = {j} = 0
        while {i} < len({first}) and {j} < len({second}){stop}:
            if {first}[{i}] {before} {second}[{j}]:
                {out}.append({take_first})
                {i} += 1
            elif {second}[{j}] {before} {first}[{i}]:
                {out}.append({take_second})
                {j} += 1
            else:
                # both lists have it
                {both}
        {rest}
    """
    pops = f"""
        {out} = []
        {i}, {j} = {first}[::-1], {second}[::-1]
        while {i} or {j}:
            if {i} and {j} and {i}[-1] == {j}[-1]:
                {{both}}
            elif not {j} or ({i} and {i}[-1] {before} {j}[-1]):
                {out}.append({f'("{first}", {i}.pop())' if tagged else f"{i}.pop()"})
            else:
                {out}.append({f'("{second}", {j}.pop())' if tagged else f"{j}.pop()"})
        return {out}{f"[:{limit}]" if rule == "limited" else ""}
    """.format(
        both={
            "all": f"{out} += [{i}.pop(), {j}.pop()]",
            "limited": f"{out} += [{i}.pop(), {j}.pop()]",
            "tagged": f'{out}.append(("{first}", {i}.pop()))',
            "once": f"{i}.pop()\n                {out}.append({j}.pop())",
            "pairs": f"{out}.append({i}.pop() + {j}.pop())",
            "cancel": f"{i}.pop()\n                {j}.pop()",
        }[rule]
    )
    style, body = draw.pick((("two indices", loop), ("stacks", pops)))
    turn = ", reverse=True" if falling else ""
    counting = f"""
        one, two = Counter({first}), Counter({second})
        made = []
        for item in sorted(one.keys() | two.keys(){turn}):
            {{extend}}
        return {{done}}
    """
    extend, done = {
        "once": ("made += [item] * max(one[item], two[item])", "made"),
        "pairs": (
            "both = min(one[item], two[item])\n            made += [2 * item] * both + [item] * (one[item] + "
            "two[item] - 2 * both)",
            "made",
        ),
        "cancel": ("made += [item] * abs(one[item] - two[item])", "made"),
        "tagged": (f'made += [("{first}", item)] * one[item] + [("{second}", item)] * two[item]', "made"),
        "all": ("made += [item] * (one[item] + two[item])", "made"),
        "limited": ("made += [item] * (one[item] + two[item])", f"made[:{limit}]"),
    }[rule]
    order = "[descending|falling]" if falling else "[ascending|rising]"
    task = {
        "all": f"[merge|combine] `{first}` and `{second}` into one list in the same order",
        "limited": f"[merge|combine] `{first}` and `{second}` in the same order and return the first {limit} "
        f"values of that",
        "once": f"[merge|combine] `{first}` and `{second}` into one list in the same order, where a value of "
        f"one list that meets "
        "an equal one of the other is taken once",
        "pairs": f"[merge|combine] `{first}` and `{second}` in the same order, where a value of one list that meets "
        "an equal one of the other gives one value, their sum, at that place",
        "cancel": f"[merge|combine] `{first}` and `{second}` into one list in the same order, where a value of "
        f"one list and an equal one of "
        "the other cancel each other out",
        "tagged": f"[merge|combine] `{first}` and `{second}` in the same order into pairs of the list's name, "
        f'`"{first}"` or `"{second}"`, and the value',
    }[rule]
    rules = [f"Both lists are sorted in {order} order, and either may be empty."]
    if rule in ("once", "pairs", "cancel"):
        told = {
            "once": "three equal values and two of the same give three",
            "pairs": "three 5s and two 5s give 10, 10, 5",
            "cancel": "three equal values and two of the same leave one",
        }[rule]
        rules.append(
            f"[Each value meets at most one of the other list|Values meet in pairs, one of each list]: {told}."
        )
    if tagged:
        rules.append(f"Among equal values, those of `{first}` [come|stand] first.")
    if rule == "all":
        rules.append("[Equal values are all kept.|Repeated values stay, as often as they occur.]")
    if rule == "limited":
        rules.append("[If there are fewer, return all.|With fewer values in all, return them all.]")
    rules.append("[Do not change the given lists.|The lists that are given stay as they are.]")

    def sample(random: Random) -> tuple[list[int], list[int]]:
        pool = [random.randint(least, greatest) for _ in range(5)]
        one, two = ([random.choice(pool) for _ in range(random.randint(0, 6))] for _ in range(2))
        return sorted(one, reverse=falling), sorted(two, reverse=falling)

    low, mid, high = least, (least + greatest) // 2, greatest
    rows: tuple[tuple[list[int], list[int]], ...] = (
        ([], []),
        ([mid], []),
        ([], [low]),
        ([low, mid, mid, mid, high], [mid, mid, high]),
        ([mid, high], [low, low, mid, high]),
    )
    turned = ", reverse=True" if falling else ""
    return Sketch(
        name=name,
        parameters=(
            Parameter(first, "list[int]", f"sorted {scene.measures} of some {scene.things}, in {scene.unit}"),
            Parameter(
                second, "list[int]", f"sorted {scene.measures} of {draw.say('[other|further|more]')} {scene.things}"
            ),
        ),
        returns="list[tuple[str, int]]" if tagged else "list[int]",
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, style=style),
        second=Code(counting.format(extend=extend, done=done), "from collections import Counter"),
        contract=Contract(
            (
                f"len({first}) <= 2 and len({second}) <= 1",
                f"all(0 <= one <= 2 for one in {first} + {second})",
                f"{first} == sorted({first}{turned}) and {second} == sorted({second}{turned})",
            ),
            (f"len(result) <= len({first}) + len({second})",),
        ),
        sample=sample,
        edges=tuple((sorted(one, reverse=falling), sorted(two, reverse=falling)) for one, two in rows),
    )
