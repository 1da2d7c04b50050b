"""Means and differences over seeds and items: known answers, coverage of the truth, intervals never without width."""

import math

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis.extra import numpy as arrays
from scipy import stats

from codemix.reporting import statistics
from codemix.reporting.suite import estimates

ONES = np.ones


def test_one_seed_is_the_paired_t_interval():
    random = np.random.default_rng(0)
    arm, control = random.random((1, 50)), random.random((1, 50))
    found = estimates.weighted([estimates.difference(arm, control, ONES(50), counted=False)], [1.0])
    gaps = (arm - control)[0]
    assert found.value == pytest.approx(gaps.mean())
    assert found.standard_error == pytest.approx(gaps.std(ddof=1) / math.sqrt(50))
    assert found.degrees_of_freedom == pytest.approx(49)
    assert found.p_value == pytest.approx(stats.ttest_rel(arm[0], control[0]).pvalue)


def test_two_seeds_and_three_items_by_hand():
    # differences: seed 0 → 1, 0, 1; seed 1 → 0, 0, 1. Mean 1/2; seeds 2/3 and 1/3; items 1/2, 0 and 1
    arm = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    part = estimates.difference(arm, np.zeros((2, 3)), ONES(3), counted=True)
    found = statistics.variances(part)
    assert part.value == pytest.approx(1 / 2)
    assert found.seed == pytest.approx(2 * ((1 / 12) ** 2 * 2))  # 2/1 · Σ ((mean − ½)/2)²
    assert found.cluster == pytest.approx(3 / 2 * (0 + (1 / 6) ** 2 + (1 / 6) ** 2) + 1 / 9)  # + half an item each side


def test_bytes_weigh_as_a_ratio_of_sums():
    bits_per_byte, sizes = np.array([[1.0, 2.0, 3.0]]), np.array([10.0, 20.0, 70.0])
    assert estimates.mean(bits_per_byte, sizes).value == pytest.approx((10 + 40 + 210) / 100)


def test_a_mean_of_tasks_by_hand():
    """(mean₁ + mean₂)/2 with one seed: the variances of independent tasks add up, a quarter of each."""
    random = np.random.default_rng(1)
    gaps = [random.standard_normal((1, 20)), random.standard_normal((1, 300))]
    parts = [estimates.mean(gap, ONES(gap.shape[1])) for gap in gaps]
    found = estimates.weighted(parts, [0.5, 0.5])
    variances = [gap.var(ddof=1) / gap.size / 4 for gap in gaps]
    assert found.value == pytest.approx(np.mean([gap.mean() for gap in gaps]))
    assert found.standard_error == pytest.approx(math.sqrt(sum(variances)))
    satterthwaite = sum(variances) ** 2 / (variances[0] ** 2 / 19 + variances[1] ** 2 / 299)
    assert found.degrees_of_freedom == pytest.approx(satterthwaite)
    assert (found.documents, found.seeds) == (320, 1)


def test_one_part_of_weight_one_is_that_part():
    random = np.random.default_rng(2)
    part = estimates.mean(random.standard_normal((3, 40)), random.random(40) + 0.1)
    alone, combined = statistics.variances(part), statistics.weighted_variances([part], [1.0])
    for field in ("seed", "cluster", "cell", "effective_clusters"):
        assert getattr(combined, field) == pytest.approx(getattr(alone, field)), field


def test_clean_less_all_by_hand():
    values, kept = np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([False, True, True, True])
    part = estimates.subset_less_all(values, ONES(4), kept)
    assert part.value == pytest.approx(1 / 3 - 1 / 2)
    assert part.cells.sum() == pytest.approx(0)
    # all but the first: mean 1/3, deviations 2/3, −1/3, −1/3; all: deviations ½, ½, −½, −½
    assert part.cells[0] == pytest.approx([-1 / 8, 2 / 9 - 1 / 8, -1 / 9 + 1 / 8, -1 / 9 + 1 / 8])


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([[1, 1, 1, 1, 1, 0]], (5, 2 / 32)),
        ([[1, 1, 1, -1, 0]], (4, 2 * (1 + 4) / 16)),
        ([[1, -1]], (2, 1.0)),
        ([[0, 0]], (0, 1.0)),
        ([[1, -1, 1], [-1, 0, 1]], (2, 1.0)),  # sums over seeds: 0, −1, 2
    ],
)
def test_sign_test_by_hand(differences, expected):
    assert estimates.sign_test(np.array(differences, dtype=float)) == (expected[0], pytest.approx(expected[1]))


def test_wilson_for_one_seed_and_for_none_or_all_right():
    for right, items in ((3, 40), (0, 40), (40, 40)):
        values = np.array([[1.0] * right + [0.0] * (items - right)])
        part = estimates.mean(values, ONES(items))
        low, high = estimates.proportion_interval(estimates.weighted([part], [1.0]), [part], [1.0])
        expected = stats.binomtest(right, items).proportion_ci(method="wilson")
        assert low == pytest.approx(expected.low, abs=0.01)  # ours has n − 1, and Student's quantile
        assert high == pytest.approx(expected.high, abs=0.01)
        assert low >= 0
        assert high <= 1
        assert high - low > 0.02


