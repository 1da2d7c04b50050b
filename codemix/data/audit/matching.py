"""Matching: which items' n-grams a document has. Hits of the hash table are compared word by word."""

import bisect
import dataclasses
import functools
import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from codemix.data.audit.index import Index, Table, load_index
from codemix.data.audit.normalisation import KINDS, Tokens, fold, tokens, windows
from codemix.data.document_store import read_document_file
from codemix.store.atomic import write_bytes

_EXCERPT = 300  # characters
SCHEMA = pa.schema(
    [
        ("document", pa.string()),
        ("benchmark", pa.string()),
        ("item", pa.string()),
        ("part", pa.string()),
        ("units", pa.int32()),  # that the part has: n-grams, and short passages as a whole
        ("found", pa.list_(pa.int32())),  # the numbers of those that the document has
        ("start", pa.int64()),  # of the longest run of them in the document's text, in characters
        ("excerpt", pa.string()),
    ]
)


@dataclasses.dataclass(frozen=True)
class Match:
    """A part of an item in a document."""

    part: int  # in `Index.parts`
    found: list[int]  # the numbers of its units that are there, rising
    start: int  # of the longest run of them, in characters
    excerpt: str  # the text from there


def audit_file(index_path: Path, documents: Path, path: Path) -> Path:
    """Writes to `path` what of the index is in one file of documents, unless it is there. Runs in a worker.

    The thresholds of `Audit` are applied to it later, by `codemix.data.audit.table`.

    Args:
        index_path: from `build_index`.
        documents: a file of a document store.
        path: a Parquet file, of `SCHEMA`; its own metadata has the index's key and how many documents were searched.
    """
    index = load_index(index_path)
    if path.exists() and read_searched(path)["index"] == index.key:
        return path
    rows: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    searched = 0
    for document in read_document_file(documents):
        searched += 1
        for match in find_matches(index, document.text):
            part = index.parts[match.part]
            found = (document.id, part.benchmark, part.item, part.name, part.units)
            for name, value in zip(SCHEMA.names, (*found, match.found, match.start, match.excerpt), strict=True):
                rows[name].append(value)
    metadata = {"index": index.key, "documents": str(searched)}
    content = pa.BufferOutputStream()
    pq.write_table(pa.table(rows, schema=SCHEMA.with_metadata(metadata)), content, compression="zstd")
    write_bytes(path, content.getvalue())
    return path


def read_matches(path: Path) -> pa.Table:
    """What `audit_file` wrote."""
    return pq.read_table(pa.BufferReader(path.read_bytes()))


def read_searched(path: Path) -> dict[str, str]:
    """ "index": the key of what was looked for; "documents": in how many."""
    with path.open("rb") as file:
        return {key.decode(): value.decode() for key, value in (pq.read_schema(file).metadata or {}).items()}


def find_matches(index: Index, text: str) -> list[Match]:
    """The parts of items that have at least one unit in the text: of text first, each kind in the index's order."""
    matches = []
    for kind in KINDS:
        table = index.tables[kind]
        if not table.keys.size:
            continue
        hits = windows(text, kind, index.lengths[kind], table.filter, table.keys)
        if not hits.size:
            continue
        document = tokens(text, kind)
        places = _Places(text, document.content.decode())
        for part, units in sorted(_units(table, document, *hits).items()):
            first = _longest_run(sorted(set(units.values())))
            start = places.character(len(document.content[: document.starts[first]].decode()))
            matches.append(Match(part, sorted(units), start, text[start : start + _EXCERPT]))
    return matches


def _units(table: Table, document: Tokens, positions: np.ndarray, entries: np.ndarray) -> dict[int, dict[int, int]]:
    """part -> its units in the document -> the first token at which each is; compared token by token.

    Args:
        table: of the document's kind.
        document: its tokens.
        positions, entries: the first token of each window whose key is in the table, and its entry.
    """
    from codemix.data.audit import kernels

    candidates = int((table.first[entries + 1] - table.first[entries]).sum())
    units, where = np.empty(candidates, np.int64), np.empty(candidates, np.int64)
    content = np.frombuffer(document.content, np.uint8)
    spans = (table.first, table.start, table.end, table.passages)
    count = kernels.same_units(content, document.starts, document.ends, positions, entries, *spans, units, where)
    units = units[:count]
    found: dict[int, dict[int, int]] = {}
    columns = (table.part[units], table.number[units], where[:count])
    for part, number, position in zip(*(column.tolist() for column in columns), strict=True):
        found.setdefault(part, {}).setdefault(number, position)
    return found


def _longest_run(positions: list[int]) -> int:
    """The first of the longest row of consecutive numbers; of equally long ones the first."""
    best = start = positions[0]
    longest = 0
    for before, position in zip([positions[0] - 1, *positions], positions, strict=False):
        if position != before + 1:
            start = position
        if position - start >= longest:
            best, longest = start, position - start + 1
    return best


class _Places:
    """Where in a text the characters of its normalised form are."""

    def __init__(self, text: str, normalised: str):
        self._text = text
        self._same = len(text) == len(normalised)

    @functools.cached_property
    def _lines(self) -> list[tuple[int, int]]:
        """Of every line, where it begins when folded and as it is. Folding keeps lines apart."""
        lines = self._text.split("\n")
        folded = itertools.accumulate((len(fold(line)) + 1 for line in lines), initial=0)
        return list(zip(folded, itertools.accumulate((len(line) + 1 for line in lines), initial=0), strict=True))

    def character(self, offset: int) -> int:
        """The character of the text that gives the normalised one at `offset`."""
        if self._same:
            return offset
        line = bisect.bisect_right(self._lines, offset, key=lambda starts: starts[0]) - 1
        folded, start = self._lines[line]
        content = self._text[start : self._lines[line + 1][1] - 1]
        # The shortest beginning of the line that folds to more than what is before.
        lengths = range(len(content) + 1)
        return start + bisect.bisect_right(lengths, offset - folded, key=lambda size: len(fold(content[:size]))) - 1
