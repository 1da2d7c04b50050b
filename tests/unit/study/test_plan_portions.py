"""Portions and simulated epoching: what an arm may read of a source, in the ledger, the jobs and the keys."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from codemix.errors import UserError
from codemix.study.arm import Arm, Phase
from codemix.study.plan import Plan, make_plan
from codemix.study.study import Study
from codemix.study.warnings import warnings_of

SIZES = {"text": 900_000_000, "web_code": 20_000_000}
HALF = {"text": 0.5, "web_code": 0.5}


@pytest.fixture
def study(plan_with: Callable[..., Plan]) -> Study:
    """The quickstart, its sources' sizes declared, with one arm of half code."""
    study = plan_with("Study.seeds=[0, 1]").study
    sources = [dataclasses.replace(s, expected_tokens=SIZES.get(s.name)) for s in study.corpora.sources]
    corpora = dataclasses.replace(study.corpora, sources=sources)
    return dataclasses.replace(study, corpora=corpora, arms={"half": Arm([Phase("init", 1, HALF)])}, control="half")


def epochs(plan: Plan, arm: str = "half") -> dict[str, float | None]:
    return {entry.source: entry.epochs for entry in plan.ledgers[arm]}


@given(target=st.integers(10**8, 10**12))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_proxy_passes_over_a_source_as_often_as_its_target(study: Study, tmp_path: Path, target: int) -> None:
    """weight · target / size, to what whole rows allow; whatever the proxy's own tokens."""
    plan = make_plan(dataclasses.replace(study, target_tokens=target), tmp_path)
    for source, found in epochs(plan).items():
        limit = plan.phases[plan.runs[0].phases[0]].job.row_limits[source]
        wanted = HALF[source] * target / SIZES[source]
        assert found == pytest.approx(wanted, rel=2 / limit + 0.01)


def test_without_a_target_the_declared_sizes_are_the_supply(study: Study, tmp_path: Path) -> None:
    plan = make_plan(study, tmp_path)
    rows = 195 * 16
    assert epochs(plan)["web_code"] == pytest.approx(rows / 2 / (SIZES["web_code"] / 256), rel=1e-3)
    assert not plan.phases[plan.runs[0].phases[0]].job.row_limits
    assert all(plan.supplies[source].declared for source in SIZES)


def test_a_target_or_a_portion_is_in_the_keys_of_what_it_cuts_and_of_nothing_else(study: Study, tmp_path: Path) -> None:
    """A portion of a source that an arm does not read, or of all of it, changes no key."""
    phases = [Phase("init", 0.5, "text"), Phase("continued", 0.5, HALF)]

    def keys(**fields) -> tuple[str, ...]:
        target = fields.pop("target_tokens", None)
        arms = {"arm": Arm(phases, **fields)}
        changed = dataclasses.replace(study, arms=arms, control="arm", target_tokens=target)
        return make_plan(changed, tmp_path).runs[0].phases

    whole = keys()
    assert keys(portions={"markup": 0.5}) == whole
    assert keys(portions={"text": 1.0}) == whole
    assert keys(target_tokens=study.scale.tokens) == whole
    web = keys(portions={"web_code": 0.5})
    assert (web[0] == whole[0], web[1] == whole[1]) == (True, False)
    assert not set(keys(portions={"text": 0.5})) & {*whole, *web}
    assert not set(keys(target_tokens=10**9)) & {*whole, *web}


def test_a_portion_is_of_its_arm_alone(study: Study, tmp_path: Path) -> None:
    """The epoch-matched arm repeats half of its code twice; the other is what it is without it."""
    matched = Arm([Phase("init", 1, HALF)], portions={"web_code": 0.01})
    alone = make_plan(study, tmp_path)
    both = make_plan(dataclasses.replace(study, arms={**study.arms, "matched": matched}), tmp_path)
    assert [run for run in both.runs if run.arm == "half"] == list(alone.runs)
    assert epochs(both) == epochs(alone)
    assert epochs(both, "matched")["text"] == epochs(alone)["text"]
    assert epochs(both, "matched")["web_code"] == pytest.approx(100 * epochs(alone)["web_code"], rel=1e-2)
    assert any("arm 'matched' (" in sentence and "repeats 'web_code'" in sentence for sentence in warnings_of(both))


def test_a_portion_of_what_is_simulated_is_a_portion_of_the_cut(study: Study, tmp_path: Path) -> None:
    arms = {"half": study.arms["half"], "part": Arm([Phase("init", 1, HALF)], portions={"text": 0.25})}
    plan = make_plan(dataclasses.replace(study, arms=arms, target_tokens=10**10), tmp_path)
    assert epochs(plan, "part")["text"] == pytest.approx(4 * epochs(plan)["text"], rel=1e-2)
    assert epochs(plan, "part")["web_code"] == epochs(plan)["web_code"]


def test_a_source_that_is_too_small_is_warned_of_with_its_epochs(study: Study, tmp_path: Path) -> None:
    plan = make_plan(dataclasses.replace(study, target_tokens=10**10), tmp_path)
    small = [sentence for sentence in warnings_of(plan) if "too small" in sentence]
    assert len(small) == 2
    assert small[1].startswith("'web_code' is too small: arm 'half' draws 399,360 tokens of the ")
    assert "of the 1,536 that it may read (declared), 260.00 epochs, where 1 is allowed" in small[1]
    assert all(" epochs, where 1 is allowed; enlarge it, or allow it with Study.max_epochs." in s for s in small)
    allowed = dataclasses.replace(study, target_tokens=10**10, max_epochs={"web_code": 260, "text": 6})
    assert not [s for s in warnings_of(make_plan(allowed, tmp_path)) if "too small" in s]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("Study.target_tokens=1000", "Study.target_tokens is 1,000, less than Scale.tokens 800,000"),
        ("text_only/Arm.portions={'text': 0}", "Arm.portions of 'text' is 0; give the share of its rows"),
        ("text_only/Arm.portions={'text': 1.5}", "Arm.portions of 'text' is 1.5; give the share of its rows"),
        ("text_only/Arm.portions={'txt': 0.5}", "arm 'text_only', Arm.portions: there is no task 'txt'"),
        ("text/Source.expected_tokens=0", "Source 'text': expected_tokens is 0; give a positive number"),
        ("text/Source.expected_tokens=5e11", "Source.expected_tokens is 500000000000.0; give a whole number"),
        ("Study.smallest_effect=0", "Study.smallest_effect is 0; give a relative change above 0"),
        ("Hardware.chips=0", "Hardware.chips is 0; give a whole number ≥ 1"),
        ("Hardware.price=-1", "Hardware.price is -1; give a number above 0, or None"),
        ("Hardware.utilisation=1.2", "Hardware.utilisation is 1.2; give a number above 0 up to 1, or None"),
    ],
)
def test_what_cannot_be_is_told(plan_with: Callable[..., Plan], override: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as told:
        plan_with(override)
    assert "\n" not in str(told.value)
