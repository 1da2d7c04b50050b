"""The feed: rows of the token stores, in the order of the mixing index, as host batches.

Batch t is a pure function of (segments, seed, t): there is no iterator state, resuming is seeking, and every number of
hosts reads the same global batches, each its own rows of them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypedDict

import grain
import numpy as np
from grain.experimental import index_shuffle

from codemix.mixing.index import MixingIndex

PREFETCH_BATCHES = 8


class Batch(TypedDict):
    tokens: np.ndarray  # (rows, context + 1), the store's unsigned integers
    predicted: np.ndarray  # (rows, context) bool: whether token i + 1 counts in the loss, or is only read
    source: np.ndarray  # (rows,) number of each row's source in `MixingIndex.sources`


class Rows(Protocol):
    """A source's rows of `context + 1` tokens, random access."""

    def __len__(self) -> int: ...

    def gather(self, rows: Sequence[int]) -> np.ndarray:
        """Their tokens, (n, context + 1)."""
        ...

    def predicted_of(self, rows: Sequence[int]) -> np.ndarray:
        """Which of their predictions count, bool (n, context)."""
        ...


def source_seed(seed: int, source: str) -> int:
    """The seed of a source's shuffle, 32 bits. It knows no mixture, so that every arm reads a source in one order."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{source}".encode()).digest()[:4], "big")


def row_at(position: int, rows: int, seed: int, limit: int | None = None) -> int:
    """The row at a position of a source: `grain.MapDataset.shuffle`'s permutation, another one in every epoch.

    With a limit, only the first `limit` places of the first epoch's permutation are read, again and again: first in
    its order, as a run without the limit reads them, then in another order in every epoch.
    """
    epoch, place = divmod(position, limit or rows)
    if limit and epoch:
        place, epoch = _shuffled(place, limit, seed + epoch), 0
    return _shuffled(place, rows, seed + epoch)


def _shuffled(place: int, places: int, seed: int) -> int:
    return index_shuffle(place, max_index=places - 1, seed=seed % 2**32, rounds=4)


class _Batches:
    """Every batch of an arm, by number: a random-access source for grain.

    grain permutes, reads ahead and iterates. A batch is gathered here in one go: `grain.MapDataset.mix` and `batch`
    would pass every row through five datasets, at two and a half times the time (tests/benchmarks/feed.py).
    """

    def __init__(
        self,
        index: MixingIndex,
        rows: Mapping[str, Rows],
        seed: int,
        batch_rows: int,
        mine: Sequence[int],
        limits: Mapping[str, int],
    ):
        self._index = index
        self._batch_rows = batch_rows
        self._mine = mine
        self._rows = [rows[source] for source in index.sources]
        self._seeds = [source_seed(seed, source) for source in index.sources]
        self._limits = [limits.get(source) for source in index.sources]
        for source, limit in limits.items():
            if not 0 < limit <= len(rows[source]):
                raise ValueError(f"'{source}' has {len(rows[source])} rows, and {limit} of them are to be read")

    def __len__(self) -> int:
        return len(self._index) // self._batch_rows

    def __getitem__(self, batch: int) -> Batch:
        start = batch * self._batch_rows
        drawn = [self._index[start + row] for row in self._mine]
        source = np.array([number for number, _ in drawn])
        rows: dict[int, list[int]] = {}
        for number, position in drawn:
            row = row_at(position, len(self._rows[number]), self._seeds[number], self._limits[number])
            rows.setdefault(number, []).append(row)
        # Each source is asked once for all its rows; then they take their places.
        tokens = np.concatenate([self._rows[number].gather(rows[number]) for number in sorted(rows)])
        predicted = np.concatenate([self._rows[number].predicted_of(rows[number]) for number in sorted(rows)])
        place = np.argsort(np.argsort(source, kind="stable"))
        return {"tokens": tokens[place], "predicted": predicted[place], "source": source}


def batches(
    index: MixingIndex,
    rows: Mapping[str, Rows],
    seed: int,
    batch_rows: int,
    mine: Sequence[int],
    limits: Mapping[str, int] | None = None,
) -> "grain.MapDataset":
    """Every batch of an arm, by number.

    Args:
        index: the arm's mixing index, from its first row on.
        rows: source -> its rows, random access.
        seed: the run's seed.
        batch_rows: rows of a global batch.
        mine: the rows of it that this host reads, by number, ascending.
        limits: source -> how many of its rows are read, at most all; all of them where nothing is said.
    """
    return grain.MapDataset.source(_Batches(index, rows, seed, batch_rows, mine, limits or {}))


def iterate(dataset: "grain.MapDataset", first: int, last: int, threads: int = 0) -> Iterator[Batch]:
    """Batches `first` to `last` (exclusive), read ahead by `threads` threads.

    With none, a batch is read when it is asked for, while the device is at work on the one before.
    """
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=PREFETCH_BATCHES)
    return iter(dataset.slice(slice(first, last)).to_iter_dataset(options))
