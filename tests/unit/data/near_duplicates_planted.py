"""Pairs of texts whose Jaccard similarity is known: one is the other with some of its words replaced."""

from collections.abc import Iterator

import numpy as np

# similarity -> (shingles of 5 words in each text, words replaced); each replaced word is part of 5 shingles of its own,
# so that 5 × replaced of the shingles are lost and as many are new: 200, 280 and 340 of 400 are common.
PLANTED = {0.5: (300, 20), 0.7: (340, 12), 0.85: (370, 6)}


def planted_pairs(similarity: float, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """`count` pairs of this Jaccard similarity of their shingles of 5 words, one of `PLANTED`, and no word in common
    with any other pair."""
    shingles, replaced = PLANTED[similarity]
    places = np.linspace(4, shingles - 1, replaced).astype(int)  # at least 5 apart, and in 5 shingles each
    rng = np.random.default_rng(seed)
    for _ in range(count):
        first = [f"w{number:x}" for number in rng.integers(1 << 62, size=shingles + 4)]
        second = list(first)
        for place, number in zip(places, rng.integers(1 << 62, size=replaced), strict=True):
            second[place] = f"x{number:x}"
        yield " = ".join(first) + "\n", "\n".join(second)
