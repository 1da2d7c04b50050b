"""The policy for bad steps is in the phases' keys where it can change a result, and only there."""

from collections.abc import Callable

import pytest

from codemix.errors import UserError
from codemix.study.plan import Plan

PlanWith = Callable[..., Plan]
BOUND = "Study.divergence=@Divergence()"


@pytest.mark.parametrize("overrides", [(BOUND,), (BOUND, "Divergence.factor=3.0"), (BOUND, "Divergence.policy=stop")])
def test_to_stop_is_what_keys_have_always_meant(plan_with: PlanWith, overrides: tuple[str, ...]) -> None:
    assert list(plan_with(*overrides).phases) == list(plan_with().phases)


def test_other_policies_are_in_every_key(plan_with: PlanWith) -> None:
    plans = [
        plan_with(),
        plan_with(BOUND, "Divergence.policy=skip"),
        plan_with(BOUND, "Divergence.policy=skip", "Divergence.factor=3.0"),
        plan_with(BOUND, "Divergence.policy=rewind"),
    ]
    keys = [key for plan in plans for key in plan.phases]
    assert len(set(keys)) == len(keys)
    assert all(phase.job.divergence.policy == "rewind" for phase in plans[-1].phases.values())


def test_a_policy_that_there_is_not_is_told(plan_with: PlanWith) -> None:
    with pytest.raises(UserError, match=r"Divergence\.policy is 'ignore'; give 'stop', 'skip' or 'rewind'"):
        plan_with(BOUND, "Divergence.policy=ignore")
