"""Paired comparison of two arms: the log ratio of their bits per byte, or the difference of their mean scores, and its
interval over seeds and documents (or a benchmark's items).

A log ratio is one of sums over all seeds and documents. Its error is carried by influences: how much each seed ×
cluster cell moves it (linearisation, as in the delta method; a mean is linear as it is). Documents of one cluster
(package, repository) are correlated and enter as one. Seeds and clusters are both a sample of what could have been, so
the variance has a part for each (crossed random effects), and few seeds or few clusters widen the interval through
Student's t.

Sources: Miller 2024, "Adding error bars to evals", arXiv 2411.00640 (pairing, clusters, power); Cornfield and Tukey
1956 (variance of a mean over two crossed random factors); Cochran and Cox 1957, *Experimental designs* (quantile for a
sum of variances with different degrees of freedom); Satterthwaite 1946 (degrees of freedom of a sum of variances);
Holm 1979 (several comparisons at once).
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import special

LEVEL = 0.95
POWER = 0.80
_NO_SPREAD = 1e-12  # a standard error of the log ratio below this is rounding, not spread


@dataclasses.dataclass(frozen=True)
class Influence:
    """A log ratio or a mean, and how much each cell of seeds × clusters moves it.

    `cells` (seeds × clusters) sums to zero; `share` (clusters) is each cluster's share of the total and sums to one; a
    cluster without documents has share zero. Seeds and clusters stand in the same order in influences that are
    combined. `unseen` is added to the clusters' variance: what a few answers, right or wrong, do not show of it.
    """

    value: float
    cells: np.ndarray
    share: np.ndarray
    documents: int
    unseen: float = 0.0


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A log ratio or a mean with its standard error; `ratio…` and `…percent…` are of log ratios. Without an interval,
    `standard_error` is NaN and `reason` says why.

    `seeds == 1` means that the interval reflects documents only.
    """

    value: float
    standard_error: float
    degrees_of_freedom: float
    documents: int
    clusters: int
    seeds: int
    reason: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the value; NaN, NaN where there is none."""
        half = self.quantile(0.5 + LEVEL / 2) * self.standard_error
        return self.value - half, self.value + half

    @property
    def ratio(self) -> float:
        return math.exp(self.value)

    @property
    def ratio_interval(self) -> tuple[float, float]:
        """The 95 % interval of the ratio; NaN, NaN where there is none."""
        low, high = self.interval
        return math.exp(low), math.exp(high)

    @property
    def percent(self) -> float:
        """The relative change, 100·(ratio − 1)."""
        return 100 * math.expm1(self.value)

    @property
    def percent_interval(self) -> tuple[float, float]:
        low, high = self.ratio_interval
        return 100 * (low - 1), 100 * (high - 1)

    @property
    def p_value(self) -> float:
        """Two-sided, for a true value of zero; below 0.05 exactly when the interval excludes it."""
        if math.isnan(self.standard_error):
            return math.nan
        return float(2 * special.stdtr(self.degrees_of_freedom, -abs(self.value) / self.standard_error))

    @property
    def detectable(self) -> float:
        """The smallest true value that a study like this one finds in 80 % of its repetitions."""
        return (self.quantile(0.5 + LEVEL / 2) + self.quantile(POWER)) * self.standard_error

    @property
    def detectable_percent(self) -> float:
        """The same as a relative change, in percent."""
        return 100 * math.expm1(self.detectable)

    def quantile(self, probability: float) -> float:
        """Student's, at the estimate's degrees of freedom."""
        return float(special.stdtrit(self.degrees_of_freedom, probability))


def influence(numerator: np.ndarray, denominator: np.ndarray, clusters: np.ndarray, n_clusters: int) -> Influence:
    """The influence on log(Σ numerator / Σ denominator), both seeds × documents, all sums positive.

    Both are divided by their grand totals, not by each seed's: a seed that is worse throughout must stay visible as an
    influence of that seed. `clusters` (documents) holds numbers below `n_clusters`.
    """
    numerator_total, denominator_total = numerator.sum(), denominator.sum()
    upper, lower = numerator / numerator_total, denominator / denominator_total
    by_cluster = [np.bincount(clusters, row, n_clusters) for row in upper - lower]
    share = np.bincount(clusters, (upper + lower).sum(axis=0) / 2, n_clusters)
    log_ratio = math.log(numerator_total) - math.log(denominator_total)
    return Influence(log_ratio, np.stack(by_cluster), share, numerator.shape[1])


def macro_average(parts: Sequence[Influence]) -> Influence:
    """The mean log ratio, every part with equal weight. Seeds and clusters are matched across parts, so that what a
    seed or a package does to several sources at once is counted as one draw, not as several."""
    return Influence(
        value=sum(part.value for part in parts) / len(parts),
        cells=np.mean([part.cells for part in parts], axis=0),
        share=np.mean([part.share for part in parts], axis=0),
        documents=sum(part.documents for part in parts),
    )


def estimate(part: Influence) -> Estimate:
    """The value of `part` with the standard error over its seeds and clusters; see `Variances`."""
    seeds = part.cells.shape[0]
    clusters = int(np.count_nonzero(part.share))

    def without_interval(reason: str) -> Estimate:
        return Estimate(part.value, math.nan, math.nan, part.documents, clusters, seeds, reason)

    if clusters < 2:
        return without_interval("all documents are of one cluster")
    if np.sum(part.share**2) > 0.5:
        return without_interval("one cluster holds most of the text")
    found = variances(part)
    if math.sqrt(found.total) < _NO_SPREAD:
        return without_interval("every document and seed gives the same ratio")
    return Estimate(part.value, math.sqrt(found.total), found.freedom, part.documents, clusters, seeds)


@dataclasses.dataclass(frozen=True)
class Variances:
    """The parts of the variance of a log ratio or a mean.

    With D the cells, V_seed = S/(S−1)·Σ_s D_s·² and V_cluster = k·Σ_c D_·c² each hold, besides their own factor, one
    cell variance V_cell, which is therefore taken off once: V = V_seed + V_cluster − V_cell, but never less than the
    larger of the two. k = 1/(1−Σ share²) is C/(C−1) for C equal clusters and grows with their inequality; the effective
    number of clusters is 1/Σ share². The t quantile is the mean of those of seeds (S−1 degrees of freedom) and clusters
    (effective number − 1), weighted by V_seed and V_cluster (Cochran and Cox): with three seeds it covers better than
    Satterthwaite's approximation, whose degrees of freedom are too many whenever the seeds happen to lie close
    together. One seed has no variance: the clusters' is all there is.
    """

    seed: float
    cluster: float
    cell: float
    seeds: int
    effective_clusters: float

    @property
    def total(self) -> float:
        small, large = sorted((self.seed, self.cluster))
        return large + max(small - self.cell, 0.0)

    @property
    def freedom(self) -> float:
        """The degrees of freedom of the whole."""
        if self.seeds == 1:
            return self.effective_clusters - 1
        return _joint_freedom((self.seed, self.cluster), (self.seeds - 1, self.effective_clusters - 1))


def variances(part: Influence) -> Variances:
    """Those of an influence over at least two clusters."""
    seeds = part.cells.shape[0]
    concentration = float(np.sum(part.share**2))
    finite = 1 / (1 - concentration)
    by_cluster = part.cells.sum(axis=0)
    cluster = finite * float(np.sum(by_cluster**2)) + part.unseen
    if seeds == 1:
        return Variances(0.0, cluster, 0.0, seeds, 1 / concentration)
    by_seed = part.cells.sum(axis=1)
    rest = part.cells - np.outer(by_seed, part.share) - by_cluster / seeds
    seed = seeds / (seeds - 1) * float(np.sum(by_seed**2))
    cell = seeds / (seeds - 1) * finite * float(np.sum(rest**2))
    return Variances(seed, cluster, cell, seeds, 1 / concentration)


def weighted_variances(parts: Sequence[Influence], weights: Sequence[float]) -> Variances:
    """Those of Σ weight·value over parts that have the seeds, but no cluster, in common: benchmarks of other items.

    Clusters of different parts are independent, so their variances add up, with Satterthwaite's degrees of freedom;
    what a seed does to all parts is one draw, and is summed before it is squared.
    """
    found = [variances(part) for part in parts]
    squares = np.square(weights)
    clusters = squares * [part.cluster for part in found]
    freedoms = np.array([part.effective_clusters - 1 for part in found])
    spread = float(np.sum(clusters**2 / freedoms))
    effective = 1 + (float(clusters.sum()) ** 2 / spread if spread else float(freedoms.min()))
    seeds = parts[0].cells.shape[0]
    by_seed = sum(weight * part.cells.sum(axis=1) for weight, part in zip(weights, parts, strict=True))
    seed = seeds / (seeds - 1) * float(np.sum(np.square(by_seed))) if seeds > 1 else 0.0
    cell = float(np.sum(squares * [part.cell for part in found]))
    return Variances(seed, float(clusters.sum()), cell, seeds, effective)


def _joint_freedom(parts: tuple[float, float], freedoms: tuple[float, float]) -> float:
    """The degrees of freedom at which Student's 95 % quantile is the variance-weighted mean of the parts' quantiles."""
    total = sum(parts)
    if total == 0:
        return min(freedoms)
    probability = 0.5 + LEVEL / 2
    quantiles = special.stdtrit(freedoms, probability)
    wanted = float(np.dot(parts, quantiles)) / total
    if not quantiles.min() < wanted < quantiles.max():
        return min(freedoms) if wanted >= quantiles.max() else max(freedoms)
    return float(special.stdtridf(probability, wanted))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979): adjusted p-values in the order given. NaN is outside the family."""
    values = np.asarray(p_values, dtype=float)
    adjusted = np.full(values.shape, math.nan)
    family = np.flatnonzero(~np.isnan(values))
    order = family[np.argsort(values[family], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()
