"""Synthetic problems as a source that makes and verifies them when it is read."""

import dataclasses
from collections.abc import Iterator, Sequence

from codemix.data.documents import Document, Dropped
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint
from codemix.synthetic.collection import as_document, key_of, verified
from codemix.synthetic.registry import chosen

_SHARD = 250  # problems: some seconds of work


@dataclasses.dataclass(frozen=True)
class SyntheticProblems:
    """Python problems that are verified at levels 1 to 4 (`codemix.synthetic.verification`).

    Attributes:
        count: problems that are made; those that fail a level are dropped and counted.
        seed: of all of them.
        families: which, by name; by default all.
    """

    count: int
    seed: int = 1
    families: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "families", tuple(self.families))
        if self.count < 1:
            raise UserError(f"SyntheticProblems.count is {self.count}; give at least 1.")
        chosen(self.families)

    def fingerprint(self) -> str:
        return fingerprint([self.count, key_of(self.seed, self.families)])

    def shards(self) -> Sequence[tuple[int, int]]:
        """(first index, index after the last)."""
        return [(start, min(start + _SHARD, self.count)) for start in range(0, self.count, _SHARD)]

    def documents(self, shard: tuple[int, int]) -> Iterator[Document | Dropped]:
        for result in verified(self.seed, *shard, self.families, {}):
            yield as_document(result)
