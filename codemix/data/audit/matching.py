"""Matching: which items' n-grams a document has. Hits of the hash table are compared word by word."""

import bisect
import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from codemix.data.audit import kernels
from codemix.data.audit.index import Index, load_index
from codemix.data.audit.normalisation import KINDS, Tokens, fold, tokens
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
    found: list[int]  # the numbers of its units that the document has, rising
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
    """The parts of items that have at least one unit in the text, in the order of the index."""
    matches = []
    for kind in KINDS:
        document = tokens(text, kind)
        for part, found in sorted(_found(index, kind, document).items()):
            numbers = sorted(found)
            first = _longest_run(sorted(set(found.values())))
            start = _character(text, kind, document, first)
            matches.append(Match(part, numbers, start, text[start : start + _EXCERPT]))
    return matches


def _found(index: Index, kind: str, document: Tokens) -> dict[int, dict[int, int]]:
    """part -> its unit -> the first token of the document's where it is; compared word by word."""
    table = index.tables[kind]
    length, shortest = index.lengths[kind]
    positions, slots = np.empty(2 * len(document), np.int64), np.empty(2 * len(document), np.int64)
    count = kernels.find_windows(document.hashes, length, shortest, table.filter, table.keys, positions, slots)
    found: dict[int, dict[int, int]] = {}
    for position, slot in zip(positions[:count].tolist(), slots[:count].tolist(), strict=True):
        for unit in range(table.first[slot], table.first[slot + 1]):
            units = found.setdefault(int(table.part[unit]), {})
            number = int(table.number[unit])
            if number not in units and document.window(position, int(table.length[unit])) == table.unit(unit):
                units[number] = position
    return {part: units for part, units in found.items() if units}


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


def _character(text: str, kind: str, document: Tokens, first: int) -> int:
    """Where a token is in the text, in characters."""
    offset = len(document.content[: document.starts[first]].decode())
    if kind == "code" or len(document.content.decode()) == len(text):
        return offset
    # Folding altered the length: the shortest beginning of the text that folds to more than what is before the token.
    return bisect.bisect_right(range(len(text)), offset, key=lambda end: len(fold(text[:end]))) - 1
