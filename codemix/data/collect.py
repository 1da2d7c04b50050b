"""Collecting: a source's records become its document store, once.

Workers read and filter the source's shards into pieces, each a file of training and one of held-out documents. The
parent looks at their digests and sizes alone, in order: what is an exact duplicate, what is beyond the budget. Workers
then leave those out. A piece's bytes depend on the shard's records and on the digests before it, never on which worker
made it; a killed collection goes on with the pieces that are there.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.progress import Progress

from codemix import __version__
from codemix.data.document_store import (
    MANIFEST,
    QUARANTINE,
    is_complete,
    read_columns,
    write_documents,
    write_table,
)
from codemix.data.documents import Bad, Document, Dropped
from codemix.data.drops import Drops
from codemix.data.held_out import is_held_out
from codemix.data.pool import Pool, worker_pool
from codemix.data.progress import track
from codemix.data.seen import Seen
from codemix.data.source import DOCUMENTS_VERSION, Source
from codemix.errors import UserError
from codemix.store.atomic import atomic_path, read_json, write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.paths import move, remove_tree
from codemix.store.token_store import SPLITS

PIECE_BYTES = 64 << 20  # of text: what a worker holds, and the unit of work of tokenising
_ENOUGH_TO_JUDGE = 100_000  # records: before that, the share of bad ones is only judged at the end
_KEPT, _DUPLICATE, _BEYOND = 0, 1, 2
_REASONS = {_DUPLICATE: "duplicate", _BEYOND: "budget"}


def store_path(source: Source, home: Path) -> Path:
    """Where the document store of `source` is, or will be."""
    return home / "documents" / f"{source.name}-{source.key()}"


def collect(source: Source, home: Path, pool: Pool | None = None, progress: Progress | None = None) -> Path:
    """Fills the document store of `source`, unless it is there. The same records give the same bytes, whatever the
    number of workers and however often it was interrupted.

    Args:
        source: what to collect.
        home: the folder that holds everything prepared.
        pool: runs the work; by default a process for each core.
        progress: shows how far it is, if given.

    Returns:
        The store's folder.

    Raises:
        UserError: the source has no documents for training, or too many unreadable records.
    """
    store = store_path(source, home)
    partial = store.with_name(f".{store.name}.partial")
    if not is_complete(store):
        if pool is not None:
            _fill(source, store, partial, pool, progress)
        else:
            with worker_pool() as workers:
                _fill(source, store, partial, workers, progress)
    remove_tree(partial)
    return store


def _fill(source: Source, store: Path, partial: Path, pool: Pool, progress: Progress | None) -> None:
    shards = source.reader.shards()
    advance = track(progress, f"collect {source.name}", total=source.budget_bytes)
    drops, quarantine = Drops(), _Quarantine(source, partial)
    seen = Seen()
    pieces: list[tuple[str, np.ndarray]] = []
    total = shards_read = 0

    calls = ((source, shard, number, partial) for number, shard in enumerate(shards))
    with closing(pool.map_in_order(_read_shard, calls)) as records:
        for record in records:
            drops.merge(record["drops"])
            quarantine.add(record)
            shards_read += 1
            before = total
            for piece in record["pieces"]:
                # A killed run may have moved a file that is kept whole.
                files = [partial / name if (partial / name).exists() else store / name for name in piece]
                fates, size = _fates(files, seen, total, source.budget_bytes)
                pieces += zip(piece, fates, strict=True)
                total += size
            advance(total - before, total=source.budget_bytes or total * len(shards) / shards_read)
            if source.budget_bytes is not None and total >= source.budget_bytes:
                break
    quarantine.judge()

    splits: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    advance = track(progress, f"deduplicate {source.name}", total=total)
    for entry in pool.map_in_order(_finish_piece, ((partial, store, *piece) for piece in pieces)):
        drops.merge(entry.pop("drops"))
        advance(entry["bytes"])
        if entry["documents"]:
            splits[entry["file"].split("-")[0]].append(entry)
    if not splits["train"]:
        raise UserError(_nothing(source, drops))
    quarantine.keep(store)
    write_json(
        store / MANIFEST,
        {
            "version": DOCUMENTS_VERSION,
            "codemix": __version__,
            "key": source.key(),
            "source": source.name,
            "family": source.family,
            "inputs": source.reader.fingerprint(),
            "filters": fingerprint(source.filters),
            "bytes": sum(entry["bytes"] for entries in splits.values() for entry in entries),
            "shards": {"read": shards_read, "of": len(shards)},
            "records": quarantine.read,
            "quarantined": quarantine.count,
            "drops": drops.counts,
            "splits": splits,
        },
    )


def _read_shard(source: Source, shard: Any, number: int, partial: Path) -> dict[str, Any]:
    """Reads and filters one shard into pieces, unless they are there, and records them. Runs in a worker."""
    record_path = partial / f"{number:05d}.json"
    if record_path.exists():
        return read_json(record_path)
    drops, bad, read = Drops(), _Aside(), 0
    pieces: list[list[str]] = []  # the files of each
    kept: dict[str, list[Document]] = {split: [] for split in SPLITS}
    places: dict[str, list[int]] = {split: [] for split in SPLITS}
    size = 0

    def flush() -> None:
        nonlocal kept, places, size
        files = {s: f"{s}-{number:05d}-{len(pieces):03d}.parquet" for s, documents in kept.items() if documents}
        for split, file in files.items():
            write_documents(partial / file, kept[split], places[split])
        if files:
            pieces.append(list(files.values()))
        kept, places, size = {split: [] for split in SPLITS}, {split: [] for split in SPLITS}, 0

    for document in source.documents(shard):
        read += 1
        if isinstance(document, Bad):
            bad.add(document)
        elif isinstance(document, Dropped):
            drops.add(document.reason, document.id)
        else:
            held_out = is_held_out(document.held_out_with or document.id, source.heldout_share)
            split = "heldout" if held_out else "train"
            kept[split].append(document)
            places[split].append(read)
            size += len(document.text)
            if size >= PIECE_BYTES:
                flush()
    flush()
    bad.keep(partial / f"{number:05d}.{QUARANTINE}")
    record = {
        "number": number,
        "read": read,
        "bad": bad.count,
        "first_bad": bad.first,
        "drops": drops.counts,
        "pieces": pieces,
    }
    write_json(record_path, record)
    return record


def _fates(files: list[Path], seen: Seen, total: int, budget: int | None) -> tuple[list[np.ndarray], int]:
    """What becomes of the documents of a piece, (n,) uint8 for each of its files, and the bytes that are kept.

    Args:
        files: those of the piece, a split each; the documents' places say in which order they were read.
        seen: the texts before it; this piece's are added.
        total: bytes of text that have been kept before it.
        budget: the documents that begin beyond it are left out.
    """
    tables = [read_columns(file, ["digest", "bytes", "place"]) for file in files]
    table = pa.concat_tables(tables)
    order = np.argsort(table["place"].to_numpy())
    digests = np.frombuffer(b"".join(table["digest"].to_pylist()), dtype="S16")[order]
    sizes = table["bytes"].to_numpy()[order]
    fates = np.where(seen.add(digests), _KEPT, _DUPLICATE).astype(np.uint8)
    if budget is not None:
        kept = np.where(fates == _KEPT, sizes, 0)
        starts = total + np.cumsum(kept) - kept
        fates[(fates == _KEPT) & (starts >= budget)] = _BEYOND
    in_files = np.empty_like(fates)
    in_files[order] = fates
    ends = np.cumsum([len(table) for table in tables])
    return np.split(in_files, ends[:-1]), int(sizes[fates == _KEPT].sum())


def _finish_piece(partial: Path, store: Path, name: str, fates: np.ndarray) -> dict[str, Any]:
    """Moves a piece into the store, without the documents that are left out, and counts it. Runs in a worker."""
    made, target = partial / name, store / name
    drops = Drops()
    if (fates == _KEPT).all():
        if made.exists():  # not yet moved
            move(made, target)
    else:
        table = read_columns(made)  # stays there: whoever is interrupted here needs it again
        for fate, reason in _REASONS.items():
            examples = table["id"].filter(pa.array(fates == fate)).to_pylist()
            if examples:
                drops.merge({reason: {"count": len(examples), "examples": examples}})
        if (fates == _KEPT).any():
            write_table(target, table.filter(pa.array(fates == _KEPT)))
        else:
            return {"file": name, "documents": 0, "bytes": 0, "drops": drops.counts}
    sizes = read_columns(target, ["bytes"])["bytes"].to_numpy()
    return {"file": name, "documents": len(sizes), "bytes": int(sizes.sum()), "drops": drops.counts}


class _Aside:
    """The unreadable records of one shard, however many, as they were found."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `keep`
        self.first: dict[str, str] | None = None
        self.count = 0

    def add(self, bad: Bad) -> None:
        entry = {"where": bad.where, "reason": bad.reason, "excerpt": bad.excerpt}
        self.first = self.first or entry
        self.count += 1
        self._file.write(json.dumps(entry).encode() + b"\n")

    def keep(self, path: Path) -> None:
        """Writes them to `path`, a line of JSON each, if there are any."""
        if self.count:
            self._file.seek(0)
            with atomic_path(path) as temporary, open(temporary, "wb") as file:
                shutil.copyfileobj(self._file, file)
        self._file.close()


