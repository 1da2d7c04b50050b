"""Which problems of a generation repeat others, and which have items of benchmarks in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import xxhash
import zstandard

from codemix.data.audit.config import Audit
from codemix.data.audit.matching import audit_file
from codemix.data.audit.table import matching_documents
from codemix.data.auditing import audit_index
from codemix.data.document_store import read_columns
from codemix.data.drops import Drops
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.near_duplicates.signatures import SignedFile, sign_file
from codemix.data.pool import Pool
from codemix.data.seen import Seen
from codemix.store.atomic import write_bytes
from codemix.store.fingerprint import fingerprint
from codemix.synthetic.renamed import rows_with_functions, write_benchmark_functions

_NEAR_DUPLICATES = NearDuplicates(("synthetic",), prefer="first")


def audited(audit: Audit | None) -> str | None:
    """The key of which problems an audit leaves out."""
    return fingerprint([audit.index_key(), audit.minimum_ngrams, audit.minimum_share]) if audit else None


def left_out(audit: Audit | None, documents: list[Path], partial: Path, pool: Pool) -> list[dict[int, str]]:
    """For every file of problems the rows that are left out, and why: they repeat others, or have benchmarks' items."""
    out = _repeated(documents, partial, pool)
    if audit:
        items = _with_items(audit, documents, partial, pool)
        out = [of_benchmarks | again for of_benchmarks, again in zip(items, out, strict=True)]
    return out


def write_kept(made: Path, file: Path, out: dict[int, str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Writes the records of `made` whose rows are not in `out`. Gives those, and what a manifest says of the file."""
    drops = Drops()
    kept: list[bytes] = []
    problems: list[dict[str, Any]] = []
    for row, line in enumerate(zstandard.decompress(made.read_bytes()).splitlines(keepends=True)):
        problem = orjson.loads(line)
        if row in out:
            drops.add(out[row], problem["id"])
        else:
            kept.append(line)
            problems.append(problem)
    content = zstandard.compress(b"".join(kept))
    write_bytes(file, content)
    return problems, {
        "file": file.name,
        "problems": len(problems),
        "bytes": sum(len(problem["text"].encode()) for problem in problems),
        "xxh3": xxhash.xxh3_64_hexdigest(content),
        "drops": drops.counts,
    }


def _repeated(documents: list[Path], partial: Path, pool: Pool) -> list[dict[int, str]]:
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


def _with_items(audit: Audit, documents: list[Path], partial: Path, pool: Pool) -> Iterator[dict[int, str]]:
    """For every file the rows that have a benchmark's item in them, word by word or under other names, and which."""
    index = audit_index(audit, partial)
    calls = [(index, path, partial / "matches" / path.name) for path in documents]
    (functions,) = pool.map_in_order(write_benchmark_functions, [(audit, partial / "functions.json")])
    made = [(functions, path.with_suffix(".jsonl.zst"), audit.minimum_code_tokens) for path in documents]
    renamed = list(pool.map_in_order(rows_with_functions, made))
    for path, matches, rows in zip(documents, pool.map_in_order(audit_file, calls), renamed, strict=True):
        found = matching_documents(audit, matches)
        ids = read_columns(path, ["id"])["id"].to_pylist()
        rows |= {row: found[name] for row, name in enumerate(ids) if name in found}
        yield {row: f"benchmark item: {item}" for row, item in sorted(rows.items())}
