"""Records that become documents: where they lie (the origin) and what their fields mean (the schema).

Any schema reads from any origin: SlimPajama's rows are the same in a folder, in a bucket and on the hub.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from codemix.data.documents import Bad, Document, Dropped
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint


class Part(Protocol):
    """A picklable piece of an origin, read by one worker: a file, or some row groups of one."""

    @property
    def name(self) -> str:
        """Which file it is, without what differs between machines; for messages and provenance."""
        ...

    @property
    def subset(self) -> str:
        """The subset whose files it belongs to; "" where the origin does not tell them apart."""
        ...


class Origin(Protocol):
    """Where records lie. A frozen dataclass."""

    @property
    def names_subsets(self) -> bool:
        """Whether its locations tell the subsets apart (a folder for each language)."""
        ...

    def fingerprint(self, subsets: Sequence[str]) -> str:
        """The key of the bytes that would be read, wherever they lie."""
        ...

    def parts(self, subsets: Sequence[str]) -> Sequence[Part]:
        """In a fixed order. Raises UserError where there is nothing to read."""
        ...

    def records(self, part: Any, fields: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]] | Bad]:
        """(line or row number from 1, record) of one part, in order; bounded memory.

        Args:
            part: one of `parts`.
            fields: those that the schema reads; others may be left out. A file whose columns lack one is a UserError.
        """
        ...


class Unfit(Exception):
    """Raised by a schema for a record that is whole but no document: the reason of its drop."""


class Unreadable(Exception):
    """Raised by a schema for a record whose fields are not what the schema says: the reason of its quarantine."""


class Schema(Protocol):
    """What the fields of a record mean. A frozen dataclass: its fields are part of the key of what it makes."""

    version: ClassVar[int]  # raised when the same record would give another document

    @property
    def fields(self) -> tuple[str, ...]:
        """Of the record, those it needs; one whose name ends in "?" may be missing."""
        ...

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        """Raises Unfit or Unreadable."""
        ...


@dataclasses.dataclass(frozen=True)
class Records:
    """Reads the records of an origin by a schema.

    Attributes:
        origin: where they lie.
        schema: what their fields mean.
        subsets: which parts of the corpus are read: they fill in `{subset}` in the origin's patterns, or, where those
            do not tell the subsets apart, are what `Document.subset` must be. By default all.
    """

    origin: Origin
    schema: Schema
    subsets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "subsets", tuple(self.subsets))
        if self.origin.names_subsets and not self.subsets:
            raise UserError("Records.subsets is empty, and the origin's patterns have a {subset}; name at least one.")

    def fingerprint(self) -> str:
        schema = [self.schema, self.schema.version]
        return fingerprint([schema, self.subsets, self.origin.fingerprint(self.subsets)])

    def shards(self) -> Sequence[Part]:
        return self.origin.parts(self.subsets)

    def documents(self, shard: Part) -> Iterator[Document | Dropped | Bad]:
        fields = self.schema.fields
        for found in self.origin.records(shard, fields):
            if isinstance(found, Bad):
                yield found
                continue
            number, record = found
            where = f"{shard.name}:{number}"
            try:
                document = self.schema.document(record, shard)
            except Unfit as reason:
                yield Dropped(where, str(reason))
            except Unreadable as reason:
                yield Bad(where, str(reason), str(dict(record))[:1000])
            else:
                if self.subsets and not self.origin.names_subsets and document.subset not in self.subsets:
                    yield Dropped(document.id, f"subset {document.subset}")
                else:
                    yield document
