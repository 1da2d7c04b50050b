"""The feed: rows of the token stores, in the order of the mixing index, as host batches.

Batch t is a pure function of (segments, seed, t): there is no iterator state, resuming is seeking, and every number of
hosts reads the same global batches, each its own rows of them.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Protocol, TypedDict

import grain
import numpy as np

from codemix.mixing.index import MixingIndex

PREFETCH_BATCHES = 8


class Batch(TypedDict):
    tokens: np.ndarray  # (rows, context + 1), the store's unsigned integers
    source: np.ndarray  # (rows,) number of each row's source in `MixingIndex.sources`


class Rows(Protocol):
    """A source's rows of `context + 1` tokens, random access."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int) -> np.ndarray: ...


@dataclasses.dataclass(frozen=True)
class HostRows:
    """The rows of every global batch that this host reads: `first` to `last`, exclusive."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def source_seed(seed: int, source: str) -> int:
    """The seed of a source's shuffle, 32 bits. It knows no mixture, so that every arm reads a source in one order."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{source}".encode()).digest()[:4], "big")


class _Batches:
    """Every batch of an arm, by number: a random-access source for grain.

    grain permutes, reads ahead and iterates. A batch is gathered here in one go: `grain.MapDataset.mix` and `batch`
    would pass every row through five datasets, at twice the time (tests/benchmarks/feed.py).
    """

    def __init__(self, index: MixingIndex, rows: Mapping[str, Rows], seed: int, batch_rows: int, mine: HostRows):
        self._index = index
        self._batch_rows = batch_rows
        self._mine = mine
        self._rows = [rows[source] for source in index.sources]
        # position in a source -> row number: a permutation of the rows, another one in every epoch
        self._orders = [
            grain.MapDataset.range(len(rows[source])).shuffle(seed=source_seed(seed, source))
            for source in index.sources
        ]

    def __len__(self) -> int:
        return len(self._index) // self._batch_rows

    def __getitem__(self, batch: int) -> Batch:
        start = batch * self._batch_rows
        drawn = [self._index[row] for row in range(start + self._mine.first, start + self._mine.last)]
        return {
            "tokens": np.stack([self._rows[source][self._orders[source][position]] for source, position in drawn]),
            "source": np.array([source for source, _ in drawn]),
        }


def batches(
    index: MixingIndex, rows: Mapping[str, Rows], seed: int, batch_rows: int, mine: HostRows
) -> "grain.MapDataset":
    """Every batch of an arm, by number.

    Args:
        index: the arm's mixing index, from its first row on.
        rows: source -> its rows, random access.
        seed: the run's seed.
        batch_rows: rows of a global batch.
        mine: the rows of it that this host reads.
    """
    return grain.MapDataset.source(_Batches(index, rows, seed, batch_rows, mine))


def iterate(dataset: "grain.MapDataset", first: int, last: int, threads: int = 0) -> Iterator[Batch]:
    """Batches `first` to `last` (exclusive), read ahead by `threads` threads.

    With none, a batch is read when it is asked for, while the device is at work on the one before.
    """
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=PREFETCH_BATCHES)
    return iter(dataset.slice(slice(first, last)).to_iter_dataset(options))
