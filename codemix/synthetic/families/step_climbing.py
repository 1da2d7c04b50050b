"""Ways up a staircase with some steps left out: how many, how few leaps, at what price."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import listed
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 2
_THEMES = (
    ("staircase", "stair", "stairs", "climber"),
    ("ladder", "rung", "rungs", "painter"),
    ("path of stones", "stone", "stones", "frog"),
    ("track", "square", "squares", "token"),
    ("row of tiles", "tile", "tiles", "cricket"),
    ("line of platforms", "platform", "platforms", "robot"),
)


def sketch(draw: Draw) -> Sketch:
    whole, one, many, mover = draw.pick(_THEMES)
    leaps = tuple(sorted(draw.random.sample(range(1, 6), draw.number(2, 3))))
    top = draw.pick(("top", "last", "goal", "target", "n"))
    closed = draw.identifier(f"[broken|closed|forbidden|missing|wet]{'' if draw.chance(0.5) else ' ' + many}")
    wanted = draw.pick(("ways", "fewest", "cheapest", "possible", "reachable", "most"))
    cost, extra = draw.number(2, 5), draw.number(1, 4)
    none = draw.pick(("-1", "None")) if wanted in ("fewest", "cheapest", "most") else ""
    name = draw.identifier(
        {
            "ways": f"[count|number of] [ways|climbs|routes|ways over {many}]",
            "fewest": "[fewest|least] [leaps|moves|jumps]",
            "cheapest": "[least|lowest|cheapest] [effort|cost|climb]",
            "possible": f"[can reach|reaches|gets to] {'end' if top == 'n' else top}",
            "reachable": f"[count|number of] [reachable|safe|usable] {many}",
            "most": "[most|greatest number of] [leaps|moves|jumps]",
        }[wanted]
    )
    table, place = draw.locals("table", "index", avoid=(top, closed, name, "leap", "before"))
    join, unit = {
        "ways": ("sum({})", "{}"),
        "possible": ("any({})", "{}"),
        "reachable": ("any({})", "{}"),
        "fewest": ("min(({}), default=math.inf)", "1 + {}"),
        "most": ("max(({}), default=-math.inf)", "1 + {}"),
        "cheapest": ("min(({}), default=math.inf)", f"{cost} + {extra} * leap + {{}}"),
    }[wanted]
    start = {"ways": "1", "possible": "True", "reachable": "True"}.get(wanted, "0")
    never = {"ways": "0", "possible": "False", "reachable": "False", "most": "-math.inf"}.get(wanted, "math.inf")
    value = f"{table}[{top}]"
    answer = {
        "ways": value,
        "possible": value,
        "reachable": f"sum({table}[1:])",
        "most": f"{none} if {value} < 0 else {value}",
    }.get(wanted, f"{none} if {value} == math.inf else {value}")
    inner = join.format(unit.format(f"{table}[{place} - leap]") + f" for leap in {leaps} if leap <= {place}")
    imports = "import math" if "math" in f"{join}{never}" else ""
    body = f"""
        {table} = [{start}]
        for {place} in range(1, {top} + 1):
            if {place} in {closed}:
                {table}.append({never})
            else:
                {table}.append({inner})
        return {answer}
    """
    onward = join.format(unit.format("climb(before + leap)") + f" for leap in {leaps}")
    result = {
        "ways": "climb(0)",
        "possible": "climb(0)",
        "most": f"{none} if climb(0) < 0 else climb(0)",
    }.get(wanted, f"{none} if climb(0) == math.inf else climb(0)")
    recursion = f"""
        @cache
        def climb(before):
            if before > {top} or before in {closed}:
                return {never}
            if before == {top}:
                return {start}
            return {onward}

        return {result}
    """
    if wanted == "reachable":
        recursion = f"""
        reached = {{0}}
        for _ in range({top}):
            reached |= {{before + leap for before in reached for leap in {leaps}}}
            reached = {{each for each in reached if each <= {top} and each not in {closed}}}
        return len(reached) - 1
        """
    memo = "" if wanted == "reachable" else "from functools import cache"
    solutions = [
        Code(body, imports),
        Code(recursion, "\n".join(filter(None, (imports, memo))), "sets" if wanted == "reachable" else "recursion"),
    ]
    draw.random.shuffle(solutions)
    tasks = {
        "ways": f"[count the|return the number of] ways in which a {mover} can get to {one} `{top}` of a {whole}",
        "fewest": f"[find|return] the least number of leaps with which a {mover} gets to {one} `{top}` of a {whole}",
        "most": f"[find|return] the greatest number of leaps with which a {mover} gets to {one} `{top}` of a {whole}",
        "cheapest": f"[find|return] the least effort with which a {mover} gets to {one} `{top}` of a {whole}",
        "possible": f"[tell|find out] whether a {mover} can get to {one} `{top}` of a {whole}",
        "reachable": f"[count|return] how many of the {many} 1 to `{top}` of a {whole} a {mover} can get to",
    }
    distances = listed([str(leap) for leap in leaps], "or")
    rules = [
        draw.say(f"The {mover} [starts|begins] before the {many}, at 0, and every leap goes {distances} {many} on."),
        draw.say(f"No leap may [end|land] on one of the {many} in `{closed}`, but it may pass over them."),
    ]
    if wanted == "ways":
        rules.append("Ways differ if they use other leaps or the same ones in another order; at 0 there is one way.")
    if wanted == "cheapest":
        rules.append(f"A leap takes an effort of {cost}, plus {extra} for each of the {many} it goes on.")
    if none:
        rules.append(draw.say(f"[If it cannot be done, the result is {none}|Return {none} if there is no way]."))
    if wanted == "possible":
        rules.append("It is always possible to get to 0.")

    def sample(random: Random) -> tuple[int, list[int]]:
        height = random.randint(0, 14)
        return height, sorted(random.sample(range(1, 16), random.randint(0, 5)))

    known = {
        "ways": f"0 <= result <= 2 ** {top}",
        "possible": f"result in (True, False) and (result or {top} > 0)",
        "reachable": f"0 <= result <= {top}",
        "cheapest": "result is None or result >= -1",
    }.get(wanted, f"result is None or -1 <= result <= {top}")
    return Sketch(
        name=name,
        parameters=(
            Parameter(
                top, "int", f"the number of the {one} to get to" if wanted != "reachable" else f"the number of {many}"
            ),
            Parameter(closed, "list[int]", f"the numbers of the {many} that cannot be used"),
        ),
        returns={"possible": "bool"}.get(wanted, "int | None" if none == "None" else "int"),
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        contract=Contract(
            (
                f"0 <= {top} <= 4",
                f"len({closed}) <= 1 and all(1 <= one <= 4 for one in {closed})",
            ),
            (known,),
        ),
        sample=sample,
        edges=((0, []), (1, [1]), (7, []), (9, [2, 5])),
    )
