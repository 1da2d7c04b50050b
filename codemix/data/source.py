"""Sources: a corpus or a slice of one, and how its records become documents."""

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Protocol

from codemix.data.documents import Bad, Document, Dropped
from codemix.data.filters import Filter
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint

FAMILIES = ("text", "web_code", "markup", "synthetic", "adjacent", "instruct")

# Raised whenever the same source would give other documents, or documents in another layout.
DOCUMENTS_VERSION = 2


class Reader(Protocol):
    """How records become documents. A frozen dataclass."""

    def __hash__(self) -> int: ...

    def fingerprint(self) -> str:
        """The key of what would be read and of how it becomes documents, without reading it."""
        ...

    def shards(self) -> Sequence[Any]:
        """Picklable parts of the work, in a fixed order."""
        ...

    def documents(self, shard: Any) -> Iterator[Document | Dropped | Bad]:
        """The documents of one shard, in a fixed order, and what could not become one."""
        ...


@dataclasses.dataclass(frozen=True)
class Source:
    """A named corpus.

    Attributes:
        name: the name of its task, too.
        family: one of `FAMILIES`.
        reader: where its records lie and how they become documents.
        filters: applied in order; the first that does not keep a document names the reason of its drop.
        budget_bytes: documents are taken in the reader's order until their UTF-8 text reaches this; None takes all.
        heldout_share: share of the documents, chosen by a hash of their identity, that training never sees.
        bad_share: share of the records that may be unreadable; more of them stop the task.
        expected_tokens: tokens that the whole corpus is known to have, as published: what the plan counts with until
            the source is prepared, and what simulated epoching takes for its size.
    """

    name: str
    family: str
    reader: Reader
    filters: tuple[Filter, ...] = ()
    budget_bytes: int | None = None
    heldout_share: float = 0.05
    bad_share: float = 0.001
    expected_tokens: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", tuple(self.filters))
        if not self.name.replace("_", "a").isalnum():
            raise UserError(f"Source.name: {self.name!r} is not a name; use letters, digits and underscores.")
        if self.family not in FAMILIES:
            raise UserError(f"Source '{self.name}': family is {self.family!r}; give one of {', '.join(FAMILIES)}.")
        if not 0 <= self.heldout_share < 1:
            raise UserError(
                f"Source '{self.name}': heldout_share is {self.heldout_share}; give a share of at least 0, below 1."
            )
        if not 0 <= self.bad_share <= 1:
            raise UserError(f"Source '{self.name}': bad_share is {self.bad_share}; give a share from 0 to 1.")
        if self.budget_bytes is not None and self.budget_bytes <= 0:
            raise UserError(
                f"Source '{self.name}': budget_bytes is {self.budget_bytes}; give a positive number or None for all."
            )
        if self.expected_tokens is not None and self.expected_tokens <= 0:
            raise UserError(
                f"Source '{self.name}': expected_tokens is {self.expected_tokens}; give a positive number, or None "
                "where it is not known."
            )

    def documents(self, shard: Any) -> Iterator[Document | Dropped | Bad]:
        """What the reader gives of one of its shards, in its order, with what a filter does not keep as dropped."""
        for found in self.reader.documents(shard):
            if isinstance(found, Document):
                rejected = next((each.reason for each in self.filters if not each.keeps(found)), None)
                yield Dropped(found.id, rejected) if rejected else found
            else:
                yield found

    def key(self) -> str:
        """The key of the document store that this source fills: of what is read, wherever it lies, and what is kept."""
        reader = [type(self.reader).__name__, _reader_fingerprint(self.reader)]
        kept = [self.filters, self.budget_bytes, self.heldout_share]
        return fingerprint([self.name, self.family, reader, kept, DOCUMENTS_VERSION])


@cache
def _reader_fingerprint(reader: Reader) -> str:
    return reader.fingerprint()
