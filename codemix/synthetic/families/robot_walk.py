"""A robot on a board that follows a text of commands: what they mean, what happens at the edge, what is asked."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Contract, Parameter, Sketch

TOPIC = "simulation"
VERSION = 2
_EDGES = {
    "stay": "A step that would leave the board is not made.",
    "wrap": "Past an edge of the board it comes in again at the opposite one.",
    "stop": "At the first step that would leave the board it stops, and the rest is ignored.",
    "none": "The board has no edges, so that columns and rows may be negative.",
}


def sketch(draw: Draw) -> Sketch:
    mover = draw.pick(("robot", "rover", "lawn mower", "drone", "turtle", "cursor", "crane", "sweeper"))
    commands = draw.identifier("[commands|moves|program|steps|instructions|route]")
    width, height = draw.number(3, 7), draw.number(3, 7)
    edge = draw.pick(list(_EDGES))
    wanted = draw.pick(("end", "end", "distance", "visited", "again", "far"))
    turns = draw.chance(0.5)
    # Upwards, to the right, downwards, to the left; turning right goes on in this order.
    letters = draw.pick(("FRL", "GRL", "MRL", "+><") if turns else ("URDL", "NESW", "^>v<"))
    name = draw.identifier(
        {
            "end": f"[run|drive|follow|final] [{mover}|place|position|{commands}]",
            "distance": "[distance|steps|way] [from start|back|home]",
            "visited": "[count|number of] [visited|different|touched] [cells|places]",
            "again": "[revisits|count returns|steps onto known cells|times met again]",
            "far": "[greatest|largest|maximal] [distance|separation]",
        }[wanted]
    )
    seen, char = draw.locals("seen", "char", avoid=(commands, name, "x", "y", "dx", "dy", "a", "b"))
    inside = f"0 <= a < {width} and 0 <= b < {height}"
    move = {
        "stay": ["a, b = x + dx, y + dy", f"if {inside}:", "    x, y = a, b"],
        "wrap": [f"x, y = (x + dx) % {width}, (y + dy) % {height}"],
        "stop": ["a, b = x + dx, y + dy", f"if not ({inside}):", "    break", "x, y = a, b"],
        "none": ["x, y = x + dx, y + dy"],
    }[edge]
    note = {"visited": [f"{seen}.add((x, y))"], "far": ["far = max(far, abs(x) + abs(y))"]}.get(wanted, [])
    if wanted == "again":
        note = [f"again += (x, y) in {seen}", f"{seen}.add((x, y))"]
    start = ["x, y = 0, 0"]
    if wanted in ("visited", "again"):
        start.append(f"{seen} = {{(0, 0)}}")
    start += {"again": ["again = 0"], "far": ["far = 0"]}.get(wanted, [])
    answer = {
        "end": "x, y",
        "distance": "abs(x) + abs(y)",
        "visited": f"len({seen})",
        "again": "again",
        "far": "far",
    }[wanted]
    if turns:
        right, left = letters[1], letters[2]
        start.append("dx, dy = 0, 1")
        loop = [f"if {char} == '{right}':", "    dx, dy = dy, -dx", f"elif {char} == '{left}':", "    dx, dy = -dy, dx"]
        loop += ["else:", *(f"    {line}" for line in move + note)]
    else:
        loop = [f"dx, dy = MOVES[{char}]", *move, *note]
    body = [*start, f"for {char} in {commands}:", *(f"    {line}" for line in loop), f"return {answer}"]
    table = ", ".join(f"'{c}': {m}" for c, m in zip(letters, ("(0, 1)", "(1, 0)", "(0, -1)", "(-1, 0)"), strict=False))
    solution = Code("\n".join(body), "" if turns else f"MOVES = {{{table}}}", "simulation")
    # The second solution has the place as a complex number, and keeps all places.
    steer = (
        [
            f"if {char} in '{letters[1:]}':",
            f"    ahead *= -1j if {char} == '{letters[1]}' else 1j",
            "    continue",
        ]
        if turns
        else [f"ahead = (1j, 1, -1j, -1)['{letters}'.index({char})]"]
    )
    off = f"{{after.real, {width - 1} - after.real, after.imag, {height - 1} - after.imag}}"
    checks = {
        "stay": [f"if min({off}) < 0:", "    after = places[-1]"],
        "wrap": [f"after = complex(after.real % {width}, after.imag % {height})"],
        "stop": [f"if min({off}) < 0:", "    break"],
        "none": [],
    }[edge]
    result = {
        "end": "int(places[-1].real), int(places[-1].imag)",
        "distance": "int(abs(places[-1].real) + abs(places[-1].imag))",
        "visited": "len(set(places))",
        "again": "len(places) - len(set(places))",
        "far": "int(max(abs(place.real) + abs(place.imag) for place in places))",
    }[wanted]
    second = ["places = [0j]", "ahead = 1j", f"for {char} in {commands}:"]
    second += [f"    {line}" for line in (*steer, "after = places[-1] + ahead", *checks, "places.append(after)")]
    meaning = (
        f"`{letters[0]}` is a step ahead, `{letters[1]}` a turn to the right and `{letters[2]}` one to the left, on "
        "the spot; at first it looks up."
        if turns
        else f"`{letters[0]}`, `{letters[1]}`, `{letters[2]}` and `{letters[3]}` are steps up, right, down and left."
    )
    board = "on a board without edges" if edge == "none" else f"on a board of {width} columns and {height} rows"
    cell = "the cell in column 0 and row 0" if edge == "none" else "the lower left cell, in column 0 and row 0"
    tasks = {
        "end": f"[find|return] where a {mover} {board} stands in the end, as its column and row",
        "distance": f"[find|return] how far from its start a {mover} {board} stands in the end",
        "visited": f"[count the|return the number of] different cells on which a {mover} {board} has stood",
        "again": f"[count|find] how often a {mover} {board} ends a step on a cell on which it has stood before",
        "far": f"[find|return] the greatest distance from its start that a {mover} {board} ever has",
    }
    rules = [
        meaning,
        draw.say(f"The {mover} [starts on|begins on] {cell}; columns grow to the right, rows upwards."),
        _EDGES[edge],
    ]
    if wanted in ("distance", "far"):
        rules.append("The distance is that in columns plus that in rows.")
    if wanted == "visited":
        rules.append("The cell where it starts is one of them.")
    if wanted == "again" and edge == "stay":
        rules.append("A step that is not made counts, too: it ends where it began.")
    if wanted == "again" and turns:
        rules.append("Turns are not steps.")
    weights = letters[0] * 3 + letters[1:] if turns else letters
    most = width + height + 8 if turns else 14

    def sample(random: Random) -> tuple[str]:
        favoured = random.choice(letters) + letters[0] if random.random() < 0.5 else ""
        return ("".join(random.choice(weights + favoured * 2) for _ in range(random.randint(0, most))),)

    round_trip = (letters[0] + letters[1]) * 4 if turns else letters
    known = {
        "end": f"abs(result[0]) <= {max(3, width)} and abs(result[1]) <= {max(3, height)}",
        "visited": f"1 <= result <= len({commands}) + 1",
        "again": f"0 <= result <= len({commands})",
    }.get(wanted, f"0 <= result <= {max(3, width + height)}")
    return Sketch(
        name=name,
        parameters=(Parameter(commands, "str", f"the commands for a {mover}, a letter or sign each"),),
        returns="tuple[int, int]" if wanted == "end" else "int",
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solution,
        second=Code("\n".join([*second, f"return {result}"])),
        contract=Contract(
            (
                f"len({commands}) <= 3",
                f"all(one in {letters!r} for one in {commands})",
            ),
            (known,),
        ),
        sample=sample,
        edges=(("",), (letters[0],), (round_trip,), (letters[0] * height,)),
    )
