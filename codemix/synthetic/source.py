"""The source of a solution: head, docstring and body."""

import textwrap

from codemix.synthetic.problem import Code, Sketch

_NESTED = ("def ", "class ", "@")  # stand below an empty line


def head(sketch: Sketch) -> str:
    """The `def` or `class` line, without indentation."""
    if sketch.kind == "class":
        return f"class {sketch.name}:"
    parameters = ", ".join(f"{each.name}: {each.type}" for each in sketch.parameters)
    return f"def {sketch.name}({parameters}) -> {sketch.returns}:"


def definition(sketch: Sketch, code: Code, docstring: str = "", comments: bool = True) -> str:
    """The function or class, without what comes before it.

    Args:
        sketch: whose.
        code: one of its solutions.
        docstring: its text, "" for none; may have several lines.
        comments: whether lines that are only a comment are kept.
    """
    parts, body = [head(sketch)], _clean(code.body, comments)
    if docstring:
        parts.append(textwrap.indent(_quoted(docstring), "    "))
        if sketch.kind == "class" or body.startswith(_NESTED):
            parts.append("")
    parts.append(textwrap.indent(body, "    "))
    return "\n".join(parts) + "\n"


def source(sketch: Sketch, code: Code, docstring: str = "", comments: bool = True) -> str:
    """A module: imports, helpers, and the definition."""
    before = _clean(code.before, comments)
    own = definition(sketch, code, docstring, comments)
    if not before:
        return own
    return f"{before}\n\n\n{own}"


def _quoted(text: str) -> str:
    if '"""' in text:
        raise ValueError(f'a docstring cannot hold """: {text!r}')
    mark = "r" if "\\" in text else ""
    end = "\n" if "\n" in text or text.endswith('"') else ""
    return f'{mark}"""{text}{end}"""'


def _clean(text: str, comments: bool) -> str:
    lines = textwrap.dedent(text).strip("\n").rstrip().splitlines()
    return "\n".join(line.rstrip() for line in lines if comments or not line.lstrip().startswith("#"))
