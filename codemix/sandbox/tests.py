"""Tests, ready to judge one item after the other."""

import builtins
from dataclasses import dataclass
from types import CodeType

from codemix.sandbox.effects import keeps_to_itself

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Tests:
    """The tests of one or many items.

    Attributes:
        source: a module's source.
        entry_point: see `Program`.
        compiled: the source, compiled.
        names: that the source mentions, but for builtins, and the entry point.
        keep_to_themselves: the interpreter is after them what it was before.
    """

    source: str
    entry_point: str | None
    compiled: CodeType
    names: frozenset[str]
    keep_to_themselves: bool

    @classmethod
    def of(cls, source: str, entry_point: str | None) -> "Tests":
        """Compiles the source.

        Raises:
            SyntaxError, ValueError, MemoryError, RecursionError: it does not compile.
        """
        compiled = compile(source, "<tests>", "exec", dont_inherit=True)
        names = _names_in(compiled) | ({entry_point} if entry_point is not None else set())
        return cls(source, entry_point, compiled, frozenset(names), keeps_to_itself(compiled))


def _names_in(code: CodeType) -> set[str]:
    """The names that a module's code mentions, in functions too, but for builtins."""
    found = set(code.co_names) - _BUILTINS
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names_in(constant)
    return found
