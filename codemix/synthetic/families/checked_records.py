"""Records of fields checked against rules: the first error raised, or all of them gathered, and defaults."""

from random import Random
from typing import Any

from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Code, Parameter, Sketch

TOPIC = "error handling"
VERSION = 2


def sketch(draw: Draw) -> Sketch:
    scene = draw.scene
    record = draw.pick(("record", "entry", "form", "data", "fields"))
    label = scene.label
    number, low = draw.pick((("age", 18), ("year", 1950), ("count", 1), ("level", 0), ("size", 2), ("seats", 1)))
    high = low + draw.number(3, 60)
    longest = draw.number(4, 9)
    flags = draw.random.sample(("new", "open", "done", "late", "paid", "held", "sold", "lost"), 3)
    default = draw.pick(flags)
    # What each check is: the field, what is wrong with it, when, the exception, and the condition in words.
    checks = [
        (label, "missing", f"'{label}' not in {record}", "KeyError", f"`{label}` has to be there"),
        (
            label,
            "too long",
            f"len({record}.get('{label}', '')) > {longest}",
            "ValueError",
            f"`{label}` has at most {longest} characters",
        ),
        (
            number,
            "not a number",
            f"not isinstance({record}.get('{number}', {low}), int)",
            "TypeError",
            f"`{number}`, where it is given, is an int",
        ),
        (
            number,
            "out of range",
            f"isinstance({record}.get('{number}'), int) and not {low} <= {record}['{number}'] <= {high}",
            "ValueError",
            f"where `{number}` is an int, it lies between {low} and {high}, both included",
        ),
        (
            "state",
            "unknown",
            f"{record}.get('state', '{default}') not in {tuple(flags)}",
            "LookupError",
            f"`state`, where it is given, is one of {', '.join(repr(each) for each in flags)}",
        ),
    ]
    chosen = sorted(draw.random.sample(range(5), draw.number(3, 4)))
    used = [checks[n] for n in chosen]
    draw.random.shuffle(used)
    mode = draw.pick(("raise", "all", "first", "count", "by field"))
    name = draw.identifier(
        {
            "raise": f"[check|validate|require valid|complete] {record}",
            "all": f"[errors of|find errors in|check|problems of] {record}",
            "first": f"[first error in|first problem of|validate] {record}",
            "count": f"[count errors in|number of problems in] {record}",
            "by field": f"[errors by field|problems by field|faults of] {record}",
        }[mode]
    )
    filled = draw.chance(0.5)
    done = f"{{'state': '{default}', **{record}}}" if filled else f"sorted({record})"
    bodies = []
    errors = draw.pick(("errors", "problems", "found", "faults"))
    if mode == "raise":
        lines = [f"if {test}:\n    raise {kind}('{field} is {what}')" for field, what, test, kind, _ in used]
        bodies.append("\n".join([*lines, f"return {done}"]))
    elif mode == "first":
        lines = [f"if {test}:\n    return '{field} is {what}'" for field, what, test, _, _ in used]
        bodies.append("\n".join([*lines, "return None"]))
    else:
        add = {
            "all": f"{errors}.append('{{}} is {{}}')",
            "count": f"{errors} += 1",
            "by field": f"{errors}.setdefault('{{}}', []).append('{{}}')",
        }[mode]
        start = {"all": "[]", "count": "0", "by field": "{}"}[mode]
        lines = [f"if {test}:\n    {add.format(field, what)}" for field, what, test, _, _ in used]
        bodies.append("\n".join([f"{errors} = {start}", *lines, f"return {errors}"]))
    # The second solution has a table of all checks.
    again = {
        "missing": f"{record}.get('{label}') is None",
        "too long": f"{record}.get('{label}', '')[{longest}:] != ''",
        "not a number": f"type({record}.get('{number}', 0)) is not int",
        "out of range": f"type({record}.get('{number}')) is int "
        f"and {record}['{number}'] not in range({low}, {high + 1})",
        "unknown": f"'state' in {record} and all({record}['state'] != each for each in {flags})",
    }
    rows = "\n".join(f"    ('{field}', '{what}', {kind}, {again[what]})," for field, what, _, kind, _ in used)
    endings = {
        "raise": f"for _, what, kind, wrong in rows:\n    if wrong:\n        raise kind(what)\nreturn {done}",
        "first": "return next((f'{field} is {what}' for field, what, _, wrong in rows if wrong), None)",
        "all": "return [f'{field} is {what}' for field, what, _, wrong in rows if wrong]",
        "count": "return sum(wrong for *_, wrong in rows)",
        "by field": "wrongs = [(field, what) for field, what, _, wrong in rows if wrong]\n"
        "return {field: [what for other, what in wrongs if other == field] for field, _ in wrongs}",
    }
    bodies.append(f"rows = [\n{rows}\n]\n{endings[mode]}")
    numbered = "; ".join(f"({n}) {words}" for n, (*_, words) in enumerate(used, 1))
    named = ", ".join(f"{kind} for ({n})" for n, (_, _, _, kind, _) in enumerate(used, 1))
    shown = ", ".join(f"'{field} is {what}' for ({n})" for n, (field, what, *_) in enumerate(used, 1))
    words_of = ", ".join(f"'{what}' for ({n})" for n, (_, what, *_) in enumerate(used, 1))
    rules = [f"The conditions are, in this order: {numbered}."]
    rules.append(
        {
            "raise": f"The first condition that is broken raises an exception: {named}.",
            "first": f"The messages are {shown}; if nothing is wrong, the result is None.",
            "all": f"The messages are {shown}, in that order; without errors the list is empty.",
            "count": "Every broken condition counts as one.",
            "by field": f"The messages are {words_of}, in that order; fields without errors are left out.",
        }[mode]
    )
    if mode == "raise":
        rules.append(
            f"Where nothing is wrong, a copy is returned in which `state` is '{default}' if it was not given."
            if filled
            else "Where nothing is wrong, the names of the fields are returned, sorted."
        )
    tasks = {
        "raise": f"[check|validate] that `{record}` meets its conditions",
        "first": f"[return|find] the first error in `{record}`",
        "all": f"[list|return|collect] all errors in `{record}`",
        "count": f"[count the|return the number of] errors in `{record}`",
        "by field": f"[collect|gather] the errors in `{record}` by field",
    }

    def sample(random: Random) -> tuple[dict[str, Any]]:
        made: dict[str, Any] = {}
        if random.random() < 0.8:
            made[label] = random.choice(("x" * longest, "x" * (longest + 1), random.choice(scene.labels)))
        if random.random() < 0.85:
            made[number] = random.choice((low, low - 1, high, high + 1, low + 1, str(low), None))
        if random.random() < 0.7:
            made["state"] = random.choice((*flags, "gone", ""))
        return (made,)

    kinds = dict.fromkeys(kind for _, _, _, kind, _ in used)
    returns = "dict[str, object]" if filled else "list[str]"
    return Sketch(
        name=name,
        parameters=(Parameter(record, "dict[str, Any]", f"the {record} of one of the {scene.things}, by field"),),
        returns={"all": "list[str]", "first": "str | None", "count": "int", "by field": "dict[str, list[str]]"}.get(
            mode, returns
        ),
        task=draw.say(tasks[mode]),
        rules=tuple(rules),
        solution=Code(bodies[0], "from typing import Any", "checks"),
        second=Code(bodies[1], "from typing import Any"),
        sample=sample,
        raises=dict.fromkeys(kinds, "a condition that raises it is broken first") if mode == "raise" else {},
        edges=(
            ({},),
            ({label: "x" * longest, number: low, "state": flags[0]},),
            ({label: "x" * (longest + 1), number: high + 1, "state": "gone"},),
            ({label: "x", number: str(low)},),
        ),
    )
