"""The smallest effect that a plan promises to find is one that the report's interval does find, four times in five."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codemix.errors import UserError
from codemix.reporting.noise import measured_noise
from codemix.reporting.results import SourceScores, StudyResults
from codemix.reporting.statistics import estimate, influence
from codemix.study.noise import MEASURED, Noise
from codemix.study.plan import Plan
from codemix.study.power import power_of
from codemix.study.record import plan_record
from codemix.study.warnings import warnings_of

PER_CLUSTER = 4
NOISES = [Noise(0.004, 0.10, PER_CLUSTER), Noise(0.010, 0.05, PER_CLUSTER), Noise(0.0, 0.10, PER_CLUSTER)]


def scores(noise: Noise, seeds: int, documents: int, effect: float, random: np.random.Generator):
    """Losses of an arm and a control, seeds × documents, and the documents' clusters of one size each; the noise
    between documents is their clusters'."""
    clusters = np.arange(documents) // PER_CLUSTER
    between = noise.document / math.sqrt(PER_CLUSTER)
    control = np.full((seeds, documents), 1000.0)
    ratio = (
        math.log1p(effect)
        + noise.seed * random.standard_normal((seeds, 1))
        + between * random.standard_normal(clusters.max() + 1)[clusters]
    )
    return control * np.exp(ratio), control, clusters


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: f"{noise.seed}-{noise.document}")
@pytest.mark.parametrize(("seeds", "documents"), [(3, 200), (8, 80)])
def test_the_promised_effect_is_found_about_four_times_in_five(noise: Noise, seeds: int, documents: int) -> None:
    """By the report's own interval, in simulated studies. With three seeds the interval's degrees of freedom vary from
    study to study, which the promise does not know: within a tenth of 80 %."""
    random = np.random.default_rng(0)
    effect, repetitions = noise.detectable(seeds, documents), 500
    found = 0
    for _ in range(repetitions):
        arm, control, clusters = scores(noise, seeds, documents, effect, random)
        low, high = estimate(influence(arm, control, clusters, clusters.max() + 1)).ratio_interval
        found += not low <= 1 <= high
    assert 0.70 <= found / repetitions <= 0.92


def test_more_seeds_or_documents_find_less_and_the_answers_are_the_fewest() -> None:
    noise = Noise(0.004, 0.10, 4)
    assert noise.detectable(2, 200) > noise.detectable(3, 200) > noise.detectable(3, 400)
    for effect in (0.005, 0.01, 0.02):
        seeds, documents = noise.seeds_for(effect, 4000), noise.documents_for(effect, 5)
        assert noise.detectable(seeds, 4000) <= effect
        assert seeds == 2 or noise.detectable(seeds - 1, 4000) > effect
        if documents:
            assert noise.detectable(5, documents) <= effect < noise.detectable(5, documents - 1)
    assert noise.seeds_for(0.001, 100) is None  # the documents alone are too noisy
    assert noise.documents_for(0.001, 3) is None  # the seeds alone are


def test_one_seed_counts_documents_alone_and_one_cluster_counts_nothing() -> None:
    assert Noise(0.5, 0.1, 4).detectable(1, 100) == Noise(0.0, 0.1, 4).detectable(1, 100)
    assert Noise(0.01, 0.1, 4).detectable(3, 7) == math.inf


def test_a_report_measures_the_noise_that_there_was() -> None:
    """Three arms of many seeds and clusters, whose noise is known."""
    random, noise = np.random.default_rng(3), Noise(0.02, 0.1, PER_CLUSTER)
    nll, clusters = {}, np.zeros(0, int)
    for arm in ("one", "two", "three"):
        nll[arm], nll["control"], clusters = scores(noise, 60, 1600, 0.03, random)
    sizes = np.full(1600, 500)
    results = StudyResults(
        {"study": {"arms": ["control", "one", "two", "three"], "control": "control", "seeds": list(range(60))}},
        [SourceScores("text", sizes, sizes, clusters, nll)],
        400,
        {},
    )
    found = measured_noise(results)
    assert found is not None
    assert found["seed"] == pytest.approx(0.02, rel=0.15)
    assert found["document"] == pytest.approx(0.1, rel=0.15)
    assert found["documents_per_cluster"] == pytest.approx(PER_CLUSTER, rel=0.05)


def test_a_plan_uses_what_its_own_report_measured(plan_with: Callable[..., Plan]) -> None:
    plan = plan_with()
    before = power_of(plan)
    assert (before.measured, before.noise) == (False, plan.study.noise)
    path = plan.home / "studies" / "quickstart" / MEASURED
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"seed": 0.1, "document": 1.0, "documents_per_cluster": 2.0}))
    after = power_of(plan_with())
    assert (after.measured, after.noise) == (True, Noise(0.1, 1.0, 2.0))
    assert after.detectable > before.detectable


def test_a_study_that_cannot_find_what_matters_is_warned_of(plan_with: Callable[..., Plan], tmp_path: Path) -> None:
    """With what would do: so many seeds, or so many documents of each source; and then it does."""
    few = "Noise.seed=0.001", "Noise.document=0.1", "Study.noise=@Noise()", "Study.smallest_effect=0.01"
    plan = plan_with(*few, "BitsPerByte.documents=20")
    (sentence,) = [sentence for sentence in warnings_of(plan) if "four times in five" in sentence]
    power = power_of(plan)
    assert f"is {power.detectable:.2%}, and Study.smallest_effect is 1.00%" in sentence
    assert f"BitsPerByte.documents = {power.documents_needed:,} would do" in sentence
    enough = plan_with(*few, f"BitsPerByte.documents={power.documents_needed}")
    assert power_of(enough).detectable <= 0.01
    assert not [sentence for sentence in warnings_of(enough) if "four times in five" in sentence]
    assert plan_record(plan, "", "")["power"]["smallest_effect"] == 0.01


def test_too_few_documents_for_any_effect_are_told_and_are_json(plan_with: Callable[..., Plan]) -> None:
    plan = plan_with("BitsPerByte.documents=5", "Study.smallest_effect=0.01")
    assert any("is none, for want of documents, and Study.smallest_effect is 1.00%" in s for s in warnings_of(plan))
    assert plan_record(plan, "", "")["power"]["detectable"] is None


@pytest.mark.parametrize("fields", [(-0.1, 0.1, 2.0), (0.1, -0.1, 2.0), (0.0, 0.0, 2.0), (0.1, 0.1, 0.5)])
def test_noise_that_cannot_be_is_told(fields: tuple[float, float, float]) -> None:
    with pytest.raises(UserError, match="Noise needs seed and document ≥ 0, not both zero, and documents_per_cluster"):
        Noise(*fields)
