"""Which of a source's documents are left out of its task: near-duplicates of others, what holds benchmark items, and
what is derived from either.

<exclusions>/train-00000-000.parquet     beside the document file of the same name, where any of its rows is left out
<exclusions>/manifest.json               written last
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from rich.progress import Progress

from codemix.data.corpora import Corpora
from codemix.data.document_store import (
    MANIFEST,
    document_files,
    is_complete,
    open_parquet,
    read_columns,
    read_document_file,
    read_manifest,
)
from codemix.data.documents import Document
from codemix.data.drops import Drops
from codemix.data.pool import Pool
from codemix.data.progress import track
from codemix.store.atomic import atomic_path, write_json
from codemix.store.token_store import SPLITS

NEAR_DUPLICATE, BENCHMARK = "near-duplicate", "benchmark item"
SCHEMA = pa.schema([("row", pa.int64()), ("reason", pa.string()), ("because", pa.string())])


def exclude(corpora: Corpora, task: str, home: Path, pool: Pool, progress: Progress | None) -> None:
    """Finds what is to be left out of a task, unless it is known. The sources it is compared with are collected."""
    folder = corpora.exclusions_path(home, task)
    if folder is None or is_complete(folder):
        return
    found = [_near_duplicates] if corpora.compared_with(task) else []
    if corpora.audit and task in corpora.audit.drop_from:
        found.append(_with_items)
    if corpora.original_of(task):
        found.append(_of_left_out)
    excluded: dict[str, pa.Table] = {}
    for find in found:
        for file, rows in find(corpora, task, home, pool, progress):
            if file in excluded:  # a document that two reasons leave out is counted for the first of them
                new = pa.compute.invert(pa.compute.is_in(rows["row"], excluded[file]["row"]))
                rows = pa.concat_tables([excluded[file], rows.filter(new)])
            excluded[file] = rows
    for file, rows in excluded.items():
        with atomic_path(folder / file) as temporary:
            pq.write_table(rows.sort_by("row"), temporary, compression="zstd")
    write_json(folder / MANIFEST, {"task": task, "documents": sum(map(len, excluded.values()))})


def read_kept(documents: Path, exclusions: Path | None, drops: Drops) -> Iterator[Document]:
    """The documents of one file that the task has, in order; the others are added to `drops`."""
    reasons: dict[int, str] = {}
    if exclusions is not None and (exclusions / documents.name).exists():
        with open_parquet(exclusions / documents.name) as file:
            table = file.read()
        reasons = dict(zip(table["row"].to_pylist(), table["reason"].to_pylist(), strict=True))
    for row, document in enumerate(read_document_file(documents)):
        if row in reasons:
            drops.add(reasons[row], document.id)
        else:
            yield document


def _rows(rows: np.ndarray, reason: str, because: pa.Array) -> pa.Table:
    return pa.table([pa.array(rows, pa.int64()), pa.repeat(reason, len(rows)), because.cast(pa.string())], SCHEMA)


def _near_duplicates(
    corpora: Corpora, task: str, home: Path, pool: Pool, progress: Progress | None
) -> Iterator[tuple[str, pa.Table]]:
    """file -> the documents of the task that lose to another one of its source, or of a preferred one."""
    from codemix.data.near_duplicates.clusters import resolve
    from codemix.data.near_duplicates.signatures import SignedFile, sign_file

    compared = corpora.compared_with(task)
    assert corpora.near_duplicates is not None
    spec = dataclasses.replace(corpora.near_duplicates, sources=compared)
    signed, files, calls, sizes = [], [], [], []
    for source in compared:
        store = corpora.documents_path(home, source)
        folder = home / "signatures" / f"{store.name}-{spec.signatures_key()}"
        for split in SPLITS:
            for entry in read_manifest(store)["splits"][split]:
                signed.append(SignedFile(folder / entry["file"], source, split == "heldout"))
                files.append(entry["file"] if source == task else None)
                calls.append((spec, store / entry["file"], folder / entry["file"]))
                sizes.append(entry["bytes"])
    advance = track(progress, f"near-duplicates {task}", total=sum(sizes))
    for _, size in zip(pool.map_in_order(sign_file, calls), sizes, strict=True):
        advance(size)
    for file, losses in zip(files, resolve(spec, signed), strict=True):
        if file is not None and len(losses.rows):
            yield file, _rows(losses.rows, NEAR_DUPLICATE, losses.winner_ids)


def _with_items(
    corpora: Corpora, task: str, home: Path, pool: Pool, progress: Progress | None
) -> Iterator[tuple[str, pa.Table]]:
    """file -> the documents of the task that hold items of benchmarks."""
    from codemix.data.audit.table import matching_documents
    from codemix.data.auditing import audit_index, audit_store

    assert corpora.audit is not None
    documents = corpora.documents_path(home, task)
    for path in audit_store(audit_index(corpora.audit, home), documents, pool, progress):
        items = matching_documents(corpora.audit, path)
        if items:
            ids = read_columns(documents / path.name, ["id"])["id"].to_pylist()
            rows = np.array([row for row, identity in enumerate(ids) if identity in items])
            yield path.name, _rows(rows, BENCHMARK, pa.array([items[ids[row]] for row in rows], pa.string()))


def _of_left_out(
    corpora: Corpora, task: str, home: Path, pool: Pool, progress: Progress | None
) -> Iterator[tuple[str, pa.Table]]:
    """file -> the documents of a derived task whose originals are left out, for the reasons those are. An original that
    is not among its source's documents, being beyond the budget, is not judged."""
    original = corpora.original_of(task)
    assert original is not None
    exclude(corpora, original, home, pool, progress)
    judgements = corpora.exclusions_path(home, original)
    assert judgements is not None
    reasons: dict[str, tuple[str, str]] = {}
    for path in _files(corpora.documents_path(home, original)):
        if (judgements / path.name).exists():
            left_out = read_columns(judgements / path.name)
            identities = read_columns(path, ["id"])["id"].take(left_out["row"]).to_pylist()
            judged = zip(left_out["reason"].to_pylist(), left_out["because"].to_pylist(), strict=True)
            reasons.update(zip(identities, judged, strict=True))
    for path in _files(corpora.documents_path(home, task)):
        identities = read_columns(path, ["id"])["id"].to_pylist()
        rows = [(row, *reasons[identity]) for row, identity in enumerate(identities) if identity in reasons]
        if rows:
            yield path.name, pa.table(list(map(pa.array, zip(*rows, strict=True))), SCHEMA)


def _files(store: Path) -> list[Path]:
    return [path for split in SPLITS for path in document_files(store, split)]
