"""Events fed to a machine with a few states: what it does with each, and what is asked of it in the end."""

from random import Random

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "state machines"
VERSION = 2
_MACHINES = (
    ("turnstile", ("locked", "open", "jammed")),
    ("traffic light", ("red", "green", "amber")),
    ("door", ("closed", "open", "bolted")),
    ("lamp", ("off", "dim", "bright")),
    ("player", ("stopped", "playing", "paused")),
    ("heater", ("off", "low", "high", "boost")),
    ("connection", ("idle", "waiting", "ready", "failed")),
    ("washing machine", ("idle", "filling", "washing", "spinning")),
    ("toy robot", ("asleep", "walking", "dancing")),
    ("drone", ("landed", "hovering", "flying")),
)
# Buttons and ways to press them mean nothing by themselves, so that any change may be theirs.
_EVENTS = (
    ("red", "blue", "white"),
    ("short", "long", "double"),
    ("a", "b", "c"),
    ("left", "right", "both"),
    ("knock", "clap", "whistle"),
    ("one", "two", "three"),
)


def sketch(draw: Draw) -> Sketch:
    machine, all_states = draw.pick(_MACHINES)
    states, events = list(all_states), draw.pick(_EVENTS)
    given = draw.identifier("[events|signals|inputs|presses|log]")
    # Every state after the first is reached from the one before it; the rest is drawn.
    table: dict[tuple[str, str], str] = {}
    for before, after in zip(states, states[1:] + states[:1], strict=True):
        table[before, draw.pick(events)] = after
    for _ in range(draw.number(1, 3)):
        before, after = draw.random.sample(states, 2)
        table.setdefault((before, draw.pick(events)), after)
    unknown = draw.pick(("stay", "raise", "stop", "first"))
    wanted = draw.pick(("end", "path", "visits", "changes", "ignored", "reach"))
    goal = states[-1]
    name = draw.identifier(
        {
            "end": f"[final|last|resulting] [state|{machine} state]",
            "path": f"[{machine} states|trace|history|states of {machine}]",
            "visits": f"[visits to|times|count] {goal}",
            "changes": "[count|number of] [changes|transitions]",
            "ignored": "[ignored|refused|useless] [signals|events count]",
            "reach": f"[last time|position of last|latest] {goal}",
        }[wanted]
    )
    state = draw.pick(("state", "now", "current", "mode"))
    event = draw.pick(("event", "signal", "one", "what"))
    # An event without an arrow: what it does is one line, and whether it counts as ignored another.
    ignored = ["ignored += 1"] if wanted == "ignored" else []
    refuse = {
        "stay": [*ignored, "continue"],
        "raise": [f"raise ValueError({event})"],
        "stop": ["break"],
        "first": [*ignored, f"{state} = '{states[0]}'", "continue"],
    }
    if wanted == "ignored" and unknown in ("raise", "stop"):
        unknown = "stay"
    start, note, answer = {
        "end": ("", "", state),
        "path": (f"path = [{state}]", f"path.append({state})", "path"),
        "visits": ("visits = 0", f"visits += {state} == '{goal}'", "visits"),
        "changes": ("changes = 0", "changes += 1", "changes"),
        "ignored": ("ignored = 0", "", "ignored"),
        "reach": ("latest = None", f"if {state} == '{goal}':\n        latest = number", "latest"),
    }[wanted]
    loop = f"for number, {event} in enumerate({given}):" if wanted == "reach" else f"for {event} in {given}:"
    head = [f"{state} = '{states[0]}'", *([start] if start else []), loop]
    tail = [*([f"    {note}"] if note else []), f"return {answer}"]
    arrows = "\n".join(f"    ('{a}', '{b}'): '{c}'," for (a, b), c in table.items())
    by_table = [
        *head,
        f"    if ({state}, {event}) not in ARROWS:",
        *(f"        {line}" for line in refuse[unknown]),
        f"    {state} = ARROWS[{state}, {event}]",
        *tail,
    ]
    branches = []
    for number, ((a, b), c) in enumerate(table.items()):
        branches += [
            f"    {'elif' if number else 'if'} {state} == '{a}' and {event} == '{b}':",
            f"        {state} = '{c}'",
        ]
    by_branches = [*head, *branches, "    else:", *(f"        {line}" for line in refuse[unknown]), *tail]
    solutions = [
        Code("\n".join(by_table), f"ARROWS = {{\n{arrows}\n}}", "table"),
        Code("\n".join(by_branches), style="branches"),
    ]
    draw.random.shuffle(solutions)
    tasks = {
        "end": f"[find|return] the state of a {machine} after the events in `{given}`",
        "path": f"[list|return] the states through which a {machine} goes with the events in `{given}`",
        "visits": f"[count|find] how often an event in `{given}` brings a {machine} to the state '{goal}'",
        "changes": f"[count|find] how often an event in `{given}` changes the state of a {machine}",
        "ignored": f"[count|find] how many events in `{given}` mean nothing to a {machine} in its state",
        "reach": f"[find|return] the place, from 0, of the last event in `{given}` that brings a {machine} to '{goal}'",
    }
    moves = "; ".join(f"from '{a}' to '{c}' with '{b}'" for (a, b), c in table.items())
    rules = [
        draw.say(f"[At first the {machine} is|The {machine} begins in the state] '{states[0]}'."),
        draw.say(f"[It changes|The {machine} changes] {moves}."),
        {
            "stay": "With any other event it stays in its state.",
            "raise": "Any other event raises ValueError.",
            "stop": "At the first other event it breaks down: that event and all after it are left out.",
            "first": f"Any other event puts it back to '{states[0]}'"
            + (", which does not count as a change." if wanted in ("visits", "changes", "path", "reach") else "."),
        }[unknown],
    ]
    if wanted == "path":
        rules.append("The first state is the first in the list, and every known change adds one.")
    if wanted == "reach":
        rules.append("If no event brings it there, the result is None.")

    def sample(random: Random) -> tuple[list[str]]:
        now = states[0]
        log = []
        for _ in range(random.randint(0, 9)):
            known = [b for a, b in table if a == now]
            event = random.choice(known if random.random() < 0.75 else events)
            now = table.get((now, event), now)
            log.append(event)
        return (log,)

    return Sketch(
        name=name,
        parameters=(Parameter(given, "list[str]", f"the events that a {machine} meets, one after another"),),
        returns={"end": "str", "path": "list[str]", "reach": "int | None"}.get(wanted, "int"),
        task=draw.say(tasks[wanted]),
        rules=tuple(rules),
        solution=solutions[0],
        second=solutions[1],
        sample=sample,
        raises={"ValueError": "an event means nothing in the present state"} if unknown == "raise" else {},
        edges=(([],), ([events[0]],), ([events[0], events[1], events[0]],), ([b for _, b in table] * 2,)),
    )
