"""Where the problems' programs run: the sandbox, with limits that fit small functions."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from codemix.sandbox import Program, Sandbox, Verdict


class Judge(Protocol):
    """What verification needs of the sandbox."""

    def map(self, programs: "Iterable[Program]") -> "Iterator[Verdict]":
        """The verdicts, in order."""
        ...


def opened() -> "AbstractContextManager[Sandbox]":
    """A sandbox of one worker, to be entered: the processes around it are the parallelism."""
    from codemix.sandbox import Limits, Sandbox

    return Sandbox(Limits(cpu_seconds=5.0, wall_seconds=60.0, memory_bytes=256 << 20), 1)


def program(code: str, tests: str) -> "Program":
    """A solution and what judges it."""
    from codemix.sandbox import Program

    return Program(code, tests)
