"""Learning rates in a plan: cooldowns that go on from the phase before, schedules over the arm, keys of rates."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codemix.errors import UserError
from codemix.study.arm import Arm, Phase
from codemix.study.plan import Plan, make_plan
from codemix.training.optimizer import LearningRate

HALVES = (Phase("init", 0.5, "text"), Phase("continued", 0.5, "text"))
COOLDOWN = Phase("cooldown", 0.1, {"text": 0.8, "web_code": 0.2}, LearningRate("linear", "previous", final_rate=1e-6))


@pytest.fixture
def plan_of(plan_with: Callable[..., Plan], tmp_path: Path) -> Callable[..., Plan]:
    """The plan of the quickstart's scale and corpora with other arms, and another schedule."""
    study = plan_with("Study.seeds=[0]").study

    def plan(rate: LearningRate, **arms: Arm) -> Plan:
        scale = dataclasses.replace(study.scale, learning_rate=rate)
        return make_plan(dataclasses.replace(study, arms=arms, control=next(iter(arms)), scale=scale), tmp_path)

    return plan


def rates_of(plan: Plan, arm: str) -> np.ndarray:
    return np.concatenate([stretch.rates for stretch in plan.stretches[arm]])


def keys_of(plan: Plan, arm: str) -> tuple[str, ...]:
    return next(run.phases for run in plan.runs if run.arm == arm)


SCHEDULES = [
    LearningRate("cosine", 1e-3, warmup_tokens=20_000),
    LearningRate("wsd", 1e-3, warmup_tokens=20_000, over="arm"),
    LearningRate("inverse_sqrt", 1e-3, warmup_tokens=20_000, over="arm"),
]


@pytest.mark.parametrize("rate", SCHEDULES, ids=lambda rate: rate.shape)
def test_a_cooldown_goes_from_the_rate_before_to_its_own_end(plan_of: Callable[..., Plan], rate: LearningRate) -> None:
    plan = plan_of(rate, cooled=Arm([*HALVES, COOLDOWN], budget=1.1))
    *_, before, cooldown = plan.stretches["cooled"]
    step = (before.rates[-1] - 1e-6) / len(cooldown.rates)
    np.testing.assert_allclose(
        cooldown.rates, before.rates[-1] - step * np.arange(1, len(cooldown.rates) + 1), rtol=1e-4
    )
    np.testing.assert_allclose(cooldown.rates[-1], 1e-6, rtol=1e-4)


@pytest.mark.parametrize("rate", SCHEDULES, ids=lambda rate: rate.shape)
def test_an_arm_and_its_cooldown_share_all_before_it(plan_of: Callable[..., Plan], rate: LearningRate) -> None:
    """A schedule over the arm ends where the phases that have it end: the cooldown leaves them as they are."""
    plan = plan_of(rate, plain=Arm(HALVES), cooled=Arm([*HALVES, COOLDOWN], budget=1.1))
    assert keys_of(plan, "cooled")[:2] == keys_of(plan, "plain")
    assert len(plan.phases) == 3


def test_the_inverse_square_root_is_its_formula_and_knows_no_end(plan_of: Callable[..., Plan]) -> None:
    """peak·√(w / step) after w steps of warm-up; so a shorter arm is the beginning of a longer one."""
    rate = LearningRate("inverse_sqrt", 1e-3, warmup_tokens=40_960, over="arm")
    plan = plan_of(rate, short=Arm(HALVES[:1], budget=0.5), long=Arm(HALVES))
    rates = rates_of(plan, "long")
    warmup = 40_960 // plan.study.scale.tokens_per_step
    steps = np.arange(1, len(rates) + 1)
    np.testing.assert_allclose(rates[:warmup], 1e-3 * steps[:warmup] / warmup, rtol=1e-6)
    np.testing.assert_allclose(rates[warmup:], 1e-3 * np.sqrt(warmup / steps[warmup:]), rtol=1e-6)
    assert keys_of(plan, "short") == keys_of(plan, "long")[:1]


def test_the_inverse_square_root_starts_anew_in_each_phase_where_it_is_the_phases(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(LearningRate("inverse_sqrt", 1e-3, warmup_tokens=40_960), two=Arm(HALVES))
    first, second = plan.stretches["two"]
    np.testing.assert_array_equal(first.rates[: len(second.rates)], second.rates)


def test_a_key_holds_rates_and_not_how_they_are_written(plan_of: Callable[..., Plan]) -> None:
    """Two schedules with equal rates for a phase give it one key."""
    one = plan_of(LearningRate("cosine", 1e-3, final=0.1, decay=0.2), arm=Arm(HALVES))
    other = plan_of(LearningRate("cosine", 1e-3, final=0.7, decay=0.5, final_rate=1e-4), arm=Arm(HALVES))
    assert one.runs == other.runs
    assert one.runs != plan_of(LearningRate("cosine", 1e-3, final_rate=2e-4), arm=Arm(HALVES)).runs


def test_a_cooldown_with_no_phase_before_it_is_told(plan_of: Callable[..., Plan]) -> None:
    alone = Arm([COOLDOWN], budget=0.1)
    with pytest.raises(UserError, match=r"arm 'alone', phase 'cooldown': its Phase.learning_rate goes on from"):
        plan_of(SCHEDULES[0], alone=alone)


@pytest.mark.parametrize(
    "fields",
    [{"peak": "before"}, {"over": "arm"}, {"warmup_tokens": 100}, {"shape": "inverse_sqrt"}],
    ids=lambda fields: next(iter(fields)),
)
def test_a_continuation_that_cannot_be_is_told(fields: dict) -> None:
    with pytest.raises(UserError, match=r"LearningRate.peak is .*; give a number, or 'previous' with over='phase'"):
        LearningRate(**{"shape": "linear", "peak": "previous", **fields})


def test_a_final_rate_below_zero_or_without_an_end_is_told() -> None:
    for shape, final_rate in (("linear", -1e-6), ("inverse_sqrt", 1e-6)):
        with pytest.raises(
            UserError, match=r"LearningRate.final_rate is .*; give a rate ≥ 0, and None for 'inverse_sq"
        ):
            LearningRate(shape, 1e-3, final_rate=final_rate)  # type: ignore[arg-type]
