"""The paired interval: coverage in simulation, symmetries, and what it does where there is little to go by."""

import math

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from scipy import stats

from codemix.reporting.statistics import Estimate, estimate, holm, influence, macro_average

REPETITIONS = 1200
# (seed, cluster, seed × cluster, document) standard deviations of the log ratio
NOISE = {
    "seeds dominate": (0.010, 0.003, 0.003, 0.01),
    "both": (0.010, 0.060, 0.005, 0.05),
    "clusters dominate": (0.001, 0.080, 0.010, 0.10),
    "documents dominate": (0.002, 0.010, 0.002, 0.15),
}


def simulate(random: np.random.Generator, noise: tuple[float, float, float, float], seeds=3, clusters=40, skew=1.0):
    """An arm and a control on one draw of seeds and documents, and the true log ratio."""
    by_seed, by_cluster, by_cell, by_document = noise
    sizes = np.maximum(1, np.round(random.lognormal(1.2, skew, clusters))).astype(int)
    cluster = np.repeat(np.arange(clusters), sizes)
    control = random.lognormal(8, 0.8, len(cluster)) * np.exp(0.02 * random.standard_normal((seeds, 1)))
    log_ratio = (
        0.05
        + by_seed * random.standard_normal((seeds, 1))
        + by_cluster * random.standard_normal(clusters)[cluster]
        + by_cell * random.standard_normal((seeds, clusters))[:, cluster]
        + by_document * random.standard_normal(len(cluster))
    )
    return control * np.exp(log_ratio), control, cluster, 0.05 + sum(deviation**2 for deviation in noise) / 2


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_interval_covers_the_truth_and_is_not_absurdly_wide(noise):
    random = np.random.default_rng(1)
    errors, halves = [], []
    for _ in range(REPETITIONS):
        arm, control, cluster, truth = simulate(random, noise)
        found = estimate(influence(arm, control, cluster, cluster.max() + 1))
        low, high = np.log(found.ratio_interval)
        errors.append(found.value - truth)
        halves.append((high - low) / 2)
    coverage = np.mean(np.abs(errors) <= halves)
    assert 0.93 <= coverage <= 0.985
    # with three seeds the honest quantile is 4.3 instead of 1.96, so up to 2.2 times the ideal half-width
    assert np.mean(halves) <= 2.2 * 1.96 * np.std(errors)


def test_documents_alone_undercover_where_seeds_matter():
    random = np.random.default_rng(2)
    covered = []
    for _ in range(400):
        arm, control, cluster, truth = simulate(random, NOISE["seeds dominate"])
        part = influence(arm.sum(axis=0, keepdims=True), control.sum(axis=0, keepdims=True), cluster, cluster.max() + 1)
        low, high = estimate(part).ratio_interval
        covered.append(math.log(low) <= truth <= math.log(high))
    assert np.mean(covered) < 0.6


def test_macro_average_covers_when_seeds_and_clusters_are_shared_between_sources():
    random = np.random.default_rng(3)
    covered = []
    for _ in range(600):
        seed_effect, cluster_effect = 0.01 * random.standard_normal((3, 1)), 0.05 * random.standard_normal(30)
        parts = []
        for documents in (80, 200):
            cluster = random.integers(0, 30, documents)
            control = np.ones((3, 1)) * random.lognormal(8, 0.7, documents)
            arm = control * np.exp(seed_effect + cluster_effect[cluster] + 0.02 * random.standard_normal(documents))
            parts.append(influence(arm, control, cluster, 30))
        low, high = estimate(macro_average(parts)).ratio_interval
        covered.append(math.log(low) <= (0.05**2 + 0.02**2) / 2 <= math.log(high))
    assert np.mean(covered) >= 0.93


def test_one_seed_and_single_document_clusters_is_the_ratio_estimator():
    random = np.random.default_rng(4)
    arm, control = random.lognormal(8, 0.5, (1, 500)), random.lognormal(8, 0.5, (1, 500))
    found = estimate(influence(arm, control, np.arange(500), 500))
    residual = arm[0] / arm.sum() - control[0] / control.sum()
    textbook = math.sqrt(500 / 499 * np.sum(residual**2))
    assert found.seeds == 1
    assert found.standard_error == pytest.approx(textbook, rel=2e-3)
    assert found.degrees_of_freedom > 300


