"""Ramps in a plan: wherever a mixture may stand, in the ledger, and in the keys."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from codemix.errors import UserError
from codemix.study.arm import Phase, Ramp
from codemix.study.plan import Plan

RAMP = ("text_only/init/Phase.mixture=@Ramp()", "Ramp.start='text'", "Ramp.end={'text': 0.5, 'web_code': 0.5}")


def first_keys(plan: Plan, arm: str = "text_only") -> str:
    return next(run.phases[0] for run in plan.runs if run.arm == arm)


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_a_ramp_draws_its_mean(plan_with: Callable[..., Plan], shape: str) -> None:
    """From none to a half: a quarter of the phase, to a row; and ever more of it."""
    plan = plan_with(*RAMP, f"Ramp.shape={shape}")
    drawn = {entry.source: entry.rows for entry in plan.ledgers["text_only"] if entry.phase == 0}
    assert abs(drawn["web_code"] - sum(drawn.values()) / 4) <= 1
    index = plan.phases[first_keys(plan)].job.index
    quarters = [index.counts(len(index) * quarter // 4)["web_code"] for quarter in range(5)]
    steps = [after - before for before, after in pairwise(quarters)]
    assert steps == sorted(steps)
    assert steps[0] < steps[-1] / 5


def test_a_ramp_may_stand_in_a_schedule(plan_with: Callable[..., Plan]) -> None:
    """Half the phase constant, then the ramp from where that is."""
    plan = plan_with("text_only/init/Phase.mixture=[(0.5, 'text'), (0.5, @Ramp())]", *RAMP[1:])
    index = plan.phases[first_keys(plan)].job.index
    assert index.counts(len(index) // 2)["web_code"] == 0
    assert abs(index.counts(len(index) - 1)["web_code"] - len(index) / 8) <= 2


def test_equal_ramps_have_equal_keys_and_others_do_not(plan_with: Callable[..., Plan]) -> None:
    key = first_keys(plan_with(*RAMP))
    assert key == first_keys(plan_with(*RAMP[:2], "Ramp.end={'web_code': 3, 'text': 3}"))
    assert key != first_keys(plan_with(*RAMP, "Ramp.shape=cosine"))
    assert key != first_keys(plan_with(*RAMP[:2], "Ramp.end={'text': 0.5, 'markup': 0.5}"))
    assert key != first_keys(plan_with())


def test_the_same_weights_before_a_ramp_are_shared_and_an_arm_after_it_goes_on(plan_with: Callable[..., Plan]) -> None:
    """A ramp in the second phase leaves the first as it is."""
    before, after = plan_with(), plan_with("text_only/continued/Phase.mixture=@Ramp()", *RAMP[1:])
    assert first_keys(before) == first_keys(after)
    assert before.runs[0].phases[1] != after.runs[0].phases[1]


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (("Ramp.shape=steep",), "Ramp.shape is 'steep'; give 'linear' or 'cosine'"),
        (("Ramp.end={}",), "Ramp.start and Ramp.end each need a mixture"),
        (("Ramp.end='txt'",), "arm 'text_only', phase 'init', Phase.mixture: there is no task or mixture 'txt'"),
    ],
)
def test_a_wrong_ramp_is_told(plan_with: Callable[..., Plan], overrides: tuple[str, ...], says: str) -> None:
    with pytest.raises(UserError, match=says):
        plan_with(*RAMP, *overrides)


def test_mixtures_in_words() -> None:
    half = {"text": 1, "code": 1}
    assert Phase("p", 1, "text").words == "text"
    assert Phase("p", 1, {"text": 9, "code": 1, "markup": 0}).words == "90 % text + 10 % code"
    assert Phase("p", 1, Ramp("text", half)).words == "text → 50 % text + 50 % code (linear)"
    assert Phase("p", 1, [(0.5, "text"), (0.5, half)]).words == "text, then 50 % text + 50 % code"
    assert Phase("p", 1, [(0.2, "text"), (0.8, half)]).words.startswith("20 % of it text, then 80 % of it 50 % text")
