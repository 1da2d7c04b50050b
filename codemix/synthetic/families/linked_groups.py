"""Groups of things that are linked with each other, directly or through others: connected components."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "graphs"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    numbers = draw.chance(0.4)
    things = scene.things if numbers else f"{scene.label_plural}" if scene.label[-1] not in "yshf" else "names"
    links = draw.identifier("[links|pairs|connections|edges|ties]")
    size = draw.pick(("count", "total", "size", "n"))
    nodes = "names" if links != "names" else "nodes"
    wanted = draw.pick(("number", "largest", "groups", "sizes", "alone", "representatives", "together", "missing"))
    order = draw.pick(("smallest", "biggest"))
    least = draw.number(2, 3)
    name = draw.identifier(
        {
            "number": "[count|number of] [groups|clusters|components|islands]",
            "largest": "[largest|biggest] [group|cluster|component] size",
            "groups": f"[find|collect|list] [groups|clusters|components|linked {things}]",
            "sizes": "[group|cluster|component] sizes",
            "alone": f"[count|number of] [{things} in|members of] [large|big] groups",
            "representatives": "[leaders|representatives|first of groups|group leaders]",
            "together": "[count|number of] [joined|connected|linked] pairs",
            "missing": "[missing|needed|additional] links",
        }[wanted]
    )
    stack, seen = draw.locals("stack", "seen", avoid=(links, size, nodes, name))
    every = f"range({size})" if numbers else nodes
    lead = "min" if order == "smallest" else "max"
    reverse = "" if order == "smallest" else ", reverse=True"
    answer = {
        "number": "len(groups)",
        "largest": "max(map(len, groups), default=0)",
        "groups": "sorted(sorted(group) for group in groups)",
        "sizes": f"sorted((len(group) for group in groups){reverse})",
        "alone": f"sum(len(group) for group in groups if len(group) >= {least})",
        "representatives": f"sorted({lead}(group) for group in groups)",
        "together": "sum(len(group) * (len(group) - 1) // 2 for group in groups)",
        "missing": "max(len(groups) - 1, 0)",
    }[wanted]
    searching = f"""
        near = {{one: set() for one in {every}}}
        for one, other in {links}:
            near[one].add(other)
            near[other].add(one)
        groups = []
        {seen} = set()
        for start in {every}:
            if start in {seen}:
                continue
            {seen}.add(start)
            group = []
            {stack} = [start]
            while {stack}:
                # whatever is linked to it belongs to the group
                one = {stack}.pop()
                group.append(one)
                for other in near[one] - {seen}:
                    {seen}.add(other)
                    {stack}.append(other)
            groups.append(group)
        return {answer}
    """
    merging = f"""
        groups = [{{one}} for one in {every}]
        for one, other in {links}:
            joined = set()
            apart = []
            for group in groups:
                if one in group or other in group:
                    joined |= group
                else:
                    apart.append(group)
            groups = [*apart, joined]
        return {answer}
    """
    parents = f"""
        parent = {{one: one for one in {every}}}

        def root(one):
            while parent[one] != one:
                one = parent[one]
            return one

        for one, other in {links}:
            parent[root(one)] = root(other)
        members = {{}}
        for one in {every}:
            members.setdefault(root(one), []).append(one)
        groups = list(members.values())
        return {answer}
    """
    solutions = [Code(searching, style="loop"), Code(merging, style="sets"), Code(parents, style="union-find")]
    draw.random.shuffle(solutions)
    direction = "ascending" if order == "smallest" else "descending"
    tasks = {
        "number": "[count the|return the number of] groups",
        "largest": "[find|return] the size of the largest group",
        "groups": "[list|return] the groups, each sorted, in ascending order",
        "sizes": f"[list|return] the sizes of the groups in {direction} order",
        "alone": f"[count the|return the number of] {things} in groups of at least {least}",
        "representatives": f"[list|return] the {'smallest' if lead == 'min' else 'greatest'} member of every group, "
        "in ascending order",
        "together": f"[count the|return the number of] pairs of different {things} that are in the same group",
        "missing": f"[find|return] how few links have to be added so that all {things} are in one group",
    }
    item = "int" if numbers else "str"
    returns = {"groups": f"list[list[{item}]]", "sizes": "list[int]", "representatives": f"list[{item}]"}
    rules = [
        draw.say(f"Two of the {things} are in the same group if a link[, or a chain of links,| or several in a row] ")
        + draw.say("[joins|connects] them, and a link works in both directions."),
        draw.say("What has no link is a group [of its own|by itself]."),
    ]
    if numbers:
        rules.append(f"The {things} are numbered from 0 to `{size}` - 1.")
    if wanted in ("groups", "representatives") and not numbers:
        rules.append("Names are compared alphabetically.")
    if wanted in ("largest", "missing"):
        rules.append(f"Where there are no {things} at all, the result is 0.")
    first = (
        Parameter(size, "int", f"the number of {things}")
        if numbers
        else Parameter(nodes, "list[str]", f"the different {things}")
    )

    def sample(random: Random) -> tuple:
        members = list(range(7)) if numbers else random.sample(scene.labels, 7)
        members = members[: random.randint(0, 7)]
        pairs = [tuple(random.sample(members, 2)) for _ in range(random.randint(0, 5)) if len(members) > 1]
        return (len(members) if numbers else members, pairs)

    a, b, c, d = range(4) if numbers else scene.labels[:4]
    some = [a, b, c, d]
    return Sketch(
        name=name,
        parameters=(first, Parameter(links, f"list[tuple[{item}, {item}]]", f"the links between {things}")),
        returns=returns.get(wanted, "int"),
        task=draw.say(tasks[wanted]) + draw.say(f" of [linked|connected] {things}" if wanted in _OF else ""),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(
            (0 if numbers else [], []),
            (4 if numbers else some, []),
            (4 if numbers else some, [(a, b), (c, d)]),
            (4 if numbers else some, [(d, a), (b, d)]),
        ),
    )


_OF = ("number", "largest", "sizes")
