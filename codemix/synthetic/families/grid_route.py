"""The shortest way through a grid of open and closed cells: which moves there are, and what is asked of the way."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "graphs"
VERSION = 3
_MOVES = (
    ("(0, 1), (1, 0), (0, -1), (-1, 0)", "one cell up, down, left or right"),
    ("(0, 1), (1, 0), (0, -1)", "one cell to the right, to the left, or down"),
    ("(-1, 0), (0, 1), (1, 0), (1, 1)", "one cell up, right, down, or diagonally down to the right"),
)
_THEMES = (
    ("maze", "wall", "walls", "explorer"),
    ("floor plan", "shelf", "shelves", "cart"),
    ("map", "rock", "rocks", "robot"),
    ("garden", "hedge", "hedges", "hedgehog"),
    ("harbour chart", "shoal", "shoals", "boat"),
    ("cave", "pillar", "pillars", "bat"),
    ("board", "blocked cell", "blocked cells", "piece"),
)


def sketch(draw: Draw) -> Sketch:
    place, one, walls, mover = draw.pick(_THEMES)
    grid = draw.identifier(f"[grid|{place}|rows|cells]")
    mark = draw.pick("#X*@O")
    wanted = draw.pick(("moves", "cells", "reached", "farthest", "exit"))
    offsets, moves = draw.pick(_MOVES)
    wrap = offsets == _MOVES[0][0] and draw.chance(0.3)
    none = draw.pick(("-1", "None"))
    name = draw.identifier(
        {
            "moves": "[shortest|fewest|least] [route|path length|moves|steps|way]",
            "cells": "[cells|squares] [on route|of shortest way|to cross|entered]",
            "reached": "[reachable|count reachable|open] [cells|squares|area]",
            "farthest": f"[farthest|most distant|greatest] [cell|distance|steps for {mover}]",
            "exit": "[steps|moves|distance] [to bottom|to last row|to lower edge]",
        }[wanted]
    )
    queue, row = draw.locals("queue", "row", avoid=(grid, name, "column", "height", "width"))
    steps = draw.pick(("steps", "distance", "reached"))
    answers = {
        "moves": f"{steps}.get((height - 1, width - 1){'' if none == 'None' else ', -1'})",
        "cells": f"{steps}[height - 1, width - 1] + 1 if (height - 1, width - 1) in {steps} else {none}",
        "reached": f"len({steps})",
        "farthest": f"max({steps}.values())",
        "exit": f"min((n for (y, _), n in {steps}.items() if y == height - 1), default={none})",
    }
    pad = " " * 12
    ok = "" if wrap else "0 <= y < height and 0 <= x < width and "
    wrapped = f"{pad}# past an edge it goes on at the other\n{pad}y, x = y % height, x % width\n" if wrap else ""
    breadth_first = f"""
    height, width = len({grid}), len({grid}[0])
    {steps} = {{(0, 0): 0}}
    {queue} = deque([(0, 0)])
    while {queue}:
        {row}, column = {queue}.popleft()
        for down, right in MOVES:
            y, x = {row} + down, column + right
{wrapped}            if {ok}{grid}[y][x] != "{mark}" and (y, x) not in {steps}:
                {steps}[y, x] = {steps}[{row}, column] + 1
                {queue}.append((y, x))
    return {answers[wanted]}
    """
    layers = f"""
    height, width = len({grid}), len({grid}[0])
    free = {{(y, x) for y in range(height) for x in range(width) if {grid}[y][x] != "{mark}"}}
    {steps} = {{}}
    layer = {{(0, 0)}}
    number = 0
    while layer:
        {steps}.update(dict.fromkeys(layer, number))
        free -= layer
        number += 1
        around = {{(y + down, x + right) for y, x in layer for down, right in MOVES}}
        layer = free & {"{(y % height, x % width) for y, x in around}" if wrap else "around"}
    return {answers[wanted]}
    """
    before = f"MOVES = ({offsets})"
    solutions = [
        Code(breadth_first, f"from collections import deque\n\n{before}", "loop"),
        Code(layers, before, "comprehension"),
    ]
    draw.random.shuffle(solutions)
    tasks = {
        "moves": f"[find|return] the least number of moves from the upper left to the lower right cell of a {place}",
        "cells": "[count the|return the number of] cells on a shortest way from the upper left to the lower right cell "
        f"of a {place}, both included",
        "reached": f"[count the|return the number of] cells of a {place} that can be reached from the upper left one",
        "farthest": "[find|return] the number of moves from the upper left cell to the farthest of those that can be "
        f"reached in a {place}",
        "exit": f"[find|return] the least number of moves from the upper left cell of a {place} to any of its last row",
    }
    edge = ", and past an edge it goes on at the opposite one." if wrap else " and never beyond the edges."
    rules = [
        draw.say(f"[A move goes|Every move leads|The {mover} moves] {moves}, never onto a {one}{edge}"),
        draw.say(f"[In the rows|There], `{mark}` [is|marks] a {one} and `.` [a free cell|an open cell]."),
        draw.say("[The first cell is always free|The upper left cell is free], and all rows are equally long."),
    ]
    if wanted in ("moves", "cells", "exit"):
        rules.append(draw.say(f"[If there is no way, the result is {none}|Return {none} where there is no way]."))
    if wanted == "reached":
        rules.append("The upper left cell itself is counted.")

    def sample(random: Random) -> tuple[list[str]]:
        height, width = random.choice((1, 2, 3, 4, 4)), random.choice((1, 2, 3, 4, 5))
        density = random.choice((0.15, 0.3, 0.4))
        cells = [["." if random.random() > density else mark for _ in range(width)] for _ in range(height)]
        cells[0][0] = "."
        return (["".join(line) for line in cells],)

    return Sketch(
        name=name,
        parameters=(Parameter(grid, "list[str]", f"the rows of a {place} with {walls}"),),
        returns="int | None" if none == "None" and wanted in ("moves", "cells", "exit") else "int",
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        edges=(
            (["."],),
            ([f".{mark}", f"{mark}."],),
            (["...", f".{mark}.", "..."],),
            ([f".{mark}...", f".{mark}.{mark}.", f"...{mark}."],),
            ([f".{mark}..", f".{mark}.{mark}", f"...{mark}", f"{mark}{mark}.."],),
        ),
    )
