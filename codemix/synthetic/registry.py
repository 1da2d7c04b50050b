"""Which families there are: the modules of `codemix.synthetic.families`."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from codemix.errors import UserError
from codemix.synthetic import families as package
from codemix.synthetic.draw import Draw
from codemix.synthetic.problem import Sketch


@dataclasses.dataclass(frozen=True)
class Family:
    """A module of `codemix.synthetic.families`."""

    name: str  # of the module
    topic: str  # its TOPIC
    version: int  # its VERSION: raised when the same draw would give another sketch
    sketch: Callable[[Draw], Sketch]


@cache
def families() -> dict[str, Family]:
    """name -> family, sorted by name."""
    found = {}
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        found[entry.name] = Family(entry.name, module.TOPIC, module.VERSION, module.sketch)
    return found


def chosen(names: tuple[str, ...]) -> tuple[Family, ...]:
    """The families of these names, or all where none is given. Raises UserError for an unknown one."""
    known = families()
    for name in names:
        if name not in known:
            raise UserError(f"families: there is no family '{name}'; give some of {', '.join(known)}.")
    return tuple(known[name] for name in names or known)
