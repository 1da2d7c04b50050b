"""How many bands of how many rows tell similar documents from others best."""

from functools import lru_cache

import numpy as np

_MOST_NODES = 192  # of the quadrature: exact for 383 permutations, and far beyond need for more


@lru_cache
def optimal_bands(threshold: float, permutations: int) -> tuple[int, int]:
    """(bands, rows), bands × rows ≤ permutations, with the least sum of false positives and false negatives.

    A pair of similarity s is found with probability p(s) = 1 − (1 − s^rows)^bands. The false positives are the integral
    of p from 0 to the threshold, the false negatives that of 1 − p from there to 1, as datasketch weighs them. Both are
    integrals of polynomials of degree bands × rows, which Gauss–Legendre quadrature gives exactly.
    """
    nodes, weights = np.polynomial.legendre.leggauss(min(permutations // 2 + 1, _MOST_NODES))
    below, above = threshold * (nodes + 1) / 2, threshold + (1 - threshold) * (nodes + 1) / 2

    def error(bands: int, rows: int) -> float:
        positives = threshold / 2 * weights @ (1 - (1 - below**rows) ** bands)
        negatives = (1 - threshold) / 2 * weights @ (1 - above**rows) ** bands
        return float(positives + negatives)

    shapes = [(bands, rows) for bands in range(1, permutations + 1) for rows in range(1, permutations // bands + 1)]
    return min(shapes, key=lambda shape: error(*shape))
