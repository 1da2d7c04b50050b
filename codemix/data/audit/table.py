"""The table of an audit: which items are in which source, and how many of every benchmark."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from codemix.data.audit.config import Audit
from codemix.data.audit.index import Index, load_index
from codemix.data.audit.matching import read_matches, read_searched
from codemix.errors import UserError
from codemix.store.atomic import write_bytes

MATCHED = pa.schema(
    [
        ("benchmark", pa.string()),
        ("item", pa.string()),
        ("part", pa.string()),  # "question", "answer"…
        ("source", pa.string()),
        ("units", pa.int64()),  # the part's n-grams, and its short passages as a whole
        ("found", pa.int64()),  # of them, in the matching documents together
        ("share", pa.float64()),  # found / units
        ("documents", pa.int64()),  # that match
        ("document", pa.string()),  # the one with most of the units
        ("document_share", pa.float64()),  # of the units, in that one
        ("start", pa.int64()),  # where in it the longest run of them begins, in characters
        ("excerpt", pa.string()),  # its text from there
    ]
)
TOTALS = pa.schema(
    [
        ("benchmark", pa.string()),
        ("source", pa.string()),
        ("items", pa.int64()),
        ("matched", pa.int64()),
        ("share", pa.float64()),  # matched / the items that can be told
        ("too_short", pa.int64()),  # items that cannot be told, since all their passages are too short
        ("templates", pa.int64()),  # items that cannot be told, since all their n-grams are boilerplate
        ("boilerplate", pa.int64()),  # different n-grams that do not count
        ("documents", pa.int64()),  # of the source that match an item
        ("searched", pa.int64()),  # documents of the source
    ]
)


@dataclasses.dataclass(frozen=True)
class AuditTable:
    """What an audit found.

    Attributes:
        matched: a row per benchmark, item, part and source that match; of schema `MATCHED`.
        totals: a row per benchmark and source; of schema `TOTALS`. An item counts once, whichever of its parts match.
        skipped: benchmark -> why it was not looked for.
    """

    matched: pa.Table
    totals: pa.Table
    skipped: dict[str, str]


def audit_table(audit: Audit, index_path: Path, matches: Mapping[str, Sequence[Path]]) -> AuditTable:
    """Puts the matches of all files together.

    Args:
        audit: whose thresholds apply.
        index_path: from `build_index`.
        matches: source -> what `audit_file` wrote for each of its files of documents.

    Raises:
        UserError: matches of another index, or a source without documents, in which nothing can have been found.
    """
    index = load_index(index_path)
    told = _told(index)
    matched: list[dict[str, Any]] = []
    totals: list[dict[str, Any]] = []
    for source, paths in matches.items():
        searched = sum(_searched(index, path) for path in paths)
        if not searched:
            raise UserError(f"Source '{source}': the audit searched no document of it; collect it first.")
        items, documents = _of_source(audit, paths)
        for (benchmark, item, part), row in items.items():
            share = len(row["found"]) / row["units"]
            where = {"benchmark": benchmark, "item": item, "part": part, "source": source}
            matched.append({**row, **where, "found": len(row["found"]), "share": share})
        of_benchmark = Counter(benchmark for benchmark, _ in {(benchmark, item) for benchmark, item, _ in items})
        for benchmark, states in told.items():
            count = of_benchmark[benchmark]
            totals.append(
                {
                    "benchmark": benchmark,
                    "source": source,
                    "items": states.total(),
                    "matched": count,
                    "share": count / states["told"] if states["told"] else None,
                    "too_short": states["too_short"],
                    "templates": states["templates"],
                    "boilerplate": index.boilerplate[benchmark],
                    "documents": len(documents.get(benchmark, ())),
                    "searched": searched,
                }
            )
    return AuditTable(
        pa.Table.from_pylist(matched, schema=MATCHED), pa.Table.from_pylist(totals, schema=TOTALS), index.skipped
    )


def matching_documents(audit: Audit, path: Path) -> dict[str, str]:
    """identity -> "benchmark item", for the documents of one file that match; of several items the first.

    Args:
        audit: whose thresholds apply.
        path: what `audit_file` wrote for the file.
    """
    found: dict[str, str] = {}
    for row in _matching(audit, [path]):
        found.setdefault(row["document"], f"{row['benchmark']} {row['item']}")
    return found


def write_table(table: AuditTable, folder: Path) -> None:
    """Writes matched.parquet and totals.parquet; the latter's own metadata has the skipped benchmarks."""
    totals = table.totals.replace_schema_metadata({"skipped": json.dumps(table.skipped)})
    for name, content in (("matched", table.matched), ("totals", totals)):
        buffer = pa.BufferOutputStream()
        pq.write_table(content, buffer, compression="zstd")
        write_bytes(folder / f"{name}.parquet", buffer.getvalue())


def _told(index: Index) -> dict[str, Counter[str]]:
    """benchmark -> of how many of its items can be told whether they match, and of how many not, by the reason."""
    items: dict[tuple[str, str], tuple[int, int]] = {}
    for part in index.parts:
        units, boilerplate = items.get((part.benchmark, part.item), (0, 0))
        items[part.benchmark, part.item] = units + part.units, boilerplate + part.boilerplate
    told: dict[str, Counter[str]] = {}
    for (benchmark, _), (units, boilerplate) in items.items():
        state = "told" if units else "templates" if boilerplate else "too_short"
        told.setdefault(benchmark, Counter())[state] += 1
    return told


def _searched(index: Index, path: Path) -> int:
    facts = read_searched(path)
    if facts["index"] != index.key:
        raise UserError(f"{path}: these are matches of another index of benchmarks; remove the file and audit again.")
    return int(facts["documents"])


def _matching(audit: Audit, paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        for row in read_matches(path).to_pylist():
            found = len(row["found"])
            # No part can have more n-grams found than it has.
            if found >= min(audit.minimum_ngrams, row["units"]) and found >= audit.minimum_share * row["units"]:
                yield row


def _of_source(
    audit: Audit, paths: Sequence[Path]
) -> tuple[dict[tuple[str, str, str], dict[str, Any]], dict[str, set[str]]]:
    """(benchmark, item, part) -> its row, with the set of the units found; and benchmark -> the documents that match.

    Of two documents with equally many units the first is shown.
    """
    items: dict[tuple[str, str, str], dict[str, Any]] = {}
    documents: dict[str, set[str]] = {}
    for match in _matching(audit, paths):
        row = items.setdefault(
            (match["benchmark"], match["item"], match["part"]),
            {"units": match["units"], "found": set(), "documents": 0, "document_share": 0.0},
        )
        row["found"].update(match["found"])
        row["documents"] += 1
        share = len(match["found"]) / match["units"]
        if share > row["document_share"]:
            row.update({name: match[name] for name in ("document", "start", "excerpt")}, document_share=share)
        documents.setdefault(match["benchmark"], set()).add(match["document"])
    return items, documents