@st.composite
def scored_pairs(draw):
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seeds, clusters = draw(st.integers(1, 4)), draw(st.integers(4, 12))
    # Unequal clusters, none of which holds most of the text: there would be no interval.
    rounds, extra = draw(st.integers(1, 4)), draw(st.integers(0, clusters))
    cluster = np.concatenate([np.tile(np.arange(clusters), rounds), np.arange(extra)])
    arm, control = random.uniform(0.5, 1.5, (2, seeds, len(cluster)))
    return arm, control, cluster


@hypothesis.given(scored_pairs())
@hypothesis.settings(max_examples=80, deadline=None)
def test_swapping_the_arms_flips_the_sign_and_nothing_else(pair):
    arm, control, cluster = pair
    there, back = (estimate(influence(*both, cluster, 12)) for both in ((arm, control), (control, arm)))
    assert there.value == pytest.approx(-back.value, abs=1e-12)
    assert there.standard_error == pytest.approx(back.standard_error)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.ratio_interval[0] == pytest.approx(1 / back.ratio_interval[1])


@hypothesis.given(scored_pairs(), st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=80, deadline=None)
def test_units_and_order_do_not_matter(pair, unit, shuffler):
    arm, control, cluster = pair
    plain = estimate(influence(arm, control, cluster, 12))
    documents, seeds = list(range(arm.shape[1])), list(range(arm.shape[0]))
    shuffler.shuffle(documents)
    shuffler.shuffle(seeds)
    moved = [unit * scores[seeds][:, documents] for scores in (arm, control)]
    renamed = (cluster[documents] * 5 + 3) % 12  # 5 is prime to 12: another numbering
    other = estimate(influence(*moved, renamed, 12))
    assert other.value == pytest.approx(plain.value, abs=1e-9)
    assert other.standard_error == pytest.approx(plain.standard_error, rel=1e-6)
    assert other.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom, rel=1e-6)


@hypothesis.given(scored_pairs())
@hypothesis.settings(max_examples=80, deadline=None)
def test_differing_data_never_have_a_standard_error_of_zero(pair):
    found = estimate(influence(*pair, 12))
    assert found.standard_error > 0
    assert (found.p_value < 0.05) == (not found.ratio_interval[0] <= 1 <= found.ratio_interval[1])
    assert found.detectable_percent > 0


@pytest.mark.parametrize(
    ("arm", "clusters", "reason"),
    [
        (np.array([[1.0, 2.0], [1.5, 2.5]]), [0, 0], "one cluster"),
        (np.array([[1.0, 90.0], [1.5, 95.0]]), [0, 1], "most of the text"),
        (np.array([[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]), [0, 1, 2], "same ratio"),
    ],
)
def test_no_interval_rather_than_a_false_one(arm, clusters, reason):
    control = arm.copy() if "same" in reason else arm * np.array([[1.1], [1.2]])
    found = estimate(influence(arm, control, np.array(clusters), 3))
    assert reason in found.reason
    assert math.isnan(found.standard_error)
    assert math.isnan(found.p_value)
    assert all(map(math.isnan, found.percent_interval))


def test_p_value_and_detectable_change_follow_from_student_t():
    found = Estimate(math.log(0.9), 0.02, 7.0, documents=10, clusters=8, seeds=3)
    assert found.percent == pytest.approx(-10)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(math.log(0.9)) / 0.02, 7))
    quantiles = stats.t.ppf(0.975, 7) + stats.t.ppf(0.8, 7)
    assert found.detectable_percent == pytest.approx(100 * math.expm1(0.02 * quantiles))


def test_holm_by_hand():
    adjusted = holm([0.01, 0.04, math.nan, 0.03, 0.5])
    assert adjusted[:2] == pytest.approx([0.04, 0.09])
    assert math.isnan(adjusted[2])
    assert adjusted[3:] == pytest.approx([0.09, 0.5])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
