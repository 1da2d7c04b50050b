"""Which members several groups share: in how many of them, in which pairs, or in exactly one."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "sets"
VERSION = 1


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    groups = draw.identifier("[groups|teams|lists|clubs|circles|crews]")
    form = draw.pick(("members", "members", "pairs", "closest", "alone", "cover"))
    compare, opposite, word = draw.pick(((">=", "<", "at least"), ("==", "!=", "exactly"), ("<=", ">", "at most")))
    number = draw.number(2, 3)
    unlike = draw.chance(0.4)  # what two groups do not share
    result = draw.pick(("sorted", "set", "count"))
    name = draw.identifier(
        {
            "members": "[shared|common|frequent] [members|names|entries]",
            "pairs": "[overlapping|differing|related] [pairs|groups]"
            if not unlike
            else "[differing|unlike] [pairs|groups]",
            "closest": "[most different|least alike] [pair|groups]" if unlike else "[closest|most alike] [pair|groups]",
            "alone": "[exclusive|private|own] [members|names]",
            "cover": "[new|added|fresh] [members|names|entries]",
        }[form]
    )
    out, item, i, j, counts = draw.locals(
        "result", "item", "index", "other_index", "counts", avoid=(groups, name, "seen")
    )
    sign = "^" if unlike else "&"
    joint = f"{groups}[{i}] {sign} {groups}[{j}]"
    shape = {"sorted": f"sorted({out})", "set": out, "count": f"len({out})"}[result]
    type_ = {"sorted": "list[str]", "set": "set[str]", "count": "int"}[result]
    bodies = {
        "members": f"""
        {counts}: dict[str, int] = {{}}
        for group in {groups}:
            for {item} in group:
                {counts}[{item}] = {counts}.get({item}, 0) + 1
        {out} = {{{item} for {item} in {counts} if {counts}[{item}] {compare} {number}}}
        return {shape}
        """,
        "pairs": f"""
        {out} = []
        for {i} in range(len({groups})):
            for {j} in range({i} + 1, len({groups})):
                if len({joint}) {compare} {number}:
                    {out}.append(({i}, {j}))
        return {out}
        """,
        "closest": f"""
        {out} = None
        size = -1
        for {i} in range(len({groups})):
            for {j} in range({i} + 1, len({groups})):
                if len({joint}) > size:
                    size = len({joint})
                    {out} = ({i}, {j})
        return {out}
        """,
        "alone": f"""
        {out} = []
        for {i}, group in enumerate({groups}):
            # everybody else, together
            others = set().union(*{groups}[:{i}], *{groups}[{i} + 1 :])
            {out}.append({"len(group - others)" if result == "count" else "sorted(group - others)"})
        return {out}
        """,
        "cover": f"""
        seen: set[str] = set()
        {out} = []
        for group in {groups}:
            {out}.append({"len(group - seen)" if result == "count" else "sorted(group - seen)"})
            seen |= group
        return {out}
        """,
    }
    size = "len([x for x in a if x not in b] + [x for x in b if x not in a])" if unlike else "sum(x in b for x in a)"
    last = {"sorted": "found", "set": "set(found)", "count": "len(found)"}[result]
    seconds = {
        "members": f"""
        found = []
        for one in sorted(set(chain.from_iterable({groups}))):
            if not sum(one in group for group in {groups}) {opposite} {number}:
                found.append(one)
        return {last}
        """,
        "pairs": f"""
        return [(i, j) for (i, a), (j, b) in combinations(enumerate({groups}), 2) if not {size} {opposite} {number}]
        """,
        "closest": f"""
        sizes = [({size}, -i, -j) for (i, a), (j, b) in combinations(enumerate({groups}), 2)]
        if not sizes:
            return None
        _, i, j = sorted(sizes)[-1]
        return -i, -j
        """,
        "alone": f"""
        counts = Counter(chain.from_iterable({groups}))
        own = [sorted(one for one in group if counts[one] < 2) for group in {groups}]
        return {"list(map(len, own))" if result == "count" else "own"}
        """,
        "cover": f"""
        first: dict[str, int] = {{}}
        for place, group in reversed(list(enumerate({groups}))):
            first.update(dict.fromkeys(group, place))
        own = [sorted(one for one in first if first[one] == place) for place in range(len({groups}))]
        return {"list(map(len, own))" if result == "count" else "own"}
        """,
    }
    needs = {
        "members": "from itertools import chain",
        "alone": "from collections import Counter\nfrom itertools import chain",
        "cover": "",
    }
    of = {
        "sorted": "[list|return], in alphabetical order,",
        "set": "[return|find] the set of",
        "count": "[count|return the number of]",
    }[result]
    each = "[the number of names|how many names there are]" if result == "count" else "the sorted list of the names"
    members = f"names that are in {word} {number} of `{groups}`"
    many = f"{word} {number} names"
    task = {
        "members": f"{of} the {members}".replace("set of the", "set of"),
        "pairs": f"[list|return] the pairs of `{groups}` "
        + (
            f"for which {many} are in one of the two, but not in the other" if unlike else f"that have {many} in common"
        ),
        "closest": f"[find|return] the two of `{groups}` "
        + ("in which the most names are in only one of the two" if unlike else "that have the most names in common"),
        "alone": f"[find|return], for each of `{groups}`, {each} that are in none of the others",
        "cover": f"[find|return], for each of `{groups}`, {each} that are in none of those before it",
    }[form]
    rules = {
        "members": [
            "[A name that is in no group does not matter.|Only names that are in some group can be in the result.]"
            if compare == "<="
            else "[Without groups there are no such names.|No groups, no names.]"
        ],
        "pairs": [
            "A pair (i, j) holds the positions of two groups, counted from 0, with i < j.",
            "The pairs are in ascending order.",
            "[Groups may be empty, or equal.|Some groups may be empty; some may be equal.]",
        ],
        "closest": [
            "The result is the pair (i, j) of their positions, counted from 0, with i < j.",
            "[If several pairs are equal in that, take the one with the smallest i, then the smallest "
            "j.|Ties go to the smaller i, and then to the smaller j.]",
            "[With fewer than two groups, return `None`.|Where there are fewer than two groups, the answer is `None`.]",
        ],
        "alone": [
            "The result has one entry for every group, in the same order.",
            "[A group may be empty.|Groups may be empty.]",
        ],
        "cover": [
            "The result has one entry for every group, in the same order.",
            "[A group may be empty.|Groups may be empty.]",
        ],
    }[form]

    def sample(random: Random) -> tuple[list[set[str]]]:
        labels = random.sample(scene.labels, 5)
        return ([set(random.sample(labels, random.randint(0, 4))) for _ in range(random.randint(0, 5))],)

    a, b, c, d, e, *_ = draw.random.sample(scene.labels, 6)
    listed = "list[list[str]]" if result != "count" else "list[int]"
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                groups,
                "list[set[str]]",
                draw.say(
                    f"[several sets of names|groups of names, each "
                    f"a set|the {scene.label} names of some {scene.things}, a set for each]"
                ),
            ),
        ),
        returns={"members": type_, "pairs": "list[tuple[int, int]]", "closest": "tuple[int, int] | None"}.get(
            form, listed
        ),
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=Code(bodies[form], style="sets"),
        second=Code(seconds[form], needs.get(form, "from itertools import combinations")),
        sample=sample,
        edges=(
            ([],),
            ([{a, b}],),
            ([{a, b, c}, {b, c, d}, {c, d, e}, set()],),
            ([{a, b}, {a, b}, {c}, {a, b, c, d}],),
            ([{a}, {b}, {b, a}, {a, c}],),
        ),
    )
