"""What sharing saves, arm by arm and trunk by trunk, and which arms a schedule keeps apart."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from codemix.study.arm import Arm, Phase, Ramp
from codemix.study.plan import Plan, make_plan
from codemix.study.sharing import arm_shares, kept_apart, trunks
from codemix.study.warnings import warnings_of
from codemix.training.optimizer import LearningRate

HALF = {"text": 0.5, "code": 0.5}
LONG = Arm([Phase("init", 0.5, HALF), Phase("continued", 0.5, "text")])
SHORT = Arm([Phase("init", 0.5, HALF)], budget=0.5)
UNCUT = Arm([Phase("all", 1, HALF)])
_SHAPES = ("linear", "cosine")
PER_PHASE = LearningRate("cosine", 1e-3)


@pytest.fixture
def plan_of(plan_with: Callable[..., Plan], tmp_path: Path) -> Callable[..., Plan]:
    study = plan_with("Hardware.peak_flops=1e12", "Hardware.utilisation=0.5").study

    def plan(rate: LearningRate, **arms: Arm) -> Plan:
        scale = dataclasses.replace(study.scale, learning_rate=rate)
        return make_plan(dataclasses.replace(study, arms=arms, control=next(iter(arms)), scale=scale), tmp_path)

    return plan


def test_shares_of_arms_and_trunks_sum_to_what_the_plan_saves(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(PER_PHASE, long=LONG, short=SHORT, uncut=UNCUT)
    shares = {share.arm: share for share in arm_shares(plan)}
    assert sum(share.tokens for share in shares.values()) == plan.tokens_arm_by_arm
    assert sum(share.new for share in shares.values()) == plan.tokens_trained
    assert shares["short"].new == 0
    (trunk,) = trunks(plan)
    assert (trunk.name, trunk.arms, trunk.key) == ("init", ("long", "short"), plan.runs[0].phases[0])
    assert trunk.saved == plan.tokens_arm_by_arm - plan.tokens_trained == 3 * trunk.tokens


def test_phases_that_end_elsewhere_keep_arms_apart(plan_of: Callable[..., Plan]) -> None:
    """The uncut arm reads what `long` reads for half of it, and `long` has its phases cut there."""
    plan = plan_of(PER_PHASE, long=LONG, uncut=UNCUT)
    (apart,) = kept_apart(plan)
    step = plan.study.scale.tokens_per_step
    assert (apart.arm, apart.other, apart.shared, apart.alike) == ("uncut", "long", 0, 98 * step)
    assert apart.lost == 3 * 98 * step
    assert apart.reason == "their learning rates differ and their phases end at other tokens"
    (sentence,) = [sentence for sentence in warnings_of(plan) if "begin with the same" in sentence]
    assert "arms 'long' and 'uncut' begin with the same 401,408 tokens and share none of them" in sentence
    assert "that costs 1,204,224 tokens and " in sentence


@pytest.mark.parametrize(
    ("rate", "kept"),
    [
        (PER_PHASE, 0),
        (LearningRate("inverse_sqrt", 1e-3, over="arm"), 0),
        (LearningRate("cosine", 1e-3, over="arm"), 1),
        (LearningRate("wsd", 1e-3, over="arm"), 1),
    ],
    ids=lambda value: f"{value.shape}-{value.over}" if isinstance(value, LearningRate) else None,
)
def test_a_schedule_over_arms_of_two_lengths_prevents_sharing(
    plan_of: Callable[..., Plan], rate: LearningRate, kept: int
) -> None:
    """Unless it does not know the end."""
    plan = plan_of(rate, long=LONG, short=SHORT)
    assert len(kept_apart(plan)) == kept
    assert all(apart.reason == "their learning rates differ" for apart in kept_apart(plan))


def test_arms_that_begin_unlike_are_not_told_of(plan_of: Callable[..., Plan]) -> None:
    """Other weights, or another part of a source to read, from the first row on."""
    other = Arm([Phase("init", 1, "text")])
    portion = Arm([Phase("all", 1, HALF)], portions={"text": 0.5})
    assert kept_apart(plan_of(PER_PHASE, long=LONG, other=other, portion=portion)) == []


def test_ramps_are_alike_as_a_whole_or_not_at_all(plan_of: Callable[..., Plan]) -> None:
    """However alike their first pieces are; and what comes before them counts."""
    ramps = {shape: Arm([Phase("init", 1, [(0.5, HALF), (0.5, Ramp(HALF, "code", shape))])]) for shape in _SHAPES}
    (apart,) = kept_apart(plan_of(PER_PHASE, **ramps))
    assert apart.alike == 97 * 4096
    assert apart.reason == "the phase that they begin alike goes on differently"
    assert kept_apart(plan_of(PER_PHASE, **{n: Arm([Phase("i", 1, Ramp(HALF, "code", n))]) for n in _SHAPES})) == []


def test_a_part_that_is_shared_is_not_lost(plan_of: Callable[..., Plan]) -> None:
    """An arm that shares a phase and goes on alike for half of the next."""
    third = Arm([Phase("init", 0.5, HALF), Phase("continued", 0.25, "text"), Phase("end", 0.25, "code")])
    plan = plan_of(PER_PHASE, long=LONG, third=third)
    (apart,) = kept_apart(plan)
    assert apart.shared == plan.phases[plan.runs[0].phases[0]].tokens
    assert apart.alike - apart.shared == apart.lost // 3 == plan.phases[plan.runs[1].phases[1]].tokens
