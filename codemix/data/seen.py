"""Which texts have been seen: 16 bytes for each, however many there are."""

import numpy as np

_DIGEST = np.dtype("S16")  # compares as bytes do; that it ignores trailing zeros matters to one text in 2^128


class Seen:
    """A set of digests in sorted arrays, each at least twice as long as the next, so that adding is cheap."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []

    def add(self, digests: np.ndarray) -> np.ndarray:
        """Adds (n,) digests of 16 bytes. Gives (n,) booleans: whether each was new; of equal ones the first is."""
        digests = digests.astype(_DIGEST)
        _, firsts = np.unique(digests, return_index=True)
        new = np.zeros(len(digests), dtype=bool)
        new[firsts] = True
        for array in self._arrays:
            places = np.minimum(np.searchsorted(array, digests), len(array) - 1)
            new &= array[places] != digests
        added = np.sort(digests[new])
        while self._arrays and len(self._arrays[-1]) <= 2 * len(added):
            added = np.sort(np.concatenate([self._arrays.pop(), added]))
        if len(added):
            self._arrays.append(added)
        return new
