"""Means of benchmark scores, and differences of them, with intervals over seeds and items.

The model is that of `codemix.reporting.statistics`: seeds and items are both a sample of what could have been. An item
is its own cluster. Sources: Agresti and Min 2005 (paired proportions: two more items, one for each side, so that a few
right answers do not look certain); Wilson 1927, with the effective number of items of Korn and Graubard 1998
(proportions near 0 and 1); McNemar 1947, exact.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from codemix.reporting import statistics
from codemix.reporting.statistics import LEVEL, Estimate, Influence

FEW = 25  # items that differ; below, the sign test has its say
_NO_SPREAD = 1e-12


def mean(values_SxI: np.ndarray, weights_I: np.ndarray) -> Influence:
    """The mean over seeds and items, an item counting by its weight (bytes, where a measure is one per byte)."""
    share_I = weights_I / weights_I.sum()
    value = float((values_SxI @ share_I).mean())
    return Influence(value, share_I * (values_SxI - value) / len(values_SxI), share_I, len(share_I))


def difference(arm_SxI: np.ndarray, control_SxI: np.ndarray, weights_I: np.ndarray, counted: bool) -> Influence:
    """The mean paired difference. Of a `counted` measure (right or wrong), half an item is added on each side to what
    the variance is taken from: without it ten items that are alike would be certainty."""
    part = mean(arm_SxI - control_SxI, weights_I)
    return dataclasses.replace(part, unseen=part.documents**-2.0) if counted else part


def share_interval(found: Estimate) -> tuple[float, float]:
    """The 95 % interval of a difference of shares, which is never more than all of them."""
    low, high = found.interval
    return float(np.clip(low, -1, 1)), float(np.clip(high, -1, 1))


def subset_less_all(values_SxI: np.ndarray, weights_I: np.ndarray, kept_I: np.ndarray) -> Influence:
    """The mean over the items kept, less that over all: the same items on both sides, so what they share drops out."""
    whole, part = mean(values_SxI, weights_I), mean(values_SxI[:, kept_I], weights_I[kept_I])
    cells_SxI = -whole.cells
    cells_SxI[:, kept_I] += part.cells
    return Influence(part.value - whole.value, cells_SxI, whole.share, whole.documents)


def weighted(parts: Sequence[Influence], weights: Sequence[float]) -> Estimate:
    """Σ weight·value over benchmarks, and its standard error; no standard error where a benchmark has one item, or one
    item that outweighs the others, or where nothing differs."""
    value = sum(weight * part.value for weight, part in zip(weights, parts, strict=True))
    items, seeds = sum(part.documents for part in parts), parts[0].cells.shape[0]

    def without(reason: str) -> Estimate:
        return Estimate(value, math.nan, math.nan, items, items, seeds, reason)

    if any(part.documents < 2 for part in parts):
        return without("one item only")
    if any(np.sum(part.share**2) > 0.5 for part in parts):
        return without("one item holds most of the bytes")
    found = statistics.weighted_variances(parts, weights)
    if math.sqrt(found.total) < _NO_SPREAD:
        return without("every item and seed gives the same")
    return Estimate(value, math.sqrt(found.total), found.freedom, items, items, seeds)


def proportion_interval(found: Estimate, parts: Sequence[Influence], weights: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean of shares of right answers, inside [0, 1] and never without width.

    Wilson's, for as many independent items as would have the standard error that was found; where all answers are
    right or wrong, which has none, for the items there are, however many seeds answered them.
    """
    share, quantile = found.value, float(special.ndtri(0.5 + LEVEL / 2))
    size = 1 / sum(weight**2 * np.sum(part.share**2) for weight, part in zip(weights, parts, strict=True))
    if 0 < share < 1 and found.standard_error > 0:  # not NaN
        size = share * (1 - share) / found.standard_error**2
        quantile = found.quantile(0.5 + LEVEL / 2)
    squared = quantile**2 / size
    middle = (share + squared / 2) / (1 + squared)
    half = math.sqrt(squared * max(share * (1 - share), 0.0) + squared**2 / 4) / (1 + squared)
    return max(0.0, middle - half), min(1.0, middle + half)


def sign_test(differences_SxI: np.ndarray) -> tuple[int, float]:
    """How many items differ in the sum over seeds, and the two-sided p-value of their signs: McNemar's exact test."""
    net_I = differences_SxI.sum(axis=0)
    plus, minus = int(np.sum(net_I > _NO_SPREAD)), int(np.sum(net_I < -_NO_SPREAD))
    return plus + minus, sign_p_value(plus, minus)


def sign_p_value(plus: int, minus: int) -> float:
    """Two-sided, for signs that are as often plus as minus; 1 where there are none."""
    return min(1.0, 2 * float(special.bdtr(min(plus, minus), plus + minus, 0.5))) if plus + minus else 1.0
