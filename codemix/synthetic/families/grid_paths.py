"""Walks over a grid of numbers from one corner to another: the best sum, how many, under which moves."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 1


def sketch(draw: Draw) -> Sketch:
    grid = draw.pick(("grid", "field", "terrain", "costs", "board", "tolls"))
    diagonal = draw.chance(0.4)
    goal = draw.pick(("cheapest", "richest", "count", "count", "reachable"))
    bound = draw.number(2, 7)
    direction = draw.pick(("down", "up"))
    entry = draw.number(0, 9)
    table, r, c = draw.locals("table", "index", "other_index", avoid=(grid,))
    rows = grid if direction == "down" else f"{grid}[::-1]"
    open_ = draw.pick(
        (("<=", f"at most {bound}"), (">=", f"at least {bound}"), ("!=", f"not {bound}"), ("<", f"below {bound}"))
    )
    before = [f"({r} - 1, {c})", f"({r}, {c} - 1)", *([f"({r} - 1, {c} - 1)"] if diagonal else [])]
    places = f"[{', '.join(before)}]"
    cell = draw.pick(("cell", "number", "toll", "here"))
    if goal in ("cheapest", "richest"):
        pick = "min" if goal == "cheapest" else "max"
        update = (
            f"{table}[{r}, {c}] = {cell} + {pick}(({table}[place] for place in {places} if place in "
            f"{table}), default={entry})"
        )
    elif goal == "count":
        update = f"{table}[{r}, {c}] = sum({table}.get(place, 0) for place in {places}) + ({r} == {c} == 0)"
        update = f"if {cell} {open_[0]} {bound}:\n        {update}"
    else:
        update = (
            f"if {cell} {open_[0]} {bound} and ({r} == {c} == 0 or any(place in {table} for place in "
            f"{places})):\n        {table}[{r}, {c}] = True"
        )
    end = {
        "cheapest": f"{table}[{r}, {c}]",
        "richest": f"{table}[{r}, {c}]",
        "count": f"{table}.get((len({grid}) - 1, len({grid}[0]) - 1), 0)",
        "reachable": f"len({table})",
    }[goal]
    kind = "bool" if goal == "reachable" else "int"
    body = (
        f"{table}: dict[tuple[int, int], {kind}] = {{}}\nfor {r}, row in enumerate({rows}):\n    for {c}, "
        f"{cell} in enumerate(row):\n"
        + "\n".join(
            f"        {line}" if number == 0 else f"    {line}" for number, line in enumerate(update.splitlines())
        )
        + f"\nreturn {end}"
    )
    moves = [(0, 1), (1, 0), *([(1, 1)] if diagonal else [])]
    if goal in ("cheapest", "richest"):
        pick = "sorted(options)[0]" if goal == "cheapest" else "sorted(options)[-1]"
        second = f"""
            rows = {rows}

            def onward(row: int, column: int) -> int:
                if row == len(rows) - 1 and column == len(rows[0]) - 1:
                    return rows[row][column]
                options = [
                    onward(row + down, column + right)
                    for down, right in {moves}
                    if row + down < len(rows) and column + right < len(rows[0])
                ]
                return rows[row][column] + {pick}

            return onward(0, 0) + {entry}
        """
    else:
        last = "return len(met)" if goal == "reachable" else "return met.count((len(rows) - 1, len(rows[0]) - 1))"
        add = "met.append((row, column))"
        guard = " and (row, column) not in met" if goal == "reachable" else ""
        second = f"""
            rows = {rows}
            met: list[tuple[int, int]] = []
            waiting = [(0, 0)]
            while waiting:
                row, column = waiting.pop()
                if row < len(rows) and column < len(rows[0]) and rows[row][column] {open_[0]} {bound}{guard}:
                    {add}
                    waiting += [(row + down, column + right) for down, right in {moves}]
            {last}
        """
    steps = ("right or " + direction) if not diagonal else f"right, {direction}, or both at once diagonally,"
    corner, target = ("top left", "bottom right") if direction == "down" else ("bottom left", "top right")
    walk = f"from the {corner} to the {target} cell of {{it}}, going one cell {steps} at a time".replace(
        ",,", ","
    ).replace(", at", " at")
    extra = f", plus an entry fee of {entry}" if entry else ""
    phrase = (
        {
            "cheapest": f"[find|return|compute] the smallest possible sum of the cells on a walk {walk}, both "
            f"ends included{extra}",
            "richest": f"[find|return|compute] the greatest possible sum of the cells on a walk {walk}, both "
            f"ends included{extra}",
            "count": f"[count|find the number of] the walks {walk}, that use only cells whose number is {open_[1]}",
            "reachable": f"[count|find the number of] the cells of {{it}} that can be reached from the {corner} "
            f"one, going one cell {steps} at a time, "
            f"through cells whose number is {open_[1]}",
        }[goal]
        .replace(",,", ",")
        .replace("diagonally, at", "diagonally at")
    )
    name = draw.identifier(
        {
            "cheapest": "[cheapest|minimum|lowest] [walk|path|route]",
            "richest": "[best|richest|maximum] [walk|path|route]",
            "count": "[count|number of] [walks|paths|routes]",
            "reachable": "[reachable|accessible] [cells|places|squares]",
        }[goal]
    )

    def sample(random: Random) -> tuple[list[list[int]]]:
        width = random.randint(1, 4)
        pool: tuple[int, ...] = (bound, bound, bound - 1, bound + 1)
        if goal in ("cheapest", "richest"):
            pool = tuple(range(10))
        return ([[random.choice(pool) for _ in range(width)] for _ in range(random.randint(1, 4))],)

    return Sketch(
        name=name,
        parameters=(Parameter(grid, "list[list[int]]", "the rows of a grid, equally long, the top one first"),),
        returns="int",
        task=draw.say(phrase).format(it=f"`{grid}`"),
        rules=("The grid has at least one cell.",)
        + (
            (draw.say("[The first and the last cell must satisfy this, too.|This holds for both ends, too.]"),)
            if goal == "count"
            else ()
        )
        + (
            (
                draw.say(
                    "[The first cell counts if its own number allows it.|If the first cell is closed the answer is 0.]"
                ),
            )
            if goal == "reachable"
            else ()
        ),
        solution=Code(body, style="loop"),
        second=Code(second),
        sample=sample,
        edges=(
            ([[bound]],),
            ([[bound - 1, bound + 1], [bound, bound]],),
            ([[bound + 1, bound], [bound - 1, bound - 1], [bound, bound + 1]],),
        ),
    )
