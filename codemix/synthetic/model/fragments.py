"""Fragments: a few consecutive lines of real code, as many as OSS-Instruct takes (arXiv 2312.02120 §2.1: 1 to 15)."""

from collections.abc import Iterator

from codemix.data.documents import Document
from codemix.data.source import Reader
from codemix.errors import UserError
from codemix.synthetic.draw import seeded

_LINES = (4, 15)
_LONGEST = 1500  # characters
_DOCUMENTS = 2000  # that are drawn from: a fragment comes back with other lines, another style, another difficulty


class Fragments:
    """Fragments by index: the same reader and seed give the same ones.

    Raises UserError where the reader has no Python.

    Args:
        reader: of documents; those in Python count.
        seed: of the order of its shards, and of the fragments.
    """

    def __init__(self, reader: Reader, seed: int):
        self._seed = seed
        self._documents: list[tuple[str, list[str]]] = []
        shards = list(reader.shards())
        seeded(seed, 0, "shards").shuffle(shards)
        for shard in shards:
            self._documents.extend(_usable(reader, shard))
            if len(self._documents) >= _DOCUMENTS:
                break
        if not self._documents:
            raise UserError(
                "ModelGenerator.fragments has no Python documents of four lines or more; give a reader of code."
            )

    def at(self, index: int) -> tuple[str, str]:
        """(the document's identity, the lines)."""
        random = seeded(self._seed, index, "fragment")
        identity, lines = random.choice(self._documents)
        count = min(random.randint(*_LINES), len(lines))
        start = random.randint(0, len(lines) - count)
        return identity, "\n".join(lines[start : start + count])[:_LONGEST]


def _usable(reader: Reader, shard: object) -> Iterator[tuple[str, list[str]]]:
    for document in reader.documents(shard):
        if not isinstance(document, Document) or document.language != "python":
            continue
        lines = [line.rstrip() for line in document.text.splitlines() if line.strip()]
        if len(lines) >= _LINES[0]:
            yield document.id, lines[:5000]
