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
def names() -> tuple[str, ...]:
    """The names of all families, sorted. Loads none of them."""
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(package.__path__)))


@cache
def family(name: str) -> Family:
    """The family of a module's name.

    Raises:
        UserError: the module cannot be imported, or lacks what a family has. The error behind it is its cause.
    """
    module_name = f"{package.__name__}.{name}"
    try:
        module = importlib.import_module(module_name)
        return Family(name, module.TOPIC, module.VERSION, module.sketch)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise UserError(f"{module_name} is no family of problems ({told}); mend the module or remove it.") from error


def families() -> dict[str, Family]:
    """name -> family, sorted by name. Raises as `family`."""
    return {name: family(name) for name in names()}


def chosen(wanted: tuple[str, ...]) -> tuple[Family, ...]:
    """The families of these names, or all where none is given; others are not loaded.

    Raises:
        UserError: there is no family of a name, or as `family`.
    """
    for name in wanted:
        if name not in names():
            raise UserError(f"families: there is no family '{name}'; give some of {', '.join(names())}.")
    return tuple(map(family, wanted or names()))
