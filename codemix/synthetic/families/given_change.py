"""Change given in fixed pieces: which pieces they are, what taking the largest first does, and what cannot be paid."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import listed
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 2
_THEMES = (  # pieces, their unit, what is made of them
    ("coins", "of {} cents", "[amount|change|price]", "the amount to be paid, in cents"),
    ("stamps", "worth {} cents", "[postage|amount|fee]", "the postage to be paid, in cents"),
    ("planks", "of {} metres", "[length|gap|distance]", "the length to be covered, in metres"),
    ("boxes", "for {} bottles", "[bottles|order|amount]", "the number of bottles that are ordered"),
    ("weights", "of {} grams", "[load|mass|amount]", "the load to be balanced, in grams"),
    ("barrels", "of {} litres", "[volume|demand|amount]", "the volume that is wanted, in litres"),
    ("tickets", "for {} rides", "[rides|demand|total]", "the number of rides that are wanted"),
)


def sketch(draw: Draw) -> Sketch:
    things, unit, amount_name, about = draw.pick(_THEMES)
    amount = draw.identifier(amount_name)
    goal = draw.pick(("ways", "fewest", "greedy", "wasteful", "gaps"))
    pieces = _pieces(draw, goal)
    constant = draw.chance(0.5)
    given = things.upper() if constant else str(pieces)
    what = f"{things} {unit.format(listed([str(each) for each in sorted(pieces)], 'or'))}"
    result = draw.pick(_RESULTS[goal])
    name = draw.identifier(
        {
            "ways": f"[ways to give|list ways|all ways with|selections of] {things}",
            "fewest": f"[fewest|smallest set of|shortest list of] {things}",
            "greedy": f"[take largest|largest first|hand out] {things}",
            "wasteful": f"[wasteful|clumsy|not optimal] {things} {result}",
            "gaps": f"[impossible with|not payable with|gaps of] {things}",
        }[goal]
    )
    item, rest, found = draw.locals("item", "rest", "result", avoid=(amount, name, "more", "part", "size"))
    task, rules = _TOLD[goal](amount, what, things, result)
    solutions = _SOLUTIONS[goal](amount, given, item, rest, found, result)
    draw.random.shuffle(solutions)
    most = {"ways": 13, "fewest": 14, "wasteful": 22}.get(goal, 24)
    before = f"{given} = {pieces}" if constant else ""

    def sample(random: Random) -> tuple[int]:
        return (random.randint(0, most),)

    return Sketch(
        name=name,
        parameters=(Parameter(amount, "int", f"{about}, not negative"),),
        returns=_RETURNS[goal, result],
        task=draw.say(task),
        rules=tuple(map(draw.say, (*rules, f"There are enough {things} of [every|each] kind."))),
        solution=_with(solutions[0], before),
        second=_with(solutions[1], before),
        sample=sample,
        edges=((pieces[0] + pieces[-1],), (0,), (pieces[0] - 1,), (most,)),
    )


def _pieces(draw: Draw, goal: str) -> tuple[int, ...]:
    """Sizes, the largest first, with which there is something to find."""
    if goal == "wasteful":
        return draw.pick(_WASTEFUL)
    sizes = draw.random.sample(range(2, 10), draw.number(2, 3))
    if goal == "ways" or (goal == "fewest" and draw.chance(0.4)):
        sizes[0] = 1
    return tuple(sorted(sizes, reverse=True))


# Of these the largest that fits is sometimes one too many.
_WASTEFUL = (
    *((4, 3, 1), (5, 4, 1), (6, 4, 1), (6, 5, 1), (7, 5, 1), (7, 6, 1), (8, 5, 1), (8, 6, 1), (8, 7, 1)),
    *((9, 4, 1), (9, 6, 1), (9, 7, 1), (9, 8, 1), (6, 5, 2, 1), (8, 6, 4, 1), (9, 7, 2, 1)),
)
_RESULTS = {
    "ways": ("lists",),
    "fewest": ("list", "pairs"),
    "greedy": ("list", "pairs", "mapping"),
    "wasteful": ("count", "list"),
    "gaps": ("count", "list", "largest"),
}
_RETURNS = {
    ("ways", "lists"): "list[list[int]]",
    ("fewest", "list"): "list[int] | None",
    ("fewest", "pairs"): "list[tuple[int, int]] | None",
    ("greedy", "list"): "tuple[list[int], int]",
    ("greedy", "pairs"): "tuple[list[tuple[int, int]], int]",
    ("greedy", "mapping"): "tuple[dict[int, int], int]",
    ("wasteful", "count"): "int",
    ("wasteful", "list"): "list[int]",
    ("gaps", "count"): "int",
    ("gaps", "list"): "list[int]",
    ("gaps", "largest"): "int | None",
}
_FORMS = {
    "list": "as a list of their sizes, the largest first",
    "pairs": "as pairs (size, number), the largest size first, without sizes that are not used",
    "mapping": "as a dictionary from size to number, without sizes that are not used",
}


def _with(code: Code, before: str) -> Code:
    """The code below its imports and the constant."""
    return Code(code.body, "\n\n".join(filter(None, [code.before, before])), code.style)


def _told_ways(amount: str, what: str, things: str, result: str) -> tuple[str, list[str]]:
    task = f"[list|return] all ways to make up `{amount}` with {what}, each as a list of sizes"
    return task, [
        "In every way the largest size comes first, and equal ones stand together.",
        "Ways with larger sizes at the beginning come before others, as in a reverse sort.",
        f"[For 0 there is one way: no {things}.|0 is made up in one way, by an empty list.]",
    ]


def _told_fewest(amount: str, what: str, things: str, result: str) -> tuple[str, list[str]]:
    task = f"[choose|find] as few {what} as possible that make up `{amount}` exactly, and return them {_FORMS[result]}"
    return task, [
        f"Among choices with equally few {things}, take the one with the largest size, then the second largest "
        "and so on.",
        "[If it cannot be done, return `None`.|Where no choice is exact, the result is `None`.]",
    ]


def _told_greedy(amount: str, what: str, things: str, result: str) -> tuple[str, list[str]]:
    task = (
        f"[hand out|choose] {what} for `{amount}`, always the largest that still fits, and return those "
        f"{_FORMS[result]}, together with what is left over"
    )
    return task, [
        f"[Nothing is exchanged afterwards, even if other {things} would leave less.|"
        f"Whether other {things} would leave less does not matter.]",
        "The result is a pair of both.",
    ]


def _told_wasteful(amount: str, what: str, things: str, result: str) -> tuple[str, list[str]]:
    verb = "[count|find the number of]" if result == "count" else "[list|return], in ascending order,"
    task = (
        f"{verb} the whole numbers from 1 to `{amount}` that take more {what} than needed if you always take "
        "the largest that fits"
    )
    return task, ["What is needed is the smallest number with which the whole number can be made up exactly."]


def _told_gaps(amount: str, what: str, things: str, result: str) -> tuple[str, list[str]]:
    verb = {
        "count": "[count|find the number of] the whole numbers",
        "list": "[list|return], in ascending order, the whole numbers",
        "largest": "[find|return] the largest whole number",
    }[result]
    task = f"{verb} from 1 to `{amount}` that cannot be made up exactly with {what}"
    return task, [
        "[If there is none, the result is `None`.|Without one, return `None`.]"
    ] if result == "largest" else []


_TOLD = {
    "ways": _told_ways,
    "fewest": _told_fewest,
    "greedy": _told_greedy,
    "wasteful": _told_wasteful,
    "gaps": _told_gaps,
}


def _ways(amount: str, given: str, item: str, rest: str, found: str, result: str) -> list[Code]:
    by_table = f"""
    {found} = {{0: [[]]}}
    for part in range(1, {amount} + 1):
        {found}[part] = []
        for {item} in {given}:
            for more in {found}.get(part - {item}, []):
                if not more or more[0] <= {item}:
                    {found}[part].append([{item}, *more])
    return {found}[{amount}]
    """
    by_recursion = f"""
    def ways({rest}: int, sizes: tuple[int, ...]) -> list[list[int]]:
        if {rest} == 0:
            return [[]]
        if {rest} < 0 or not sizes:
            return []
        first = [[sizes[0], *more] for more in ways({rest} - sizes[0], sizes)]
        return first + ways({rest}, sizes[1:])

    return ways({amount}, {given})
    """
    by_stack = f"""
    {found} = []
    waiting = [[]]
    while waiting:
        taken = waiting.pop()
        {rest} = {amount} - sum(taken)
        if {rest} == 0:
            {found}.append(taken)
        for {item} in {given}:
            if {item} <= {rest} and (not taken or {item} <= taken[-1]):
                waiting.append([*taken, {item}])
    return sorted({found}, reverse=True)
    """
    return [Code(by_table), Code(by_recursion, style="recursion"), Code(by_stack, style="search")]


def _fewest(amount: str, given: str, item: str, rest: str, found: str, result: str) -> list[Code]:
    pairs = result == "pairs"
    counted = f"[({item}, taken.count({item})) for {item} in {given} if {item} in taken]"
    by_table = f"""
    {found}: list[list[int] | None] = [[]]
    for part in range(1, {amount} + 1):
        options = []
        for {item} in {given}:
            before = {found}[part - {item}] if {item} <= part else None
            if before is not None:
                options.append(sorted([*before, {item}], reverse=True))
        fewest = min(map(len, options), default=0)
        {found}.append(max((each for each in options if len(each) == fewest), default=None))
    taken = {found}[{amount}]
    """
    by_table += f"return None if taken is None else {counted}" if pairs else "return taken"
    by_size = f"""
    for count in range({amount} + 1):
        for taken in combinations_with_replacement({given}, count):
            if sum(taken) == {amount}:
                return {counted if pairs else "list(taken)"}
    return None
    """
    by_level = f"""
    level = {{{amount}: []}}
    while level and 0 not in level:
        following = {{}}
        for {rest}, taken in level.items():
            for {item} in {given}:
                if {item} <= {rest}:
                    more = sorted([*taken, {item}], reverse=True)
                    following[{rest} - {item}] = max(more, following.get({rest} - {item}, []))
        level = following
    if 0 not in level:
        return None
    """
    by_level += f"taken = level[0]\n    return {counted}" if pairs else "return level[0]"
    return [
        Code(by_table),
        Code(by_size, "from itertools import combinations_with_replacement", "library"),
        Code(by_level, style="search"),
    ]


def _greedy(amount: str, given: str, item: str, rest: str, found: str, result: str) -> list[Code]:
    start = "{}" if result == "mapping" else "[]"
    keep = {
        "list": f"{found} += [{item}] * times",
        "pairs": f"if times:\n            {found}.append(({item}, times))",
        "mapping": f"if times:\n            {found}[{item}] = times",
    }[result]
    by_division = f"""
    {found} = {start}
    {rest} = {amount}
    for {item} in {given}:
        times, {rest} = divmod({rest}, {item})
        {keep}
    return {found}, {rest}
    """
    ending = {
        "list": "taken",
        "pairs": "[(size, taken.count(size)) for size in sorted(set(taken), reverse=True)]",
        "mapping": "{size: taken.count(size) for size in taken}",
    }[result]
    by_steps = f"""
    taken: list[int] = []
    while fitting := [{item} for {item} in {given} if {item} <= {amount} - sum(taken)]:
        taken.append(max(fitting))
    return {ending}, {amount} - sum(taken)
    """
    one = {
        "list": f"return [{item}, *more], left",
        "pairs": f"times = 1 + dict(more).get({item}, 0)\n            "
        f"return [({item}, times), *(each for each in more if each[0] != {item})], left",
        "mapping": f"return {{**more, {item}: more.get({item}, 0) + 1}}, left",
    }[result]
    by_recursion = f"""
    def hand_out({rest}: int) -> {_RETURNS["greedy", result]}:
        for {item} in {given}:
            if {item} <= {rest}:
                more, left = hand_out({rest} - {item})
                {one.replace("            return", "                return")}
        return {start}, {rest}

    return hand_out({amount})
    """
    return [Code(by_division, style="arithmetic"), Code(by_steps), Code(by_recursion, style="recursion")]


def _wasteful(amount: str, given: str, item: str, rest: str, found: str, result: str) -> list[Code]:
    differ = "least[part] != taken[part]"
    numbers = f"range(1, {amount} + 1)"
    ending = (
        f"sum({differ} for part in {numbers})" if result == "count" else f"[part for part in {numbers} if {differ}]"
    )
    by_table = f"""
    least, taken = [0], [0]
    for part in {numbers}:
        fitting = [{item} for {item} in {given} if {item} <= part]
        least.append(1 + min(least[part - {item}] for {item} in fitting))
        taken.append(1 + taken[part - max(fitting)])
    return {ending}
    """
    keep = f"{found} += 1" if result == "count" else f"{found}.append(part)"
    by_levels = f"""
    {found} = {"0" if result == "count" else "[]"}
    for part in {numbers}:
        {rest}, taken = part, 0
        for {item} in {given}:
            taken += {rest} // {item}
            {rest} %= {item}
        sums, least = {{0}}, 0
        while part not in sums:
            sums = {{one + {item} for one in sums for {item} in {given} if one + {item} <= part}}
            least += 1
        if least < taken:
            {keep}
    return {found}
    """
    answer = "sum(map(wasteful, {}))" if result == "count" else "list(filter(wasteful, {}))"
    by_recursion = f"""
    @cache
    def least({rest}: int) -> int:
        return min((1 + least({rest} - {item}) for {item} in {given} if {item} <= {rest}), default=0)

    def taken({rest}: int) -> int:
        return next((1 + taken({rest} - {item}) for {item} in {given} if {item} <= {rest}), 0)

    def wasteful(part: int) -> bool:
        return taken(part) > least(part)

    return {answer.format(numbers)}
    """
    return [Code(by_table), Code(by_levels), Code(by_recursion, "from functools import cache", "recursion")]


def _gaps(amount: str, given: str, item: str, rest: str, found: str, result: str) -> list[Code]:
    numbers = f"range(1, {amount} + 1)"
    by_table = f"""
    {found} = [True]
    for part in {numbers}:
        {found}.append(any({item} <= part and {found}[part - {item}] for {item} in {given}))
    """
    by_table += {
        "count": f"return {found}.count(False)",
        "list": f"return [part for part, known in enumerate({found}) if not known]",
        "largest": f"return max((part for part, known in enumerate({found}) if not known), default=None)",
    }[result]
    by_set = f"""
    known, waiting = {{0}}, [0]
    while waiting:
        part = waiting.pop()
        for {item} in {given}:
            if part + {item} <= {amount} and part + {item} not in known:
                known.add(part + {item})
                waiting.append(part + {item})
    """
    by_set += {
        "count": f"return {amount} + 1 - len(known)",
        "list": f"return sorted(set({numbers}) - known)",
        "largest": f"return max(set({numbers}) - known, default=None)",
    }[result]
    answer = {
        "count": f"sum(not made(part, 0) for part in {numbers})",
        "list": f"[part for part in {numbers} if not made(part, 0)]",
        "largest": f"next((part for part in range({amount}, 0, -1) if not made(part, 0)), None)",
    }[result]
    by_recursion = f"""
    def made({rest}: int, place: int) -> bool:
        if place == len({given}) or {rest} == 0:
            return {rest} == 0
        size = {given}[place]
        return any(made({rest} - used, place + 1) for used in range(0, {rest} + 1, size))

    return {answer}
    """
    return [Code(by_table), Code(by_set, style="search"), Code(by_recursion, style="recursion")]


_SOLUTIONS = {"ways": _ways, "fewest": _fewest, "greedy": _greedy, "wasteful": _wasteful, "gaps": _gaps}
