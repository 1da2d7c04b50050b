"""What the three local readers share: which files they take, in which order and under which key."""

import abc
import dataclasses
from collections.abc import Iterator, Sequence
from typing import ClassVar

from codemix.data.documents import Document, Dropped, well_formed
from codemix.data.local.environment import LocalFile, local_files
from codemix.store.fingerprint import fingerprint

FILES_PER_SHARD = 128  # a second or so of parsing


@dataclasses.dataclass(frozen=True)
class LocalReader(abc.ABC):
    """Reads installed files, one document from each.

    Attributes:
        roots: the distributions whose dependency closure is read.
        standard_library: whether Python's own files are read as well.
    """

    roots: tuple[str, ...] = ("codemix",)
    standard_library: bool = True

    suffixes: ClassVar[dict[str, str]]  # suffix -> language
    version: ClassVar[int]  # raised when the same file would give another document

    def __post_init__(self) -> None:
        object.__setattr__(self, "roots", tuple(self.roots))

    @abc.abstractmethod
    def text(self, file: LocalFile, content: bytes) -> tuple[str, str]:
        """The text of the document and its language. Raises ValueError with the reason why there is none."""

    def files(self) -> list[LocalFile]:
        return [file for file in local_files(self.roots, self.standard_library) if file.suffix in self.suffixes]

    def fingerprint(self) -> str:
        files = ("\t".join((file.identity, file.version, file.licence, file.digest)) for file in self.files())
        return fingerprint([self.version, "\n".join(files)])

    def shards(self) -> Sequence[tuple[LocalFile, ...]]:
        files = self.files()
        return [tuple(files[start : start + FILES_PER_SHARD]) for start in range(0, len(files), FILES_PER_SHARD)]

    def documents(self, shard: tuple[LocalFile, ...]) -> Iterator[Document | Dropped]:
        for file in shard:
            try:
                with open(file.location, "rb") as stream:
                    text, language = self.text(file, stream.read())
            except FileNotFoundError:
                yield Dropped(file.identity, "file missing")
            except ValueError as reason:
                yield Dropped(file.identity, str(reason))
            else:
                yield Document(file.identity, well_formed(text), language, file.package, file.provenance())


def decode(content: bytes) -> str:
    """UTF-8 text with "\\n" line ends. Raises ValueError if it is not UTF-8, or binary."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if "\0" in text:
        raise ValueError("binary")
    return text.replace("\r\n", "\n").replace("\r", "\n")
