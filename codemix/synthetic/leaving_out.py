"""Which problems of a generation repeat others, and which have items of benchmarks in them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from codemix.data.audit.config import Audit
from codemix.data.audit.matching import audit_file
from codemix.data.audit.table import matching_documents
from codemix.data.auditing import audit_index
from codemix.data.document_store import read_columns
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.near_duplicates.signatures import SignedFile, sign_file
from codemix.data.pool import Pool
from codemix.data.seen import Seen

_NEAR_DUPLICATES = NearDuplicates(("synthetic",), prefer="first")


def repeated(documents: list[Path], partial: Path, pool: Pool) -> list[dict[int, str]]:
    """For every file the rows that repeat another problem, and why they are left out."""
    from codemix.data.near_duplicates.clusters import resolve

    calls = [(_NEAR_DUPLICATES, path, partial / "signatures" / path.name) for path in documents]
    signed = [SignedFile(path, "synthetic", False) for path in pool.map_in_order(sign_file, calls)]
    seen = Seen()
    out: list[dict[int, str]] = []
    for path, losses in zip(documents, resolve(_NEAR_DUPLICATES, signed), strict=True):
        rows = dict.fromkeys(losses.rows.tolist(), "near-duplicate")
        digests = np.array(read_columns(path, ["digest"])["digest"].to_pylist(), "S16")
        out.append(rows | dict.fromkeys(np.flatnonzero(~seen.add(digests)).tolist(), "duplicate"))
    return out


def with_items(audit: Audit, documents: list[Path], partial: Path, pool: Pool) -> Iterator[dict[int, str]]:
    """For every file the rows that have a benchmark's item in them, and which."""
    index = audit_index(audit, partial)
    calls = [(index, path, partial / "matches" / path.name) for path in documents]
    for path, matches in zip(documents, pool.map_in_order(audit_file, calls), strict=True):
        found = matching_documents(audit, matches)
        ids = read_columns(path, ["id"])["id"].to_pylist()
        yield {row: f"benchmark item: {found[name]}" for row, name in enumerate(ids) if name in found}
