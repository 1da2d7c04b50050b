"""Examples of docstrings: made from what the reference does, and turned into checks."""

import ast
import re

from codemix.synthetic.literals import has_set, literal
from codemix.synthetic.outcomes import RETURNED, Outcome
from codemix.synthetic.problem import Sketch

Case = tuple[tuple, Outcome]  # an input, and what the reference does with it
DULL = 2  # from here on a case tells next to nothing


def dullness(case: Case) -> int:
    """How little a case tells, from 0, a result that shows what is done, to 3, an error.

    Less is told by an empty input, by a result that is empty, None, 0 or -1, and by one that is the input itself. A
    class's case tells the more, the more different things its methods give.
    """
    given, outcome = case
    (what, value), *steps = outcome
    if what != RETURNED:
        return 3
    if steps:
        return max(0, 3 - len({literal(result) for done, result in steps if done == RETURNED and result is not None}))
    empty = not any(given) or any(not each and not isinstance(each, int | float) for each in given)
    nothing = not isinstance(value, bool) and (not value or value == -1)
    return int(empty) + int(nothing) + int(value in given)


def call(sketch: Sketch, given: tuple) -> str:
    """The expression that gives what a function does with an input."""
    text = f"{sketch.name}({', '.join(map(literal, given))})"
    return f"list({text})" if sketch.kind == "iterator" else text


def instance(sketch: Sketch) -> str:
    """What an instance of the class is called: the last word of its name."""
    return re.findall("[A-Z][a-z0-9]*", sketch.name)[-1].lower()


def step_call(sketch: Sketch, step: tuple) -> str:
    """The expression of one step with an instance."""
    method, given = step
    arguments = "" if given is None else f"({', '.join(map(literal, given))})"
    return f"{instance(sketch)}.{method}{arguments}"


def shown(sketch: Sketch, given: tuple, outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """The lines of a docstring's example: (source, what it prints). Nothing where the first of them raises."""
    if outcome[0][0] != RETURNED:
        return ()
    if sketch.kind != "class":
        return (_printed(call(sketch, given), outcome[0][1]),)
    arguments, steps = given
    lines = [(f"{instance(sketch)} = {sketch.name}({', '.join(map(literal, arguments))})", "")]
    for step, (what, value) in zip(steps, outcome[1:], strict=False):
        if what != RETURNED:
            break
        lines.append(_printed(step_call(sketch, step), value, statement=True))
    return tuple(lines)


def _printed(source: str, value: object, statement: bool = False) -> tuple[str, str]:
    if value is None:
        return (source, "") if statement else (f"{source} is None", "True")
    if has_set(value):
        return f"{source} == {literal(value)}", "True"
    return source, repr(value)


def example_checks(source: str) -> str:
    """Code that runs every example in the source's docstrings as doctest would, and asserts what it prints."""
    from doctest import DocTestParser  # imports a debugger; for workers only

    parser = DocTestParser()
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            continue
        for example in parser.get_examples(ast.get_docstring(node) or ""):
            text = example.source.strip()
            if example.exc_msg is not None:
                kind = example.exc_msg.split(":")[0].strip()
                lines += [f"try:\n    {text}\nexcept {kind}:\n    pass\nelse:\n    raise AssertionError({text!r})"]
            elif _is_expression(text):
                want = example.want.rstrip("\n")
                lines += [
                    f"_shown_ = {text}",
                    f"assert (_shown_ is None and not {want!r}) or repr(_shown_) == {want!r}",
                ]
            else:
                lines.append(text)
    return "\n".join(lines) + "\n"


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True
