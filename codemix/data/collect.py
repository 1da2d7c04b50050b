"""Collecting: a source's records become its document store, once.

Worker processes read and filter shards of the source into intermediate files; the parent takes them in order, drops
exact duplicates, splits, and stops at the budget. A killed collection reuses the intermediate files.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import xxhash
from rich.progress import Progress

from codemix.data.document_store import (
    MANIFEST,
    is_complete,
    read_document_file,
    read_metadata,
    write_documents,
)
from codemix.data.documents import Document, Dropped
from codemix.data.pool import Workers, worker_pool
from codemix.data.progress import track
from codemix.data.source import DOCUMENTS_VERSION, Source
from codemix.errors import UserError
from codemix.store.atomic import write_json
from codemix.store.token_store import SPLITS

FILE_BYTES = 2 << 20  # of text in one file: the unit of work of tokenising
_EXAMPLES = 3  # identities kept of the documents dropped for one reason


def store_path(source: Source, home: Path) -> Path:
    """Where the document store of `source` is, or will be."""
    return home / "documents" / f"{source.name}-{source.key()}"


def collect(source: Source, home: Path, workers: Workers | int | None = None, progress: Progress | None = None) -> Path:
    """Fills the document store of `source`, unless it is there. The same records give the same bytes, whatever the
    number of workers and however often it was interrupted.

    Args:
        source: what to collect.
        home: the folder that holds everything.
        workers: a running pool, or a number of processes; by default one for each core.
        progress: shows how far it is, if given.

    Returns:
        The store's folder.

    Raises:
        UserError: the source has no documents for training.
    """
    store = store_path(source, home)
    partial = store.with_name(f".{store.name}.partial")
    if not is_complete(store):
        if isinstance(workers, Workers):
            _fill(source, store, partial, workers, progress)
        else:
            with worker_pool(workers) as pool:
                _fill(source, store, partial, pool, progress)
    if partial.exists():
        shutil.rmtree(partial)
    return store


def is_held_out(identity: str, share: float) -> bool:
    """Whether the document is never trained on: by a hash of its identity alone, so that the same file is held out of
    every source that has it."""
    digest = hashlib.sha256(f"heldout:{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2.0**64


class Drops:
    """How many documents were dropped for which reason, with the first few of each."""

    def __init__(self, counts: dict[str, dict[str, Any]] | None = None):
        self.counts = counts or {}

    def add(self, reason: str, identity: str) -> None:
        self.merge({reason: {"count": 1, "examples": [identity]}})

    def merge(self, counts: dict[str, dict[str, Any]]) -> None:
        for reason, more in counts.items():
            entry = self.counts.setdefault(reason, {"count": 0, "examples": []})
            entry["count"] += more["count"]
            entry["examples"] = (entry["examples"] + more["examples"])[:_EXAMPLES]


def _read_shard(source: Source, shard: Any, path: Path) -> Path:
    """Reads and filters one shard into an intermediate file, unless it is there. Runs in a worker."""
    if not path.exists():
        drops, kept = Drops(), []
        for document in source.reader.documents(shard):
            if isinstance(document, Dropped):
                drops.add(document.reason, document.id)
            elif rejected := next((f.reason for f in source.filters if not f.keeps(document)), None):
                drops.add(rejected, document.id)
            else:
                kept.append(document)
        write_documents(path, kept, {"drops": json.dumps(drops.counts)})
    return path


class _Writer:
    """The files of one split."""

    def __init__(self, store: Path, split: str):
        self._store, self._split = store, split
        self._documents: list[Document] = []
        self._bytes = 0
        self.entries: list[dict[str, Any]] = []

    def add(self, document: Document, size: int) -> None:
        self._documents.append(document)
        self._bytes += size
        if self._bytes >= FILE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._documents:
            name = f"{self._split}-{len(self.entries):05d}.parquet"
            write_documents(self._store / name, self._documents)
            self.entries.append({"file": name, "documents": len(self._documents), "bytes": self._bytes})
            self._documents, self._bytes = [], 0


def _fill(source: Source, store: Path, partial: Path, pool: Workers, progress: Progress | None) -> None:
    shards = source.reader.shards()
    advance = track(progress, f"collect {source.name}", total=source.budget_bytes or len(shards))
    drops = Drops()
    writers = {split: _Writer(store, split) for split in SPLITS}
    seen: set[bytes] = set()
    languages: Counter[str] = Counter()
    total = shards_read = 0

    calls = ((source, shard, partial / f"{number:05d}.parquet") for number, shard in enumerate(shards))
    with closing(pool.map_in_order(_read_shard, calls)) as paths:
        for path in paths:
            drops.merge(json.loads(read_metadata(path)["drops"]))
            shards_read += 1
            before = total
            for document in read_document_file(path):
                content = document.text.encode()
                digest = xxhash.xxh3_128_digest(content)
                if source.budget_bytes is not None and total >= source.budget_bytes:
                    drops.add("budget", document.id)
                elif digest in seen:
                    drops.add("duplicate", document.id)
                else:
                    seen.add(digest)
                    total += len(content)
                    languages[document.language] += len(content)
                    held_out = is_held_out(document.id, source.heldout_share)
                    writers["heldout" if held_out else "train"].add(document, len(content))
            advance(1 if source.budget_bytes is None else total - before)
            if source.budget_bytes is not None and total >= source.budget_bytes:
                break
    if source.budget_bytes is not None:
        advance(max(0, source.budget_bytes - total))  # there was no more

    for writer in writers.values():
        writer.flush()
    if not writers["train"].entries:
        raise UserError(_nothing(source, drops))
    write_json(
        store / MANIFEST,
        {
            "version": DOCUMENTS_VERSION,
            "key": source.key(),
            "source": source.name,
            "family": source.family,
            "bytes": total,
            "language_bytes": dict(sorted(languages.items())),
            "shards": {"read": shards_read, "of": len(shards)},
            "drops": drops.counts,
            "splits": {split: writer.entries for split, writer in writers.items()},
        },
    )


def _nothing(source: Source, drops: Drops) -> str:
    reasons: Iterator[str] = (f"{entry['count']} for {reason}" for reason, entry in drops.counts.items())
    found = f"all its documents were dropped ({', '.join(reasons)})" if drops.counts else "it has no documents"
    return (
        f"Source '{source.name}': the reader {type(source.reader).__name__} leaves nothing to train on: {found}; "
        "change Source.reader or Source.filters, or take the source out of the mixtures."
    )
