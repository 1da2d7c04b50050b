"""Walks over a grid of numbers from one corner to another: the best sum, its moves, or how many walks there are."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "dynamic programming"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    grid = draw.pick(("grid", "field", "terrain", "costs", "board", "tolls"))
    goal = draw.pick(("cheapest", "richest", "count", "moves", "dearest moves"))
    letters = goal.endswith("moves")
    diagonal = not letters and draw.chance(0.4)
    direction = draw.pick(("down", "up"))
    bound, entry = draw.number(2, 7), draw.number(0, 9)
    sign, told_bound = draw.pick(
        (("<=", f"at most {bound}"), (">=", f"at least {bound}"), ("!=", f"not {bound}"), ("<", f"below {bound}"))
    )
    cell = draw.pick(("cell", "number", "toll", "here"))
    names = draw.locals("table", "index", "other_index", avoid=(grid, cell))
    rows = grid if direction == "down" else f"{grid}[::-1]"
    best = "max" if goal in ("richest", "dearest moves") else "min"
    if goal == "count":
        solutions = _counting(names, rows, cell, f"{sign} {bound}", diagonal)
    elif letters:
        solutions = _moving(names, rows, cell, goal == "dearest moves", direction[0].upper())
    else:
        solutions = _summing(names, rows, cell, best, diagonal, entry)
    draw.random.shuffle(solutions)
    name = draw.identifier(
        {
            "cheapest": "[cheapest|minimum|lowest] [walk|path|route]",
            "richest": "[best|richest|maximum] [walk|path|route]",
            "count": "[count|number of] [walks|paths|routes]",
            "moves": "[moves of|letters of|describe] [cheapest|best|lowest] [walk|path|route]",
            "dearest moves": "[moves of|letters of|describe] [dearest|greatest|richest] [walk|path|route]",
        }[goal]
    )
    start, end = ("top left", "bottom right") if direction == "down" else ("bottom left", "top right")
    steps = f"right, {direction}, or diagonally both at once" if diagonal else f"right or {direction}"
    walk = f"from the {start} to the {end} cell of `{grid}`"
    fee = f", plus an entry fee of {entry}" if entry else ""
    adjective = {"cheapest": "smallest", "moves": "smallest"}.get(goal, "greatest")
    task = {
        "count": f"[count the|find the number of] walks {walk} that use only cells whose number is {told_bound}",
        "moves": f"[find|return] the moves of the walk {walk} with the smallest sum, as a text of letters",
        "dearest moves": f"[find|return] the moves of the walk {walk} with the greatest sum, as a text of letters",
    }.get(goal, f"[find|return|compute] the {adjective} possible sum of the cells on a walk {walk}{fee}")
    rules = [
        f"[Every move goes|A move goes|Each move leads] one cell {steps}.",
        "The rows are equally long, and there is at least one cell.",
    ]
    if goal == "count":
        rules.append("[The first and the last cell must satisfy this, too.|This holds for both ends, too.]")
    else:
        rules.append("[The first and the last cell belong to the walk.|Both ends count.]")
    if letters:
        rules.append(
            f"`R` stands for a move to the right and `{direction[0].upper()}` for one {direction}; "
            "[among equal sums, take the alphabetically first text|a tie goes to the alphabetically first text]."
        )

    def sample(random: Random) -> tuple[list[list[int]]]:
        width = random.randint(1, 4)
        pool = (bound, bound, bound - 1, bound + 1) if goal == "count" else tuple(range(random.choice((3, 10))))
        return ([[random.choice(pool) for _ in range(width)] for _ in range(random.randint(1, 4))],)

    return Sketch(
        name=name,
        parameters=(Parameter(grid, "list[list[int]]", "the rows of a grid, the top one first"),),
        returns="str" if letters else "int",
        task=draw.say(task),
        rules=tuple(map(draw.say, rules)),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(
            ([[bound - 1, bound + 1], [bound, bound]],),
            ([[bound + 1, bound], [bound - 1, bound - 1], [bound, bound + 1]],),
            ([[bound]],),
        ),
    )


def _before(r: str, c: str, diagonal: bool) -> str:
    """The places from which a cell is reached."""
    return f"(({r} - 1, {c}), ({r}, {c} - 1){f', ({r} - 1, {c} - 1)' if diagonal else ''})"


def _summing(names: tuple[str, ...], rows: str, cell: str, best: str, diagonal: bool, entry: int) -> list[Code]:
    table, r, c = names
    by_places = f"""
    {table}: dict[tuple[int, int], int] = {{}}
    for {r}, row in enumerate({rows}):
        for {c}, {cell} in enumerate(row):
            before = [{table}[place] for place in {_before(r, c, diagonal)} if place in {table}]
            {table}[{r}, {c}] = {cell} + {best}(before, default={entry})
    return {table}[{r}, {c}]
    """
    corner = f" + line[{c} - 1 : {c}]" if diagonal else ""
    by_rows = f"""
    line: list[int] = []
    for row in {rows}:
        {table} = []
        for {c}, {cell} in enumerate(row):
            before = line[{c} : {c} + 1] + {table}[{c} - 1 : {c}]{corner}
            {table}.append({cell} + {best}(before, default={entry}))
        line = {table}
    return line[-1]
    """
    moves = "((0, 1), (1, 0), (1, 1))" if diagonal else "((0, 1), (1, 0))"
    by_recursion = f"""
    rows = {rows}

    def onward({r}: int, {c}: int) -> int:
        onwards = [
            onward({r} + down, {c} + right)
            for down, right in {moves}
            if {r} + down < len(rows) and {c} + right < len(rows[0])
        ]
        return rows[{r}][{c}] + {best}(onwards, default={entry})

    return onward(0, 0)
    """
    return [Code(by_places), Code(by_rows), Code(by_recursion, style="recursion")]


def _counting(names: tuple[str, ...], rows: str, cell: str, allowed: str, diagonal: bool) -> list[Code]:
    table, r, c = names
    by_places = f"""
    {table}: dict[tuple[int, int], int] = {{}}
    for {r}, row in enumerate({rows}):
        for {c}, {cell} in enumerate(row):
            if {cell} {allowed}:
                before = sum({table}.get(place, 0) for place in {_before(r, c, diagonal)})
                {table}[{r}, {c}] = 1 if {r} == {c} == 0 else before
    return {table}.get(({r}, {c}), 0)
    """
    by_rows = f"""
    rows = {rows}
    {table} = [1] + [0] * (len(rows[0]) - 1)
    for row in rows:
        left = 0
        for {c}, {cell} in enumerate(row):
            left = {table}[{c}] + left if {cell} {allowed} else 0
            {table}[{c}] = left
    return {table}[-1]
    """
    moves = "((0, 1), (1, 0), (1, 1))" if diagonal else "((0, 1), (1, 0))"
    by_recursion = f"""
    rows = {rows}

    def walks(r: int, c: int) -> int:
        if r == len(rows) or c == len(rows[0]) or not rows[r][c] {allowed}:
            return 0
        if r == len(rows) - 1 and c == len(rows[0]) - 1:
            return 1
        return sum(walks(r + down, c + right) for down, right in {moves})

    return walks(0, 0)
    """
    by_waiting = f"""
    rows = {rows}
    met = 0
    waiting = [(0, 0)]
    while waiting:
        {r}, {c} = waiting.pop()
        if {r} < len(rows) and {c} < len(rows[0]) and rows[{r}][{c}] {allowed}:
            met += ({r}, {c}) == (len(rows) - 1, len(rows[0]) - 1)
            waiting += [({r} + down, {c} + right) for down, right in {moves}]
    return met
    """
    found = [Code(by_places), Code(by_recursion, style="recursion"), Code(by_waiting, style="search")]
    return found if diagonal else [*found, Code(by_rows)]


def _moving(names: tuple[str, ...], rows: str, cell: str, greatest: bool, letter: str) -> list[Code]:
    table, r, c = names
    sign = "-" if greatest else ""
    by_places = f"""
    {table}: dict[tuple[int, int], tuple[int, str]] = {{}}
    for {r}, row in enumerate({rows}):
        for {c}, {cell} in enumerate(row):
            before = [] if {r} or {c} else [(0, "")]
            if {r}:
                before.append(({table}[{r} - 1, {c}][0], {table}[{r} - 1, {c}][1] + "{letter}"))
            if {c}:
                before.append(({table}[{r}, {c} - 1][0], {table}[{r}, {c} - 1][1] + "R"))
            total, moves = min(before)
            {table}[{r}, {c}] = (total {"-" if greatest else "+"} {cell}, moves)
    return {table}[{r}, {c}][1]
    """
    by_recursion = f"""
    rows = {rows}

    def onward({r}: int, {c}: int) -> tuple[int, str]:
        found = []
        for down, right, letter in ((1, 0, "{letter}"), (0, 1, "R")):
            if {r} + down < len(rows) and {c} + right < len(rows[0]):
                rest, moves = onward({r} + down, {c} + right)
                found.append((rest, letter + moves))
        total, moves = min(found, default=(0, ""))
        return total {"-" if greatest else "+"} rows[{r}][{c}], moves

    return onward(0, 0)[1]
    """
    by_choice = f"""
    rows = {rows}
    walks = []
    for turns in combinations(range(len(rows) + len(rows[0]) - 2), len(rows) - 1):
        {r}, {c}, total, moves = 0, 0, rows[0][0], ""
        for step in range(len(rows) + len(rows[0]) - 2):
            moves += "{letter}" if step in turns else "R"
            {r}, {c} = ({r} + 1, {c}) if step in turns else ({r}, {c} + 1)
            total += rows[{r}][{c}]
        walks.append(({sign}total, moves))
    return min(walks)[1]
    """
    return [
        Code(by_places),
        Code(by_recursion, style="recursion"),
        Code(by_choice, "from itertools import combinations", "library"),
    ]
