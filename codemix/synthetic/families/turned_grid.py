"""A grid of numbers turned, mirrored, walked round or cut: one or two operations, and how they are written."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "matrices"
VERSION = 3
# What is done, one expression with {g}, and another that gives cell (r, c) of the result from a
# grid with `rows` rows and `columns` columns; whether height and width change places.
_TURNS = (
    ("transposed", "[list(line) for line in zip(*{g})]", "{g}[c][r]", True),
    ("turned by a quarter to the right", "[list(line) for line in zip(*{g}[::-1])]", "{g}[rows - 1 - c][r]", True),
    ("turned by a quarter to the left", "[list(line) for line in zip(*{g})][::-1]", "{g}[c][columns - 1 - r]", True),
    ("turned by half a turn", "[line[::-1] for line in {g}[::-1]]", "{g}[rows - 1 - r][columns - 1 - c]", False),
    ("mirrored from left to right", "[line[::-1] for line in {g}]", "{g}[r][columns - 1 - c]", False),
    ("mirrored from top to bottom", "{g}[::-1]", "{g}[rows - 1 - r][c]", False),
    (
        "mirrored at the diagonal from the lower left to the upper right",
        "[list(line)[::-1] for line in zip(*{g})][::-1]",
        "{g}[rows - 1 - c][columns - 1 - r]",
        True,
    ),
)


def sketch(draw: Draw) -> Sketch:
    grid = draw.identifier("[grid|matrix|cells|table|picture|tiles]")
    said, whole, cell, swaps = draw.pick(_TURNS)
    then = draw.pick(("grid", "spiral", "diagonal", "border", "columns", "snake"))
    name = draw.identifier(
        f"[turn|flip|move|arrange] [{grid}|cells]"
        if then == "grid"
        else f"[{then}|read {then}|{then} of turned|{then} values|take {then}]"
    )
    out = draw.pick(("turned", "result", "moved", "changed"))
    if then == "grid":
        after, other_after = f"return {out}", f"return {out}"
    else:
        after, other_after = _AFTER[then]
        after, other_after = after.format(g=out), other_after.format(g=out)
    one = f"{out} = {whole.format(g=grid)}\n{after}"
    height, width = ("columns", "rows") if swaps else ("rows", "columns")
    made = f"rows, columns = len({grid}), len({grid}[0]) if {grid} else 0\n"
    made += f"{out} = [[{cell.format(g=grid)} for c in range({width})] for r in range({height})]\n"
    solutions = [Code(one, style="library"), Code(f"{made}{other_after}", style="comprehension")]
    ends = {
        "grid": f"[return|give] a copy of `{grid}` that is {said}",
        "spiral": f"[list|return] the cells of `{grid}`, {said}, along a spiral",
        "diagonal": f"[list|return] the numbers on the main diagonal of `{grid}` after the grid is {said}",
        "border": f"[list|return] the numbers at the border of `{grid}` after the grid is {said}",
        "columns": f"[list|return] the numbers of `{grid}`, column by column, after the grid is {said}",
        "snake": f"[list|return] the numbers of `{grid}` along a snake after the grid is {said}",
    }
    notes = {
        "grid": "The grid that is given stays as it is.",
        "spiral": "The spiral begins in the upper left corner, goes to the right first, and then inwards clockwise.",
        "diagonal": "The main diagonal runs from the upper left cell downwards, as far as there are rows and columns.",
        "border": "The first and last row and column are the border, read row by row; each cell comes once.",
        "columns": "The columns are read from left to right, each from top to bottom.",
        "snake": "A snake goes through the first row to the right, through the second to the left, and so on.",
    }

    def sample(random: Random) -> tuple[list[list[int]]]:
        width = random.randint(1, 4)
        return ([[random.randint(0, 30) for _ in range(width)] for _ in range(random.randint(0, 4))],)

    known = (
        f"sum(map(len, result)) == sum(map(len, {grid}))" if then == "grid" else f"len(result) <= sum(map(len, {grid}))"
    )
    return Sketch(
        name=name,
        parameters=(Parameter(grid, "list[list[int]]", "the rows of a grid of numbers"),),
        returns="list[list[int]]" if then == "grid" else "list[int]",
        task=draw.say(ends[then]),
        rules=(
            notes[then],
            draw.say("[All rows are equally long and not empty|The rows have one length, at least 1]; ")
            + "without any rows the result is empty.",
        ),
        solution=solutions[0],
        second=solutions[1],
        contract=Contract(
            (
                f"len({grid}) <= 2",
                f"all(1 <= len(row) <= 2 and len(row) == len({grid}[0]) for row in {grid})",
            ),
            (known,),
        ),
        sample=sample,
        edges=(([],), ([[1, 2, 3], [4, 5, 6]],), ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), ([[7]],)),
    )


_AFTER = {
    "spiral": (
        "path = []\nwhile {g}:\n    path += {g}[0]\n    # the rest, turned so that its next side is on top\n"
        "    {g} = [list(line) for line in zip(*{g}[1:])][::-1]\nreturn path",
        "free = {{(r, c): value for r, line in enumerate({g}) for c, value in enumerate(line)}}\n"
        "path = []\nr, c, down, right = 0, 0, 0, 1\nwhile free:\n    path.append(free.pop((r, c)))\n"
        "    if (r + down, c + right) not in free:\n        down, right = right, -down\n"
        "    r, c = r + down, c + right\nreturn path",
    ),
    "diagonal": (
        "return [line[n] for n, line in enumerate({g}) if n < len(line)]",
        "size = min(len({g}), len({g}[0])) if {g} else 0\nreturn [{g}[n][n] for n in range(size)]",
    ),
    "border": (
        "path = []\nfor n, line in enumerate({g}):\n    if 0 < n < len({g}) - 1 and len(line) > 1:\n"
        "        path += [line[0], line[-1]]\n    else:\n        path += line\nreturn path",
        "last_row, last_column = len({g}) - 1, len({g}[0]) - 1 if {g} else 0\n"
        "return [\n    value\n    for r, line in enumerate({g})\n    for c, value in enumerate(line)\n"
        "    if r in (0, last_row) or c in (0, last_column)\n]",
    ),
    "columns": (
        "return [value for column in zip(*{g}) for value in column]",
        "width = len({g}[0]) if {g} else 0\nreturn [line[c] for c in range(width) for line in {g}]",
    ),
    "snake": (
        "path = []\nfor n, line in enumerate({g}):\n    path += line if n % 2 == 0 else line[::-1]\nreturn path",
        "path = []\nahead = True\nfor line in {g}:\n    path.extend(line if ahead else reversed(line))\n"
        "    ahead = not ahead\nreturn path",
    ),
}
