"""A problem of a benchmark whose answers are programs."""

import dataclasses
from typing import Any

from codemix.evaluation.items import item_hash
from codemix.sandbox import Program


@dataclasses.dataclass(frozen=True)
class Problem:
    """What the model reads, and what is run of its answer.

    Attributes:
        item: its identity in the benchmark.
        prompt: what the model goes on from.
        solution: the reference, as it would follow the prompt.
        head: code before the answer in the program: the prompt where that is code, else empty.
        tail: code after it, which the tests use.
        tests: a module that passes by ending without an exception; see `Program.tests`.
        entry_point: what the program must define, if the benchmark says so.
        stop: strings at the first of which an answer ends.
    """

    item: str
    prompt: str
    solution: str
    head: str
    tail: str
    tests: str
    entry_point: str | None
    stop: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Of all that shapes its score."""
        content: dict[str, Any] = dataclasses.asdict(self)
        return item_hash({name: value for name, value in content.items() if name != "item"})

    def program(self, answer: str) -> Program:
        """An answer as the program that the tests judge."""
        return Program(self.head + answer + (f"\n{self.tail}" if self.tail else ""), self.tests, self.entry_point)
