"""Readers of another source's documents, each made into another text."""

import abc
import dataclasses
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, ClassVar

from codemix.data.documents import Bad, Document, Dropped
from codemix.data.source import Source
from codemix.store.fingerprint import fingerprint


@dataclasses.dataclass(frozen=True)
class DerivedReader(abc.ABC):
    """Reads what another source keeps, document by document. Identity, language, cluster, provenance, subset and fate
    (trained on or held out) are the original's.

    Attributes:
        of: the source of the originals; its filters see them first.
    """

    of: Source

    version: ClassVar[int]  # raised when the same original would give another text

    @abc.abstractmethod
    def text(self, original: Document) -> str:
        """Raises ValueError with the reason why there is none."""

    def fingerprint(self) -> str:
        # Another release of the lexers may tell other names and comments apart.
        return fingerprint([self.version, version("pygments"), self.of.key()])

    def shards(self) -> Sequence[Any]:
        return self.of.reader.shards()

    def documents(self, shard: Any) -> Iterator[Document | Dropped | Bad]:
        for original in self.of.documents(shard):
            if not isinstance(original, Document):
                yield original
                continue
            try:
                text = self.text(original)
            except ValueError as reason:
                yield Dropped(original.id, str(reason))
            else:
                yield dataclasses.replace(original, text=text, prompt=0)


@dataclasses.dataclass(frozen=True)
class CommentsOnly(DerivedReader):
    """Comments and docstrings as text (`codemix.data.derived.comments`)."""

    version: ClassVar[int] = 1

    def text(self, original: Document) -> str:
        from codemix.data.derived.comments import comments_of

        return comments_of(original.text, original.language)


@dataclasses.dataclass(frozen=True)
class Scrambled(DerivedReader):
    """Code with meaningless names, without comments (`codemix.data.derived.scrambling`)."""

    version: ClassVar[int] = 1

    def text(self, original: Document) -> str:
        from codemix.data.derived.scrambling import scramble

        return scramble(original.text, original.language)
