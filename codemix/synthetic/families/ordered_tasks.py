"""An order of things of which some must come before others, with a rule for ties: topological sorting."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "graphs"
VERSION = 2
_THEMES = (
    ("task", "tasks", "done"),
    ("course", "courses", "taken"),
    ("package", "packages", "installed"),
    ("step", "steps", "carried out"),
    ("service", "services", "started"),
    ("chapter", "chapters", "read"),
    ("table", "tables", "created"),
    ("part", "parts", "mounted"),
)


def sketch(draw: Draw) -> Sketch:
    one, many, done = draw.pick(_THEMES)
    needs = draw.identifier(f"[needs|requirements|depends on|prerequisites|before {one}]")
    key, reverse, tie = draw.pick(
        (
            ("{x}", False, "the alphabetically first"),
            ("{x}", True, "the alphabetically last"),
            ("(len({x}), {x})", False, "the one with the shortest name, of equally long ones the alphabetically first"),
            ("(-len({x}), {x})", False, "the one with the longest name, of equally long ones the alphabetically first"),
            (f"(len({needs}[{{x}}]), {{x}})", False, "the one with the fewest needs, then the alphabetically first"),
            (f"(-len({needs}[{{x}}]), {{x}})", False, "the one with the most needs, then the alphabetically first"),
            ("({x}[-1], {x})", False, "the one whose last letter is first in the alphabet, then the smaller name"),
        )
    )
    wanted = draw.pick(("order", "rounds", "number", "order", "level", "stuck"))
    cycle = draw.pick(("raise", "None", "[]"))
    if wanted == "stuck":
        cycle = "stuck"
    elif wanted in ("number", "level") and cycle == "[]":
        cycle = "None"
    name = draw.identifier(
        {
            "order": f"[{one} order|order {many}|sequence of {many}|arrange {many}]",
            "rounds": f"[rounds of {many}|{one} rounds|batches of {many}|{one} waves]",
            "number": "[count rounds|number of rounds|rounds needed|needed waves]",
            "level": f"[{one} levels|level of {many}|{one} depths]",
            "stuck": f"[stuck {many}|blocked {many}|impossible {many}|never {done}]",
        }[wanted]
    )
    order, ready = draw.pick((("order", "ready"), ("result", "free"), ("arranged", "possible"), ("plan", "open_ones")))
    fail = {
        "raise": f"raise ValueError('the {many} need each other')",
        "None": "return None",
        "[]": "return []",
    }.get(cycle, "break")
    best = f"{'max' if reverse else 'min'}({ready}{_by(key)})"
    is_ready = f"all(need in {order} for need in {needs}[x])"
    if wanted == "order":
        first = f"""
            {order} = []
            while len({order}) < len({needs}):
                {ready} = [x for x in {needs} if x not in {order} and {is_ready}]
                if not {ready}:
                    {fail}
                {order}.append({best})
            return {order}
        """
        then = f"sorted(missing{_by(key)}{', reverse=True' if reverse else ''})"
        second = f"""
            missing = {{x: set(each) for x, each in {needs}.items()}}
            {order} = []
            while missing:
                for x in {then}:
                    if not missing[x]:
                        break
                else:
                    {fail}
                del missing[x]
                for each in missing.values():
                    each.discard(x)
                {order}.append(x)
            return {order}
        """
    else:
        answers = {
            "rounds": ("rounds", "[sorted(x for x in level if level[x] == n) for n in range(height)]"),
            "number": ("len(rounds)", "height"),
            "level": ("{x: n for n, each in enumerate(rounds) for x in each}", "level"),
            "stuck": (f"sorted(set({needs}) - {order})", f"sorted(x for x in {needs} if x not in level)"),
        }[wanted]
        first = f"""
            {order} = set()
            rounds = []
            while len({order}) < len({needs}):
                {ready} = sorted(x for x in {needs} if x not in {order} and {is_ready})
                if not {ready}:
                    {fail}
                rounds.append({ready})
                {order}.update({ready})
            return {answers[0]}
        """
        height = "            height = max(level.values(), default=-1) + 1\n" if "height" in answers[1] else ""
        check = f"            if len(level) < len({needs}):\n                {fail}\n" if wanted != "stuck" else ""
        second = f"""
            level = {{}}
            # a longest chain of needs has as many links as there are rounds
            for _ in {needs}:
                for x, each in {needs}.items():
                    if all(need in level for need in each):
                        level[x] = max((level[need] + 1 for need in each), default=0)
{check}{height}            return {answers[1]}
        """
    solutions = [Code(first), Code(second)]
    if wanted != "stuck":
        draw.random.shuffle(solutions)
    tasks = {
        "order": f"[find|return|determine] the order in which the {many} are {done}",
        "rounds": f"[arrange|divide] the {many} into rounds, each a sorted list",
        "number": f"[find|return] how many rounds it takes until all {many} are {done}",
        "level": f"[find|return] for every one of the {many} the number of the round in which it is {done}, from 0 on",
        "stuck": f"[list|return] in alphabetical order the {many} that can never be {done}",
    }
    each = draw.say(f"[Every|Each|A] {one} can be {done} only after all that it needs")
    rules = [
        f"{each}." if wanted in ("order", "stuck") else f"{each}, in an earlier round.",
        draw.say(f"`{needs}` has a key for every {one}[|, also for one that needs nothing]."),
    ]
    if wanted == "order":
        rules.append(draw.say(f"[Whenever|Where] several could be next, [it is|take] {tie}."))
    elif wanted != "stuck":
        rules.append(draw.say(f"A round has all the {many} that [can be {done} by then|have become possible]."))
    rules.append(
        {
            "raise": f"If {many} need each other in a circle, raise ValueError.",
            "None": f"If {many} need each other in a circle, the result is None.",
            "[]": f"If {many} need each other in a circle, the result is empty.",
        }.get(cycle, f"That is so where {many} need each other in a circle, or need one of such a circle.")
    )
    names = draw.random.sample(("plan", "ask", "buy", "cut", "glue", "paint", "pack", "send", "bill", "test"), 6)

    def sample(random: Random) -> tuple[dict[str, list[str]]]:
        some = random.sample(names, random.randint(0, 6))
        graph = {x: random.sample(some[:n], random.randint(0, min(n, 2))) for n, x in enumerate(some)}
        if some and random.random() < 0.3:
            x = random.choice(some)
            graph[x] = [*graph[x], random.choice([y for y in some if y not in graph[x]] or [x])][:3]
        keys = random.sample(some, len(some))
        return ({x: graph[x] for x in keys},)

    a, b, c, d = names[:4]
    result = {
        "order": "list[str]",
        "rounds": "list[list[str]]",
        "number": "int",
        "level": "dict[str, int]",
        "stuck": "list[str]",
    }[wanted]
    return Sketch(
        name=name,
        parameters=(Parameter(needs, "dict[str, list[str]]", f"the {many} and what each of them needs"),),
        returns=f"{result} | None" if cycle == "None" else result,
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        raises={"ValueError": f"{many} need each other in a circle"} if cycle == "raise" else {},
        edges=(({},), ({a: [b], b: []},), ({a: [], b: [], c: []},), ({a: [b], b: [a], c: [], d: [c]},)),
    )


def _by(key: str) -> str:
    return "" if key == "{x}" else f", key=lambda x: {key.format(x='x')}"
