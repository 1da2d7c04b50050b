"""Which documents count as near-duplicates of each other, and which of them stays."""

import dataclasses
from typing import Literal

from codemix.data.near_duplicates.bands import optimal_bands
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint

# Raised when the same documents would give other signatures, or signatures in another layout.
SIGNATURES_VERSION = 1
# Raised when the same signatures would leave out other documents.
CLUSTERS_VERSION = 2


@dataclasses.dataclass(frozen=True)
class NearDuplicates:
    """MinHash (Broder 1997) with locality-sensitive hashing over bands of rows, with BigCode's settings (The Stack,
    arXiv 2211.15533, section 4.2; StarCoder, arXiv 2305.06161, section 3.1).

    A document is the set of its shingles: every run of `shingle` words. A word is a maximal run of letters, digits,
    underscores and bytes beyond ASCII; case counts, and what lies between words does not. Two documents of Jaccard
    similarity s have a band in common with probability 1 − (1 − s^rows)^bands, and what is connected through such pairs
    is a cluster, of which one document stays: one of the source named first; of that source's a held-out one if there
    is one, so that nothing near it is trained on; of those the one preferred.

    Attributes:
        sources: whose documents are compared, in order of preference.
        shingle: words in a shingle.
        permutations: hash functions, of which the bands take bands × rows.
        threshold: the similarity about which pairs begin to be found.
        bands: and
        rows: by default those with the fewest false positives and false negatives at the threshold.
        minimum_tokens: a document of fewer words is a near-duplicate of its exact copies only.
        prefer: which document of a source stays: that of the most "stars" (unknown counts as fewest), the "longest",
            or the "first" by identity. Equal stars: the longest. Equal lengths: the first.
        seed: of the hash functions.
    """

    sources: tuple[str, ...]
    shingle: int = 5
    permutations: int = 256
    threshold: float = 0.7
    bands: int | None = None
    rows: int | None = None
    minimum_tokens: int = 5
    prefer: Literal["stars", "longest", "first"] = "stars"
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", tuple(self.sources))
        if not self.sources:
            raise UserError("NearDuplicates.sources is empty; name the sources to compare, the preferred one first.")
        for name in self.sources:
            if self.sources.count(name) > 1:
                raise UserError(f"NearDuplicates.sources names '{name}' twice; name each source once.")
        for field, least in (("shingle", 1), ("permutations", 2), ("minimum_tokens", 0), ("seed", 0)):
            if getattr(self, field) < least:
                raise UserError(f"NearDuplicates.{field} is {getattr(self, field)}; give at least {least}.")
        if not 0 < self.threshold < 1:
            raise UserError(f"NearDuplicates.threshold is {self.threshold}; give a similarity between 0 and 1.")
        if (self.bands is None) != (self.rows is None):
            missing = "rows" if self.rows is None else "bands"
            raise UserError(f"NearDuplicates.{missing} is not given; give bands and rows, or neither.")
        bands, rows = self.bands_and_rows()
        if bands < 1 or rows < 1 or bands * rows > self.permutations:
            raise UserError(
                f"NearDuplicates.bands × rows is {bands} × {rows}; give positive numbers whose product is at most "
                f"permutations, {self.permutations}."
            )
        if self.prefer not in ("stars", "longest", "first"):
            raise UserError(f"NearDuplicates.prefer is {self.prefer!r}; give 'stars', 'longest' or 'first'.")

    def bands_and_rows(self) -> tuple[int, int]:
        """The given ones, or the best for the threshold and the number of permutations."""
        if self.bands is not None and self.rows is not None:
            return self.bands, self.rows
        return optimal_bands(self.threshold, self.permutations)

    def signatures_key(self) -> str:
        """The key of what shapes a signature file: files of one key can be compared, whatever is preferred."""
        words = [self.shingle, self.minimum_tokens]
        return fingerprint([words, self.permutations, self.bands_and_rows(), self.seed, SIGNATURES_VERSION])

    def key(self) -> str:
        """The key of which documents of given ones are left out."""
        return fingerprint([self.signatures_key(), self.sources, self.prefer, CLUSTERS_VERSION])
