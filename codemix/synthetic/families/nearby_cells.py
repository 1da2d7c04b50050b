"""A value for every cell of a grid from the cells around it: which are neighbours, which count, and for what."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.parts import predicate
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "matrices"
VERSION = 2
_AROUND = (
    (
        "abs(y - r) + abs(x - c) == 1",
        "[(r - 1, c), (r, c - 1), (r, c + 1), (r + 1, c)]",
        "up, down, left and right of it",
    ),
    (
        "max(abs(y - r), abs(x - c)) == 1",
        "[(y, x) for y in range(r - 1, r + 2) for x in range(c - 1, c + 2) if (y, x) != (r, c)]",
        "around it in all eight directions",
    ),
    (
        "abs(y - r) == abs(x - c) == 1",
        "[(r - 1, c - 1), (r - 1, c + 1), (r + 1, c - 1), (r + 1, c + 1)]",
        "that touch it at a corner only",
    ),
    ("y == r and x != c", "[(r, x) for x in range(len({g}[0])) if x != c]", "of its row, itself left out"),
    ("x == c and y != r", "[(y, c) for y in range(len({g})) if y != r]", "of its column, itself left out"),
)


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    grid = draw.identifier(f"[grid|{scene.measures}|field|cells|plan]")
    condition, places, said = draw.pick(_AROUND)
    test = predicate(draw, 0, 20)
    use = draw.pick(("count", "sum", "greatest", "smallest", "larger", "peaks", "quiet", "next"))
    name = draw.identifier(
        {
            "count": f"[count|number of] [{test.word}|matching] [neighbours|nearby cells]",
            "sum": "[sums|totals] of neighbours",
            "greatest": "[greatest|highest] [neighbours|nearby]",
            "smallest": "[smallest|lowest] [neighbours|nearby]",
            "larger": "[count|number of] [larger|greater] neighbours",
            "peaks": "[find|list|collect] [peaks|summits|tops]",
            "quiet": f"[count|number of] [cells|places] without [{test.word}|such] neighbours",
            "next": f"[next|following|new] [{scene.measures}|state|grid]",
        }[use]
    )
    near = draw.pick(("near", "around", "neighbours", "others"))
    step = draw.number(1, 3)
    step_times = f"{step} * " if step > 1 else ""
    measure = {
        "count": f"sum(1 for n in {near} if {test.code('n')})",
        "sum": f"sum({near})",
        "greatest": f"max({near}, default=0)",
        "smallest": f"min({near}, default=0)",
        "larger": f"sum(n > {grid}[r][c] for n in {near})",
        "peaks": f"all(n < {grid}[r][c] for n in {near})",
        "quiet": f"not any({test.code('n')} for n in {near})",
        "next": f"{grid}[r][c] + {step_times}sum(n > {grid}[r][c] for n in {near})",
    }[use]
    listing = use in ("peaks", "quiet")
    # Every cell is looked at to see whether it is a neighbour.
    inner = f"""
                {near} = [
                    value
                    for y, row in enumerate({grid})
                    for x, value in enumerate(row)
                    if {condition}
                ]"""
    if listing:
        slow = f"""
        found = {"0" if use == "quiet" else "[]"}
        for r in range(len({grid})):
            for c in range(len({grid}[0])):{inner}
                if {measure}:
                    {"found += 1" if use == "quiet" else "found.append((r, c))"}
        return found
        """
    else:
        slow = f"""
        found = []
        for r in range(len({grid})):
            line = []
            for c in range(len({grid}[0])):{inner}
                line.append({measure})
            found.append(line)
        return found
        """
    fast = f"""
        value_at = {{(r, c): value for r, row in enumerate({grid}) for c, value in enumerate(row)}}

        def {use if use != "sum" else "total"}_at(r, c):
            places = {places.format(g=grid)}
            {near} = [value_at[place] for place in places if place in value_at]
            return {measure}

    """
    call = f"{use if use != 'sum' else 'total'}_at(r, c)"
    fast += {
        "peaks": f"    return [(r, c) for r, c in value_at if {call}]",
        "quiet": f"    return sum(1 for r, c in value_at if {call})",
    }.get(use, f"    return [[{call} for c in range(len(row))] for r, row in enumerate({grid})]")
    solutions = [Code(slow), Code(fast, style="helper")]
    draw.random.shuffle(solutions)
    each = draw.say("[find|return|compute] for every cell of `{}`").format(grid)
    tasks = {
        "count": f"{each} how many of its neighbours are {test.phrase}",
        "sum": f"{each} the sum of its neighbours",
        "greatest": f"{each} the greatest of its neighbours",
        "smallest": f"{each} the smallest of its neighbours",
        "larger": f"{each} how many of its neighbours are greater than itself",
        "peaks": f"[list|find|return] the cells of `{grid}` that are greater than all their neighbours",
        "quiet": f"[count the|return the number of] cells of `{grid}` none of whose neighbours are {test.phrase}",
        "next": f"{each} its number plus {step if step > 1 else 'one'} for every neighbour that is greater",
    }
    rules = [
        draw.say(f"The neighbours of a cell are [the cells|those] {said}, as far as [there are any|they exist]."),
        draw.say("All rows have the same length[|, at least 1]."),
    ]
    if use in ("greatest", "smallest"):
        rules.append("A cell without neighbours gets 0.")
    if use == "peaks":
        rules.append(
            "Cells are pairs of row and column, counted from 0, and in reading order; without neighbours a cell is one."
        )
    if not listing:
        rules.append("The result is a grid of the same shape; what is given is not changed.")

    def sample(random: Random) -> tuple[list[list[int]]]:
        width = random.randint(1, 4)
        pool = [each for each in test.borders if each >= 0] + [random.randint(0, 20) for _ in range(5)]
        return ([[random.choice(pool) for _ in range(width)] for _ in range(random.randint(0, 4))],)

    known = {
        "peaks": f"all(0 <= r < len({grid}) and 0 <= c < len({grid}[0]) for r, c in result)",
        "quiet": f"0 <= result <= 2 * len({grid})",
    }.get(use, f"[len(row) for row in result] == [len(row) for row in {grid}]")
    return Sketch(
        name=name,
        parameters=(Parameter(grid, "list[list[int]]", f"a grid of {scene.measures}, in {scene.unit}"),),
        returns={"peaks": "list[tuple[int, int]]", "quiet": "int"}.get(use, "list[list[int]]"),
        task=draw.say(tasks[use]),
        rules=tuple(rules),
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
        edges=(([],), ([[5]],), ([[1, 9, 4], [12, 3, 20], [7, 7, 2]],)),
    )
