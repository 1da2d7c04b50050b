"""Windows that slide over a list: a figure of each, the best one, or how many fulfil a condition."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import integers
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "lists"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    values = draw.identifier(f"[values|{scene.measures}|series|{scene.unit}|history]")
    size = draw.number(2, 5)
    stride = draw.pick((1, 1, 1, 2, 3))
    figure = draw.pick(("sum", "maximum", "minimum", "range", "mean", "ends", "distinct"))
    form = draw.pick(("list", "best", "count", "trailing"))
    most = draw.chance(0.5)
    name = draw.identifier(
        f"[{'moving' if form == 'list' else form}|sliding|window] [{figure}|{scene.measure} {figure}|{figure} "
        f"of {scene.measures}]"
    )
    index, out, best = draw.locals("index", "result", "best", avoid=(values, name, "window", "now"))
    code, other, told = {
        "sum": ("sum({})", "sum({})", "sum"),
        "maximum": ("max({})", "sorted({})[-1]", "largest value"),
        "minimum": ("min({})", "sorted({})[0]", "smallest value"),
        "range": (
            "max({0}) - min({0})",
            "max(a - b for a in {0} for b in {0})",
            "difference between the largest and the smallest value",
        ),
        "mean": ("sum({0}) // len({0})", "math.floor(Fraction(sum({0}), len({0})))", "mean, rounded down,"),
        "ends": ("{0}[-1] - {0}[0]", "sum(b - a for a, b in zip({0}, {0}[1:]))", "last value minus the first"),
        "distinct": (
            "len(set({}))",
            "sum(one not in {0}[:place] for place, one in enumerate({0}))",
            "number of different values",
        ),
    }[figure]
    limit = {
        "sum": size * (least + greatest) // 2,
        "range": max(1, (greatest - least) // 2),
        "ends": 0,
        "distinct": size - 1,
    }.get(figure, (least + greatest) // 2)
    stop = f"len({values}) - {size - 1}"
    span = f"range({stop})" if stride == 1 else f"range(0, {stop}, {stride})"
    window = f"{values}[{index} : {index} + {size}]"
    now = code.format("window")
    compare, turned = (">=", "<") if most else ("<", ">=")
    bodies = {
        "list": f"""
            {out} = []
            for {index} in {span}:
                window = {window}
                {out}.append({now})
            return {out}
        """,
        "best": f"""
            {best}: tuple[int, int] | None = None
            for {index} in {span}:
                window = {window}
                now = {now}
                # an equal one that comes later does not win
                if {best} is None or now {">" if most else "<"} {best}[0]:
                    {best} = (now, {index})
            return None if {best} is None else {best}[1]
        """,
        "count": f"""
            {out} = 0
            for {index} in {span}:
                window = {window}
                if {now} {compare} {limit}:
                    {out} += 1
            return {out}
        """,
        "trailing": f"""
            {out} = []
            for {index} in range(0, len({values}), {stride}):
                # near the beginning there are fewer values
                window = {values}[max(0, {index} - {size - 1}) : {index} + 1]
                {out}.append({now})
            return {out}
        """,
    }
    place = f"{out}.index({'max' if most else 'min'}({out}))" + (f" * {stride}" if stride > 1 else "")
    short = {
        "list": f"""
            return [{code.format(window)} for {index} in {span}]
        """,
        "best": f"""
            {out} = [{code.format(window)} for {index} in {span}]
            return {place} if {out} else None
        """,
        "count": f"""
            return sum({code.format(window)} {compare} {limit} for {index} in {span})
        """,
    }.get(form, bodies["trailing"])
    style, body = draw.pick((("loop", bodies[form]), ("comprehension", short)))
    full = f"len(kept) == {size} and (place - {size - 1}) % {stride} == 0"
    begins = f"place % {stride} == 0" if form == "trailing" else full
    past = f"""
        window: deque[int] = deque(maxlen={size})
        found = []
        for place, one in enumerate({values}):
            window.append(one)
            kept = list(window)
            if {begins}:
                found.append(({other.format("kept")}, place - {size - 1}))
        return {{
            "list": "[now for now, _ in found]", "trailing": "[now for now, _ in found]",
        }}
    """
    finish = {
        "list": "[now for now, _ in found]",
        "trailing": "[now for now, _ in found]",
        "best": f"""min(found, key=lambda pair: ({"-" if most else ""}pair[0], pair[1]), default=(0, None))[1]""",
        "count": f"len([now for now, _ in found if not now {turned} {limit}])",
    }[form]
    second = past[: past.index("return {")] + f"return {finish}\n"
    before = ["from collections import deque"] + (["from fractions import Fraction"] if figure == "mean" else [])
    if figure == "mean":
        before.insert(0, "import math")
    which = {1: "every window", 2: "every second window", 3: "every third window"}[stride]
    of_windows = f"{size} [successive|neighbouring] values"
    places = (
        "" if stride == 1 else f", looking only at windows that begin at position 0, {stride}, {2 * stride} and so on"
    )
    extreme = "[largest|highest|greatest]" if most else "[smallest|lowest|least]"
    border = f"[at least {limit}|{limit} or more]" if most else f"[less than {limit}|below {limit}]"
    phrase = {
        "list": f"[return|list] the {told} of {which} of {of_windows} in {{of}}".replace(which, "each window") + places,
        "best": f"[find|return] the position at which the window of {of_windows} in {{of}} begins whose "
        f"{told} is the {extreme}, "
        f"the earliest such window if there are "
        f"several{places}, "
        "and `None` if there is no window",
        "count": f"[count|return the number of] the windows of {of_windows} in {{of}} whose {told} is {border}{places}",
        "trailing": f"[return|list] the {told} of the last {size} values up to and including "
        f"{'each' if stride == 1 else 'every'} "
        f"{ {1: '', 2: 'second ', 3: 'third '}[stride] }value of "
        f"{{of}}{'' if stride == 1 else ', starting with the first value'}, "
        "or of as many as there are so far",
    }[form]
    phrase = draw.say(phrase)
    rules = [
        "[Windows are always full: fewer values than that give no window.|A window always has its full number "
        "of values.]"
    ]
    if form == "trailing":
        rules = ["[No values give an empty list.|An empty list gives an empty list.]"]
    elif form == "list":
        rules.append("[If there is no window, the result is empty.|Without any window return an empty list.]")
    elif form == "best":
        rules.append("[Positions count from 0.|The first position is 0.]")
    middle = (least + greatest) // 2
    full = f"max(0, (len({values}) - {size}) // {stride} + 1)"
    known = {
        "list": f"len(result) == {full}",
        "best": f"(result is None) == ({full} == 0)",
        "count": f"0 <= result <= {full}",
        "trailing": f"len(result) == -(-len({values}) // {stride})",
    }[form]
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                values,
                "list[int]",
                f"{draw.say('[successive|consecutive|recorded]')} {scene.measures} of {scene.things}, in {scene.unit}",
            ),
        ),
        returns={"best": "int | None", "count": "int"}.get(form, "list[int]"),
        task=phrase.format(of=f"`{values}`"),
        step=phrase.format(of="{it}"),
        rules=tuple(map(draw.say, rules)),
        solution=Code(body, style=style),
        second=Code(second, "\n".join(before)),
        contract=Contract((f"len({values}) <= {size + 1}",), (known,)),
        sample=lambda random: (integers(random, middle - 3, middle + 3, (limit // size, middle, least), most=11),),
        edges=(
            ([],),
            ([middle] * size,),
            ([middle] * (size - 1),),
            ([least, greatest, middle, least, greatest, middle, middle, greatest],),
        ),
    )