@hypothesis.given(
    values=arrays.arrays(np.int8, st.tuples(st.integers(1, 4), st.integers(2, 30)), elements=st.integers(0, 1)),
    other=st.integers(0, 2**32),
)
@hypothesis.settings(max_examples=150, deadline=None)
def test_right_and_wrong_never_give_certainty(values, other):
    arm = values.astype(float)
    control = np.random.default_rng(other).integers(0, 2, arm.shape).astype(float)
    part = estimates.difference(arm, control, ONES(arm.shape[1]), counted=True)
    found = estimates.weighted([part], [1.0])
    if arm.shape[1] > 2:
        assert found.standard_error >= 1 / arm.shape[1] - 1e-12
        assert found.interval[0] < found.value < found.interval[1]
        assert (found.p_value < 0.05) == (not found.interval[0] <= 0 <= found.interval[1])
    turned = estimates.weighted([estimates.difference(control, arm, ONES(arm.shape[1]), counted=True)], [1.0])
    assert turned.value == pytest.approx(-found.value)
    level = estimates.mean(arm, ONES(arm.shape[1]))
    low, high = estimates.proportion_interval(estimates.weighted([level], [1.0]), [level], [1.0])
    assert 0 <= low < high <= 1
    assert low - 1e-9 <= level.value <= high + 1e-9


@pytest.mark.parametrize(
    ("values", "reason"),
    [([[0.3], [0.4]], "one item only"), ([[0.5, 0.5], [0.5, 0.5]], "every item and seed gives the same")],
)
def test_no_interval_rather_than_a_false_one(values, reason):
    values = np.array(values)
    found = estimates.weighted([estimates.mean(values, ONES(values.shape[1]))], [1.0])
    assert found.reason == reason
    assert math.isnan(found.p_value)


def answers(random, seeds, items, effect, by_seed, by_item):
    """Right and wrong of an arm and a control, with the true difference of their shares: a probit model whose seeds and
    items are drawn."""
    hardness = random.standard_normal(items)
    shift = effect + by_seed * random.standard_normal((seeds, 1)) + by_item * random.standard_normal(items)
    spread = math.sqrt(2 + by_seed**2 + by_item**2)
    truth = stats.norm.cdf(effect / spread) - 0.5
    arm = hardness + shift + random.standard_normal((seeds, items)) > 0
    control = hardness + random.standard_normal((seeds, items)) > 0
    return arm.astype(float), control.astype(float), truth


@pytest.mark.parametrize(
    ("seeds", "items", "by_seed", "by_item"),
    [(3, 150, 0.2, 0.0), (3, 150, 0.0, 0.5), (5, 60, 0.1, 0.3), (1, 200, 0.0, 0.4)],
    ids=["seeds dominate", "items dominate", "both", "one seed"],
)
def test_the_paired_interval_covers_the_truth(seeds, items, by_seed, by_item):
    random = np.random.default_rng(3)
    covered, halves, errors = [], [], []
    for _ in range(500):
        arm, control, truth = answers(random, seeds, items, 0.3, by_seed, by_item)
        found = estimates.weighted([estimates.difference(arm, control, ONES(items), counted=True)], [1.0])
        low, high = found.interval
        covered.append(low <= truth <= high)
        halves.append((high - low) / 2)
        errors.append(found.value - truth)
    assert np.mean(covered) >= 0.925  # and above 0.99 where seeds add nothing: three of them cannot show that
    assert np.mean(halves) <= 2.4 * 1.96 * np.std(errors)


def test_the_interval_of_a_mean_of_tasks_covers_where_a_seed_moves_all_tasks():
    random, sizes, weights = np.random.default_rng(4), (30, 100, 400), (0.25, 0.25, 0.5)
    covered, apart = [], []
    for _ in range(600):
        seed = 0.1 * random.standard_normal((4, 1))
        gaps = [0.05 + seed + 0.3 * random.standard_normal((4, size)) for size in sizes]
        parts = [estimates.mean(gap, ONES(size)) for gap, size in zip(gaps, sizes, strict=True)]
        low, high = estimates.weighted(parts, weights).interval
        covered.append(low <= 0.05 <= high)
        # as if a seed were drawn anew for every task
        errors = [statistics.estimate(part).standard_error for part in parts]
        half = 3.18 * math.sqrt(sum((weight * error) ** 2 for weight, error in zip(weights, errors, strict=True)))
        apart.append(abs(sum(w * part.value for w, part in zip(weights, parts, strict=True)) - 0.05) <= half)
    assert 0.925 <= np.mean(covered) <= 0.99
    assert np.mean(apart) < np.mean(covered) - 0.03


def test_a_difference_of_shares_is_never_more_than_all_of_them():
    """Two seeds that disagree say nothing: the interval is everything there is, and not more."""
    part = estimates.mean(np.array([[1.0] * 10, [-1.0] * 10]), ONES(10))
    found = estimates.weighted([part], [1.0])
    assert found.interval[1] > 1
    assert estimates.share_interval(found) == (-1.0, 1.0)
