"""The longest stretch of neighbours in a list that stand in some relation to each other."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    values = draw.identifier(f"[values|{scene.measures}|series|daily {scene.measures}|history]")
    gap = draw.number(1, max(2, (greatest - least) // 5))
    holds, broken, told, word = draw.pick(
        (
            ("{a} < {b}", "{b} - {a} <= 0", "each is larger than the one before", "rising"),
            ("{a} <= {b}", "{a} - {b} > 0", "none is smaller than the one before", "growing"),
            ("{a} > {b}", "{a} - {b} <= 0", "each is smaller than the one before", "falling"),
            ("{a} >= {b}", "{b} - {a} > 0", "none is larger than the one before", "shrinking"),
            ("{a} == {b}", "{a} - {b} != 0", "all are equal", "constant"),
            ("{a} != {b}", "{a} - {b} == 0", "no two neighbours are equal", "changing"),
            (
                "abs({a} - {b}) <= {gap}",
                "{a} - {b} not in range(-{gap}, {gap} + 1)",
                "neighbours differ by at most {gap}",
                "steady",
            ),
            (
                "abs({a} - {b}) >= {gap}",
                "{a} - {b} in range(1 - {gap}, {gap})",
                "neighbours differ by at least {gap}",
                "jumping",
            ),
            ("{a} % 2 != {b} % 2", "({a} + {b}) % 2 == 0", "odd and even values alternate", "alternating"),
            ("{a} % 2 == {b} % 2", "({a} + {b}) % 2 == 1", "all are odd or all are even", "uniform"),
            ("{b} == {a} + 1", "{b} - {a} != 1", "each is the one before plus 1", "consecutive"),
        )
    )
    told = told.format(gap=gap)
    form = draw.pick(("length", "stretch", "place", "sum", "all"))
    last = draw.chance(0.4) and form in ("stretch", "place", "sum")
    least_size = draw.number(2, 3)
    name = draw.identifier(
        f"[longest|greatest|best] {word} [run|streak|stretch|phase]"
        if form != "all"
        else f"[{word}] [runs|streaks|stretches]"
    )
    start, index, best, out = draw.locals("left", "index", "best", "result", avoid=(values, name, "size"))
    relation = holds.format(a=f"{values}[{index} - 1]", b=f"{values}[{index}]", gap=gap)
    better = ">=" if last else ">"
    finish = {
        "length": f"{best}[1]",
        "stretch": f"{values}[{best}[0] : sum({best})]",
        "place": best,
        "sum": f"sum({values}[{best}[0] : sum({best})])",
    }.get(form, out)
    scan = f"""
        {best} = (0, 0)
        {start} = 0
        for {index} in range(len({values})):
            # a stretch ends where the relation fails
            if {index} > 0 and not {relation if "==" not in relation and "!=" not in relation else f"({relation})"}:
                {start} = {index}
            if {index} + 1 - {start} {better} {best}[1]:
                {best} = ({start}, {index} + 1 - {start})
        return {finish}
    """
    collected = f"""
        {out} = []
        for {index} in range(len({values})):
            if {index} > 0 and {relation}:
                {out}[-1].append({values}[{index}])
            else:
                {out}.append([{values}[{index}]])
        return {{ending}}
    """
    ending = {
        "length": f"max(map(len, {out}), default=0)",
        "stretch": f"max({f'reversed({out})' if last else out}, key=len, default=[])",
        "sum": f"sum(max({f'reversed({out})' if last else out}, key=len, default=[]))",
        "all": f"[{best} for {best} in {out} if len({best}) >= {least_size}]",
    }
    options = [("pieces", collected.format(ending=ending[form]))] if form in ending else []
    if form != "all":
        options.append(("scan", scan))
    style, body = draw.pick(options)
    fails = broken.format(a=f"{values}[i]", b=f"{values}[i + 1]", gap=gap)
    pick = f"(one[1] - one[0], {'' if last else '-'}one[0])"
    second = f"""
        cuts = [0, *(i + 1 for i in range(len({values}) - 1) if {fails}), len({values})]
        spans = [(a, b) for a, b in zip(cuts, cuts[1:]) if a < b]
        {
        f"return [{values}[a:b] for a, b in spans if b - a > {least_size - 1}]"
        if form == "all"
        else f"a, b = max(spans, key=lambda one: {pick}, default=(0, 0))"
    }
        {{end}}
    """.format(
        end={
            "length": "return b - a",
            "stretch": f"return {values}[a:b]",
            "place": "return a, b - a",
            "sum": f"return sum({values}[a:b])",
            "all": "",
        }[form]
    )
    stretch = f"[stretch|run] of neighbouring values in {{of}} in which {told}"
    phrase = {
        "length": f"[find|return|determine] the length of the longest {stretch}",
        "stretch": f"[find|return] the longest {stretch}, as a list",
        "place": f"[find|return] the longest {stretch}, as the pair of the position of its first value and its length",
        "sum": f"[find|return] the sum of the longest {stretch}",
        "all": f"[list|return] every stretch of at least {least_size} neighbouring values in {{of}} in which "
        f"{told} and that cannot be made longer, each as a list",
    }[form]
    phrase = draw.say(phrase)
    none = {"length": "0", "stretch": "`[]`", "place": "`(0, 0)`", "sum": "0", "all": "`[]`"}[form]
    rules = [f"[For an empty list the answer is|Without any values the answer is|An empty list gives] {none}."]
    if form != "all":
        rules.append("[A single value is a stretch of length 1.|One value alone is already a stretch.]")
    if form in ("stretch", "place", "sum"):
        rules.append(
            f"[Among equally long ones the {'last' if last else 'first'} counts.|If several are equally "
            f"long, take the {'last' if last else 'first'}.]"
        )
    if form == "place":
        rules.append("[Positions count from 0.|The first value has position 0.]")
    middle = (least + greatest) // 2
    near = tuple(middle + shift for shift in (-gap - 1, -gap, -1, 0, 0, 1, 2, gap, gap + 1))
    known = {
        "length": f"0 <= result <= len({values})",
        "stretch": f"len(result) <= len({values}) <= len({values}) * (len(result) or 1)",
        "place": f"0 <= result[0] <= result[0] + result[1] <= len({values})",
        "all": f"all(len(one) >= {least_size} for one in result)",
    }.get(form, "isinstance(result, int)")
    return Sketch(
        name=name,
        parameters=(
            Parameter(values, "list[int]", f"the {scene.measures} of successive {scene.things}, in {scene.unit}"),
        ),
        returns={"stretch": "list[int]", "place": "tuple[int, int]", "all": "list[list[int]]"}.get(form, "int"),
        task=phrase.format(of=f"`{values}`"),
        step=phrase.format(of="{it}") if form in ("length", "all") else "",
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, style=style),
        second=Code(second),
        contract=Contract((f"len({values}) <= 3",), (known,)),
        sample=lambda random: (integers(random, middle - gap, middle + gap + 1, near, most=11),),
        edges=(
            ([],),
            ([middle],),
            ([middle, middle + 1, middle + 2, middle + 2, middle + 1, middle, middle],),
            ([middle, middle + gap, middle + 2 * gap + 1, middle, middle, middle - gap],),
        ),
    )
