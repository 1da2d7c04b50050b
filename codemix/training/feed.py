"""The feed: rows of the token stores, in the order of the mixing index, as host batches.

Batch t is a pure function of (segments, seed, t): there is no iterator state, resuming is seeking, and every number of
hosts reads the same global batches, each its own rows of them.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
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


class _SourceRows:
    """The rows of one source, each with the source's number beside it: what the check of the ledger counts."""

    def __init__(self, rows: Rows, source: int):
        self._rows = rows
        self._source = source

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        return self._rows[row], self._source

    def _getitems(self, rows: Sequence[int]) -> list[tuple[np.ndarray, int]]:
        """grain's batched read, which spares it most of its work per row."""
        return [(self._rows[row], self._source) for row in rows]


class _Selection(grain.transforms.DatasetSelectionMap):
    """grain's view of the mixing index: this host's rows, one batch after the other."""

    def __init__(self, index: MixingIndex, batch_rows: int, mine: HostRows):
        self._index = index
        self._batch_rows = batch_rows
        self._mine = mine

    def __len__(self) -> int:
        return len(self._index) // self._batch_rows * len(self._mine)

    def __getitem__(self, i: int) -> tuple[int, int]:
        batch, row = divmod(i, len(self._mine))
        return self._index[batch * self._batch_rows + self._mine.first + row]


def source_seed(seed: int, source: str) -> int:
    """The seed of a source's shuffle, 32 bits. It knows no mixture, so that every arm reads a source in one order."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{source}".encode()).digest()[:4], "big")


def batches(
    index: MixingIndex, rows: Mapping[str, Rows], seed: int, batch_rows: int, mine: HostRows
) -> "grain.MapDataset":
    """Every batch of an arm, by number. Each epoch of a source is a fresh permutation of its rows.

    Args:
        index: the arm's mixing index, from its first row on.
        rows: source -> its rows, random access.
        seed: the run's seed.
        batch_rows: rows of a global batch.
        mine: the rows of it that this host reads.
    """
    parents = [
        grain.MapDataset.source(_SourceRows(rows[source], number)).shuffle(seed=source_seed(seed, source))
        for number, source in enumerate(index.sources)
    ]
    mixed = grain.MapDataset.select_from_datasets(parents, _Selection(index, batch_rows, mine))
    return mixed.batch(len(mine), drop_remainder=True, batch_fn=_stack)


def _stack(rows: Sequence[tuple[np.ndarray, int]]) -> Batch:
    return {"tokens": np.stack([tokens for tokens, _ in rows]), "source": np.array([source for _, source in rows])}


def iterate(dataset: "grain.MapDataset", first: int, last: int, threads: int = 0) -> Iterator[Batch]:
    """Batches `first` to `last` (exclusive), read ahead by `threads` threads.

    With none, a batch is read when it is asked for, while the device is at work on the one before.
    """
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=PREFETCH_BATCHES)
    return iter(dataset.slice(slice(first, last)).to_iter_dataset(options))
