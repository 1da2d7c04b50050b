"""Costs: by the stated formula, for the named hardware, and on disk as much as is written there."""

from collections.abc import Callable

import pytest

from codemix.study.costs import cost, storage
from codemix.study.plan import Plan

CHIP = ("Hardware.peak_flops=1e12", "Hardware.utilisation=0.25", "Hardware.price=2.0", "Hardware.chips=4")


def test_flops_are_six_for_every_weight_and_causal_attention_once(plan_with: Callable[..., Plan]) -> None:
    """cpu_tiny by hand: 2 layers of width 64, 192 in the feed-forward, 2,048 tokens, 256 positions."""
    weights = 2048 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * 192)
    attention = 2 * (2 * 256 * 64 / 2) * 2 * 3  # scores and values, half the positions; two FLOPs each; back is twice
    plan = plan_with()
    assert cost(plan, 1000).flops == 1000 * (6 * weights + attention)


def test_chip_hours_hours_and_dollars_follow_from_the_hardware(plan_with: Callable[..., Plan]) -> None:
    plan = plan_with(*CHIP)
    found = cost(plan, plan.tokens_trained)
    assert found.chip_hours == pytest.approx(found.flops / 0.25e12 / 3600)
    assert found.hours == pytest.approx(found.chip_hours / 4)
    assert found.dollars == pytest.approx(2 * found.chip_hours)
    assert sum(cost(plan, p.tokens).flops for p in plan.phases.values()) == found.flops


@pytest.mark.parametrize(("missing", "field"), [(CHIP[0], "chip_hours"), (CHIP[1], "hours"), (CHIP[2], "dollars")])
def test_what_the_hardware_does_not_state_is_not_told(plan_with: Callable[..., Plan], missing: str, field: str) -> None:
    plan = plan_with(*(override for override in CHIP if override != missing))
    assert getattr(cost(plan, 1000), field) is None


def test_checkpoints_are_parameters_and_two_moments_for_each_phase(plan_with: Callable[..., Plan]) -> None:
    plan = plan_with()
    parameters = sum(plan.study.scale.model.parameters(plan.vocab_size).values())
    assert storage(plan).checkpoint == 12 * parameters
    assert storage(plan).checkpoints == 12 * parameters * len(plan.phases)
    # phases of 98 and 97 steps, multiples of 30: 30, 60, 90 in the first, 120, 150, 180 in the second
    assert storage(plan_with("Hardware.milestone_steps=30")).checkpoints == 4 * storage(plan).checkpoints


@pytest.mark.parametrize(("vocabulary", "size"), [(1 << 16, 2), ((1 << 16) + 1, 4)])
def test_a_store_is_two_bytes_a_token_or_four(plan_with: Callable[..., Plan], vocabulary: int, size: int) -> None:
    plan = plan_with(f"TrainedTokenizer.vocab_size={vocabulary}", "text/Source.expected_tokens=1_000_000")
    stores = storage(plan).stores
    assert stores["text"] == pytest.approx(size * 1_000_000, rel=1e-3)
    assert stores["web_code"] is None
