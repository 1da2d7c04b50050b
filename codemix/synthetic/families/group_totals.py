"""Pairs of a label and a number gathered by label: total, count, extreme or spread, then thresholds and order."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dictionaries"
VERSION = 3


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    least, greatest = scene.typical
    pairs = draw.identifier(f"[entries|records|pairs|log|{scene.things}]")
    what, told, expression, running, begin = draw.pick(
        (
            ("total", f"[total|sum of the] {scene.measures}", "sum({})", "{old} + {x}", "0"),
            ("count", "[number of entries|count of entries]", "len({})", "{old} + 1", "0"),
            ("highest", f"[highest|largest] {scene.measure}", "max({})", "max({old}, {x})", "{x}"),
            ("lowest", f"[lowest|smallest] {scene.measure}", "min({})", "min({old}, {x})", "{x}"),
            ("latest", f"[last|latest|most recent] {scene.measure}", "{}[-1]", "{x}", "{x}"),
        )
    )
    limit = 2 if what == "count" else draw.number(least + 1, greatest)
    rule, compare, opposite = draw.pick(
        (("all", "", ""), ("at least", ">=", "<"), ("below", "<", ">="), ("exactly above", ">", "<="))
    )
    order = draw.pick(("first seen", "alphabet", "value"))
    name = draw.identifier(f"[{what}|{what} {scene.measure}] [by|per|for each] {scene.label}")
    groups, key, item = draw.locals("groups", "key", "item", avoid=(pairs, name))
    filtered = f" if {item} {compare} {limit}" if compare else ""
    ordering = {
        "first seen": f"{groups}.items()",
        "alphabet": f"sorted({groups}.items())",
        "value": f"sorted({groups}.items(), key=lambda pair: (pair[1], pair[0]))",
    }[order]
    update = running.format(old=f"{groups}.get({key}, {begin.format(x=item)})", x=item)
    lists = expression.format(item)
    bodies = {
        "loop": f"""
            {groups}: dict[str, int] = {{}}
            for {key}, {item} in {pairs}:
                {groups}[{key}] = {update}
            return [({key}, {item}) for {key}, {item} in {ordering}{filtered}]
        """,
        "library": f"""
            found = defaultdict(list)
            for {key}, {item} in {pairs}:
                found[{key}].append({item})
            {groups} = {{{key}: {lists} for {key}, {item} in found.items()}}
            return [({key}, {item}) for {key}, {item} in {ordering}{filtered}]
        """,
    }
    style = draw.pick(list(bodies))
    before = "from collections import defaultdict" if style == "library" else ""
    final = {
        "first seen": "names",
        "alphabet": "sorted(names)",
        "value": "sorted(sorted(names), key=values.__getitem__)",
    }[order]
    second = f"""
        names = list(dict.fromkeys(name for name, _ in {pairs}))
        values = {{}}
        for name in names:
            own = [amount for label, amount in {pairs} if label == name]
            values[name] = {expression.format("own")}
        return [(name, values[name]) for name in {final}{
        f" if not values[name] {opposite} {limit}" if opposite else ""
    }]
    """
    kept = {
        "all": "",
        "at least": f", leaving out pairs with a value below {limit}",
        "below": f", leaving out pairs with a value of {limit} or more",
        "exactly above": f", leaving out pairs with a value of {limit} or less",
    }[rule]
    sequence = {
        "first seen": "[in the order in which they first appear|in order of first appearance]",
        "alphabet": "[in alphabetical order|sorted by name]",
        "value": "[sorted by that value, equal ones by name|from the smallest value up, ties by name]",
    }[order]

    def sample(random: Random) -> tuple[list[tuple[str, int]]]:
        labels = random.sample(scene.labels, 3)
        pool = [limit, limit - 1, limit + 1, *(random.randint(least, greatest) for _ in range(3))]
        return ([(random.choice(labels), random.choice(pool)) for _ in range(random.randint(0, 7))],)

    one, two, three = scene.labels[:3]
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                pairs, "list[tuple[str, int]]", f"pairs of a {scene.label} and a {scene.measure} in {scene.unit}"
            ),
        ),
        returns="list[tuple[str, int]]",
        task=draw.say(f"[pair|list] each {scene.label} [of|in] `{pairs}` with its {told}") + kept,
        rules=(
            draw.say(f"The pairs of the result, ({scene.label}, value), [stand|are] {sequence}."),
            draw.say("[Without pairs the result is empty.|An empty list gives an empty list.]"),
        ),
        solution=Code(bodies[style], before, style),
        second=Code(second),
        sample=sample,
        edges=(([],), ([(two, limit), (one, limit + 1), (two, limit - 1), (three, limit)],)),
    )
