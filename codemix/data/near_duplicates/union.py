"""Union-find over documents. Importing this loads numba."""

import numpy as np

from codemix.data.compiled import compiled


@compiled
def _root(parents: np.ndarray, place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]  # halves the path (Tarjan and van Leeuwen 1984)
        place = parents[place]
    return place


@compiled
def unite_equal(parents: np.ndarray, hashes: np.ndarray, places: np.ndarray, order: np.ndarray) -> None:
    """Gives the places of equal hashes one root: the least of theirs.

    Args:
        parents: (documents,) int64, from `np.arange`; altered.
        hashes: (entries,) uint64.
        places: (entries,) int64, whose they are.
        order: (entries,) int64, which sorts the hashes.
    """
    for i in range(1, len(order)):
        if hashes[order[i]] == hashes[order[i - 1]]:
            one, other = _root(parents, places[order[i - 1]]), _root(parents, places[order[i]])
            parents[max(one, other)] = min(one, other)


@compiled
def roots(parents: np.ndarray) -> np.ndarray:
    """(documents,) int64: the root of each."""
    found = np.empty_like(parents)
    for place in range(len(parents)):
        found[place] = _root(parents, place)
    return found
