"""The noise that a study expects, and the smallest effect that it can find."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

from codemix.errors import UserError

MEASURED = Path("report", "noise.json")  # in a finished study's folder, what its report measured
_MOST = 10**7  # seeds or documents that are searched for


@dataclasses.dataclass(frozen=True)
class Noise:
    """How far two equal arms lie apart in bits per byte, by chance: standard deviations of the log ratio, paired.

    With S seeds and n held-out documents the log ratio has the variance seed²/S + document²/n, of which the report's
    interval is made (`codemix.reporting.statistics.Variances`). The values here are those that the quickstart measured
    (`codemix run gin/studies/quickstart.gin`): every report writes its own to report/noise.json.

    Attributes:
        seed: between seeds.
        document: between documents, once that they resemble each other within their clusters is counted in.
        documents_per_cluster: documents for every effective cluster; few clusters widen the interval.
    """

    seed: float = 0.0081
    document: float = 0.177
    documents_per_cluster: float = 16.5

    def __post_init__(self) -> None:
        if self.seed < 0 or self.document < 0 or self.seed + self.document == 0 or self.documents_per_cluster < 1:
            raise UserError(
                "Noise needs seed and document ≥ 0, not both zero, and documents_per_cluster ≥ 1; it has "
                f"{self.seed}, {self.document} and {self.documents_per_cluster}."
            )

    def detectable(self, seeds: int, documents: int) -> float:
        """The smallest true relative change that a study of this size finds in 80 % of its repetitions, at the level of
        95 %; infinite where the documents are of fewer than two clusters."""
        from codemix.reporting.statistics import Estimate, Variances  # scipy: for those that plan

        clusters = documents / self.documents_per_cluster
        if clusters < 2:
            return math.inf
        by_seed = self.seed**2 / seeds if seeds > 1 else 0.0  # one seed says nothing of others: documents alone
        parts = Variances(by_seed, self.document**2 / documents, 0.0, seeds, clusters)
        expected = Estimate(0.0, math.sqrt(parts.total), parts.freedom, documents, int(clusters), seeds)
        return expected.detectable_percent / 100

    def seeds_for(self, effect: float, documents: int) -> int | None:
        """The fewest seeds, two at least, with which `effect` is detectable; None where no number is enough."""
        return _fewest(lambda seeds: self.detectable(seeds, documents) <= effect, 2)

    def documents_for(self, effect: float, seeds: int) -> int | None:
        """The fewest documents with which `effect` is detectable; None where no number is enough."""
        return _fewest(lambda documents: self.detectable(seeds, documents) <= effect, 2)


def _fewest(enough: Callable[[int], bool], least: int) -> int | None:
    """The smallest number that is enough, of those from `least`; what is enough stays so for larger ones."""
    below, most = least - 1, least
    while not enough(most):
        below, most = most, 2 * most
        if most > _MOST:
            return None
    while most - below > 1:
        middle = (below + most) // 2
        below, most = (below, middle) if enough(middle) else (middle, most)
    return most
