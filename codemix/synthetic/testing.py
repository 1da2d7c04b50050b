"""Tests as source, in several styles."""

import textwrap

from codemix.synthetic.draw import Draw
from codemix.synthetic.examples import Case, call, instance, step_call
from codemix.synthetic.literals import literal
from codemix.synthetic.outcomes import RETURNED, Outcome
from codemix.synthetic.problem import Sketch


def tests(sketch: Sketch, cases: list[Case], draw: Draw) -> str:
    """Source that runs after the solution and raises where it is wrong."""
    blocks = [_block(sketch, *case) for case in cases]
    styles = [_flat, _functions, _check]
    if sketch.kind == "function" and all(_fits_table(outcome) for _, outcome in cases):
        styles.append(_table)
    body = draw.pick(styles)(sketch, cases, blocks, draw)
    return ("import math\n\n" if "math.isclose" in body else "") + body


def _fits_table(outcome: Outcome) -> bool:
    (what, value), *_ = outcome
    return what == RETURNED and value is not None and not isinstance(value, float)


def _flat(sketch: Sketch, cases: list[Case], blocks: list[str], draw: Draw) -> str:
    return "\n".join(blocks) + "\n"


def _check(sketch: Sketch, cases: list[Case], blocks: list[str], draw: Draw) -> str:
    name = draw.say("[check|run_checks|run_tests|verify|self_test|test_all]")
    return f"def {name}() -> None:\n{textwrap.indent(chr(10).join(blocks), '    ')}\n\n\n{name}()\n"


def _functions(sketch: Sketch, cases: list[Case], blocks: list[str], draw: Draw) -> str:
    subject = instance(sketch) if sketch.kind == "class" else sketch.name
    endings = draw.pick(
        (("basics", "edges", "more"), ("examples", "corner_cases", "others"), ("first", "second", "third"))
    )
    size = draw.number(2, 5)
    groups = [blocks[start : start + size] for start in range(0, len(blocks), size)]
    names = [
        f"test_{subject}_{endings[number] if number < len(endings) else number + 1}" for number in range(len(groups))
    ]
    functions = [
        f"def {name}() -> None:\n{textwrap.indent(chr(10).join(group), '    ')}\n"
        for name, group in zip(names, groups, strict=True)
    ]
    return "\n\n".join(functions) + "\n\n" + "\n".join(f"{name}()" for name in names) + "\n"


def _table(sketch: Sketch, cases: list[Case], blocks: list[str], draw: Draw) -> str:
    name = draw.pick(("CASES", "EXAMPLES", "EXPECTED", "TABLE", "TRIALS"))
    result = draw.pick(("expected", "wanted", "answer"))
    rows = "".join(f"    ({literal(given)}, {literal(outcome[0][1])}),\n" for given, outcome in cases)
    loop = f"for arguments, {result} in {name}:\n    assert {sketch.name}(*arguments) == {result}\n"
    return f"{name} = [\n{rows}]\n{loop}"


def _block(sketch: Sketch, given: tuple, outcome: Outcome) -> str:
    """The lines that check one input."""
    if sketch.kind != "class":
        return _assertion(call(sketch, given), *outcome[0])
    arguments, steps = given
    made = f"{sketch.name}({', '.join(map(literal, arguments))})"
    if outcome[0][0] != RETURNED:
        return _assertion(made, *outcome[0])
    lines = [f"{instance(sketch)} = {made}"]
    for step, (what, value) in zip(steps, outcome[1:], strict=True):
        text = step_call(sketch, step)
        lines.append(
            text if what == RETURNED and value is None and step[1] is not None else _assertion(text, what, value)
        )
    return "\n".join(lines)


def _assertion(text: str, what: str, value: object) -> str:
    if what != RETURNED:
        return f"try:\n    {text}\nexcept {value}:\n    pass\nelse:\n    raise AssertionError({f'{value} expected'!r})"
    if value is None or isinstance(value, bool):
        return f"assert {text} is {value}"
    if isinstance(value, float):
        return f"assert math.isclose({text}, {value!r}, rel_tol=1e-9, abs_tol=1e-9)"
    return f"assert {text} == {literal(value)}"
