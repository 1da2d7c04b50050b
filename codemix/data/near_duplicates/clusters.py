"""Clusters: which documents are near-duplicates of each other, and which one of them stays.

A band of all files at a time is sorted, and what is equal in it is united. The outcome depends on the documents alone:
not on the order of the files, nor on which document is in which.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codemix.data.document_store import open_parquet
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.near_duplicates.signatures import SignedFile, band_column
from codemix.errors import UserError

_HELD = 16  # bytes of one document in a band that was read: its hash and its place
_SORTED = 24  # … more in the band that is being sorted: both again, and the order
_BUDGET = 1 << 30
_BY_PREFERENCE = {
    "stars": [("stars", "descending"), ("bytes", "descending")],
    "longest": [("bytes", "descending")],
    "first": [],
}


@dataclasses.dataclass(frozen=True)
class Losses:
    """The documents of one file that are left out, and what for."""

    rows: np.ndarray  # (losses,) int64, ascending: places in the file
    winner_files: np.ndarray  # (losses,) int64: which of the files has the document that stays
    winner_ids: pa.Array  # (losses,) strings: the identity of that document


def resolve(spec: NearDuplicates, files: Sequence[SignedFile], budget_bytes: int = _BUDGET) -> list[Losses]:
    """Finds the clusters of near-duplicates among all files, and leaves all but one document of each out.

    Args:
        spec: as it was for `sign_file`.
        files: in any order.
        budget_bytes: of memory for bands, beside some 32 bytes a document: as many bands as fit are read at a time, or,
            where none does (at 40 bytes a document), a part of one, by hash.

    Returns:
        For each file its losses.

    Raises:
        UserError: a file of a source that `spec` does not name, signed otherwise, or damaged.
    """
    from codemix.data.near_duplicates.union import roots

    for file in files:
        if file.source not in spec.sources:
            raise UserError(f"NearDuplicates.sources does not name '{file.source}'; add it, the preferred one first.")
    if not files:
        return []
    key = spec.signatures_key()
    counts = [_count(file.path, key) for file in files]
    starts = np.fromiter(accumulate(counts, initial=0), np.int64, len(files) + 1)
    parents = np.arange(starts[-1])
    _unite(spec, files, starts, parents, budget_bytes)
    clusters = roots(parents)
    members = np.flatnonzero(np.bincount(clusters, minlength=len(clusters))[clusters] > 1)
    return _losses(starts, _ranked(spec, files, starts, members, clusters[members]))


def _count(path: Path, key: str) -> int:
    """The documents of a signature file. Raises UserError where it has another key or cannot be read."""
    mend = "remove it, and it is made anew."
    try:
        with open_parquet(path) as file:
            if (file.schema_arrow.metadata or {}).get(b"key") != key.encode():
                raise UserError(f"{path}: the signatures were made with other settings of NearDuplicates; {mend}")
            return file.metadata.num_rows
    except pa.ArrowInvalid as error:
        raise UserError(f"{path}: the signatures are damaged ({error}); {mend}") from None


def _unite(
    spec: NearDuplicates, files: Sequence[SignedFile], starts: np.ndarray, parents: np.ndarray, budget_bytes: int
) -> None:
    """Gives documents that have a band in common one root in `parents`."""
    from codemix.data.near_duplicates.union import unite_equal

    bands, _ = spec.bands_and_rows()
    documents = max(1, len(parents))
    at_once = max(1, min(bands, (budget_bytes // documents - _SORTED) // _HELD))
    parts = -(-documents * (_HELD + _SORTED) // budget_bytes)
    for first in range(0, bands, at_once):
        columns = [band_column(band) for band in range(first, min(first + at_once, bands))]
        for part in range(parts):
            for hashes, places in _entries(files, starts, columns, part, parts):
                unite_equal(parents, hashes, places, np.argsort(hashes))


def _entries(
    files: Sequence[SignedFile], starts: np.ndarray, columns: list[str], part: int, parts: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each band the hashes that fall into one of `parts`, and whose they are; every file is read once."""
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {column: [] for column in columns}
    for file, start in zip(files, starts[:-1], strict=True):
        with open_parquet(file.path) as parquet:
            table = parquet.read(columns)
        for column in columns:
            hashes = table[column].to_numpy()
            mine = np.flatnonzero(hashes % np.uint64(parts) == part)
            found[column].append((hashes[mine], mine + start))
    while found:
        _, pieces = found.popitem()
        yield np.concatenate([hashes for hashes, _ in pieces]), np.concatenate([places for _, places in pieces])


def _ranked(
    spec: NearDuplicates, files: Sequence[SignedFile], starts: np.ndarray, members: np.ndarray, clusters: np.ndarray
) -> pa.Table:
    """The members of clusters, `cluster` after cluster, the one that stays first: `place`, `cluster`, `id`."""
    tables = []
    for file, start, stop in zip(files, starts[:-1], starts[1:], strict=True):
        first, last = np.searchsorted(members, [start, stop])
        if first == last:
            continue
        with open_parquet(file.path) as parquet:
            table = parquet.read(["id", "stars", "bytes"]).take(members[first:last] - start)
        facts = {
            "place": members[first:last],
            "cluster": clusters[first:last],
            "trained_on": np.full(last - first, not file.held_out, np.int8),
            "source": np.full(last - first, spec.sources.index(file.source)),
        }
        for name, values in facts.items():
            table = table.append_column(name, pa.array(values))
        tables.append(table)
    if not tables:
        return pa.table({"place": np.empty(0, np.int64), "cluster": np.empty(0, np.int64), "id": pa.array([], "str")})
    order = [("cluster", "ascending"), ("source", "ascending"), ("trained_on", "ascending")]
    order += [*_BY_PREFERENCE[spec.prefer], ("id", "ascending")]
    table = pa.concat_tables(tables).replace_schema_metadata()
    return table.take(pc.sort_indices(table, order)).select(["place", "cluster", "id"])


def _losses(starts: np.ndarray, ranked: pa.Table) -> list[Losses]:
    places, clusters = ranked["place"].to_numpy(), ranked["cluster"].to_numpy()
    stays = np.diff(clusters, prepend=-1) != 0
    winners = np.maximum.accumulate(np.where(stays, np.arange(len(stays)), 0))
    losers = np.flatnonzero(~stays)
    losers = losers[np.argsort(places[losers])]
    bounds = np.searchsorted(places[losers], starts)
    losses = []
    for start, first, last in zip(starts[:-1], bounds[:-1], bounds[1:], strict=True):
        lost, won = losers[first:last], winners[losers[first:last]]
        winner_files = np.searchsorted(starts, places[won], side="right") - 1
        losses.append(Losses(places[lost] - start, winner_files, ranked["id"].take(won).combine_chunks()))
    return losses