class _Quarantine:
    """The records that could not be read, of all shards."""

    def __init__(self, source: Source, partial: Path):
        self._source, self._partial = source, partial
        self._shards: list[int] = []
        self._first: dict[str, str] | None = None
        self.read = self.count = 0

    def add(self, record: dict[str, Any]) -> None:
        self.read += record["read"]
        if record["bad"]:
            self.count += record["bad"]
            self._shards.append(record["number"])
            self._first = self._first or record["first_bad"]
        if self.read >= _ENOUGH_TO_JUDGE:
            self.judge()

    def judge(self) -> None:
        """Raises UserError where there are more than the source's `bad_share` of them."""
        if self._first is not None and self.count > self._source.bad_share * self.read:
            raise UserError(
                f"{self._first['where']}: {self._first['reason']}; {self.count:,} of {self.read:,} records of source "
                f"'{self._source.name}' cannot be read, and Source.bad_share allows {self._source.bad_share:g}: mend "
                "the file, give the schema that its records have, or raise Source.bad_share to go on without them."
            )

    def keep(self, store: Path) -> None:
        """Writes them into the store, as they were found."""
        if self._shards:
            with atomic_path(store / QUARANTINE) as temporary, open(temporary, "wb") as file:
                for number in self._shards:
                    with (self._partial / f"{number:05d}.{QUARANTINE}").open("rb") as part:
                        shutil.copyfileobj(part, file)


def _nothing(source: Source, drops: Drops) -> str:
    reasons: Iterator[str] = (f"{entry['count']} for {reason}" for reason, entry in drops.counts.items())
    found = f"all its documents were dropped ({', '.join(reasons)})" if drops.counts else "it has no documents"
    return (
        f"Source '{source.name}': the reader {type(source.reader).__name__} leaves nothing to train on: {found}; "
        "change Source.reader or Source.filters, or take the source out of the mixtures."
    )
