"""The label with the most or the least of something, with a rule for ties and a condition."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dictionaries"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    table = draw.identifier(
        f"[{scene.measures} by {scene.label}|{scene.measures}|table|{scene.label} {scene.measures}]"
    )
    most = draw.chance(0.5)
    tie = draw.pick(("first", "last", "alphabet", "longest"))
    limit = draw.number(least + 1, greatest - 1)
    bounded = draw.pick(("none", "at least", "at most"))
    empty = draw.pick(("none", "text"))
    extreme = "highest" if most else "lowest"
    name = draw.identifier(
        f"[{'best' if most else 'weakest'}|{extreme}|{'top' if most else 'bottom'}] {scene.label}"
        + draw.say("[| by {}]").format(scene.measure)
    )
    best, key, item = draw.locals("best", "key", "item", avoid=(table, name))
    missing = "None" if empty == "none" else '""'
    sign = "-" if most else ""
    better = ">" if most else "<"
    condition = {"none": "", "at least": f"{item} >= {limit}", "at most": f"{item} <= {limit}"}[bounded]
    equal = {
        "first": "",
        "last": f"{item} == {table}[{best}]",
        "alphabet": f"{item} == {table}[{best}] and {key} < {best}",
        "longest": f"{item} == {table}[{best}] and len({key}) > len({best})",
    }[tie]
    wins = f"{best} is None or {item} {better} {table}[{best}]" + (f" or ({equal})" if equal else "")
    skip = (
        f"""
            if not {condition}:
                continue"""
        if condition
        else ""
    )
    loop = f"""
        {best} = None
        for {key}, {item} in {table}.items():{skip}
            # equal ones are decided by the rule
            if {wins}:
                {best} = {key}
        return {best}{"" if empty == "none" else ' or ""'}
    """
    rank = {
        "first": f"{sign}{table}[{key}]",
        "last": f"{sign}{table}[{key}]",
        "alphabet": f"({sign}{table}[{key}], {key})",
        "longest": f"({sign}{table}[{key}], -len({key}))",
    }[tie]
    order = f"reversed({table})" if tie == "last" else table
    chosen = condition.replace(item, f"{table}[{key}]")
    library = f"""
        candidates = [{key} for {key} in {order}{f" if {chosen}" if chosen else ""}]
        return min(candidates, key=lambda {key}: {rank}, default={missing})
    """
    style = draw.pick(("loop", "library"))
    scan = f"""
        fit = [(amount, place, name) for place, (name, amount) in enumerate({table}.items()){
        "" if bounded == "none" else f" if not amount {'<' if bounded == 'at least' else '>'} {limit}"
    }]
        if not fit:
            return {missing}
        peak = sorted(amount for amount, _, _ in fit)[{-1 if most else 0}]
        ties = [(place, name) for amount, place, name in fit if amount == peak]
        return {{
            "first": "ties[0][1]", "last": "ties[-1][1]", "alphabet": "sorted(name for _, name in ties)[0]",
        }}
    """
    finish = {
        "first": "ties[0][1]",
        "last": "ties[-1][1]",
        "alphabet": "sorted(name for _, name in ties)[0]",
        "longest": "sorted(ties, key=lambda tie: (-len(tie[1]), tie[0]))[0][1]",
    }[tie]
    scan = scan[: scan.index("        return {\n")] + f"        return {finish}\n"
    told = {
        "first": "[the one that comes first in the mapping|the earliest in the mapping]",
        "last": "[the one that comes last in the mapping|the latest in the mapping]",
        "alphabet": "[the alphabetically first one|the one that is first in the alphabet]",
        "longest": "[the one with the longest name, and of equally long ones the earlier,|the longest name, "
        "then the earlier one,]",
    }[tie]
    among = {
        "none": "",
        "at least": f" among those of at least {limit}",
        "at most": f" among those of at most {limit}",
    }[bounded]

    def sample(random: Random) -> tuple[dict[str, int]]:
        labels = random.sample(scene.labels, random.randint(0, 6))
        pool = [limit, limit - 1, limit + 1, *(random.randint(least, greatest) for _ in range(2))]
        return ({label: random.choice(pool) for label in labels},)

    labels = scene.labels
    return Sketch(
        name=name,
        parameters=(
            Parameter(table, "dict[str, int]", f"the {scene.measure} of every {scene.label}, in {scene.unit}"),
        ),
        returns="str | None" if empty == "none" else "str",
        task=draw.say(f"[find|return|determine|name] the {scene.label} with the {extreme} {scene.measure}{among}"),
        rules=(
            draw.say(f"[If several are equal, {told} counts.|Among equal ones take {told}.|A tie goes to {told}.]")
            .replace(",.", ".")
            .replace(", counts", " counts"),
            draw.say(
                f"[If there is none, return|Without any, the answer is|Where nothing qualifies, the result is] "
                f"`{missing}`."
            ),
        ),
        solution=Code(loop if style == "loop" else library, style=style),
        second=Code(scan),
        sample=sample,
        edges=(
            ({},),
            ({labels[0]: limit, labels[1]: limit, labels[2]: limit},),
            ({labels[3]: limit - 1, labels[4]: limit + 1, labels[5]: limit},),
        ),
    )
