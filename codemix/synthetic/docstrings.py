"""Docstrings in the usual styles, with examples that a program can check."""

from codemix.synthetic.draw import Draw
from codemix.synthetic.phrases import capital, wrapped
from codemix.synthetic.problem import Sketch

_WIDTH = 88
STYLES = ("plain", "google", "numpy", "sphinx")


def docstring(sketch: Sketch, draw: Draw, opening: str, examples: tuple[tuple[str, str], ...]) -> str:
    """The text of a docstring.

    Args:
        sketch: gives arguments, result and errors.
        draw: chooses the style.
        opening: its first lines; "" for a summary of the task.
        examples: (source, what it prints).
    """
    summary = opening or _summary(sketch)
    sections = _SECTIONS[draw.pick(STYLES)](sketch)
    shown = "\n".join(f">>> {source}\n{printed}".rstrip() for source, printed in examples)
    return "\n\n".join(filter(None, [summary, *sections, shown]))


def _summary(sketch: Sketch) -> str:
    steps = [wrapped(f"{number}. {step}", _WIDTH, "   ") for number, step in enumerate(sketch.steps, 1)]
    task = wrapped(capital(sketch.task) + (":" if steps else "."), _WIDTH)
    return "\n\n".join([task, "\n".join(steps)]) if steps else task


def _plain(sketch: Sketch) -> list[str]:
    raised = [f"Raises {name} if {when}." for name, when in sketch.raises.items()]
    return ["\n".join(raised)]


def _google(sketch: Sketch) -> list[str]:
    arguments = [_hung(f"    {each.name}: {capital(each.about)}.", 8) for each in sketch.parameters]
    raised = [_hung(f"    {name}: If {when}.", 8) for name, when in sketch.raises.items()]
    return [_section("Args:", arguments), _section("Raises:", raised)]


def _numpy(sketch: Sketch) -> list[str]:
    arguments = [
        f"{each.name} : {each.type}\n{_hung('    ' + capital(each.about) + '.', 4)}" for each in sketch.parameters
    ]
    raised = [f"{name}\n{_hung('    If ' + when + '.', 4)}" for name, when in sketch.raises.items()]
    return [_section("Parameters\n----------", arguments), _section("Raises\n------", raised)]


def _sphinx(sketch: Sketch) -> list[str]:
    arguments = [_hung(f":param {each.name}: {each.about}", 4) for each in sketch.parameters]
    raised = [_hung(f":raises {name}: if {when}", 4) for name, when in sketch.raises.items()]
    return ["\n".join([*arguments, *raised])]


_SECTIONS = {"plain": _plain, "google": _google, "numpy": _numpy, "sphinx": _sphinx}


def _section(title: str, entries: list[str]) -> str:
    return "\n".join([title, *entries]) if entries else ""


def _hung(text: str, indent: int) -> str:
    return wrapped(text, _WIDTH, " " * indent)
