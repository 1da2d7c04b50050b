"""What is done about a batch that throws the training off: a loss or gradient that is not finite, or a spike."""

import dataclasses
from typing import Literal

from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class Divergence:
    """The policy for bad steps. A step is bad where its loss or its gradient's norm is not finite, or where that norm
    is more than `factor` times the median of the `window` accepted steps before it.

    stop: a loss or gradient that is not finite ends the phase; spikes are let pass.
    skip: a bad step changes neither parameters nor optimizer.
    rewind: the state of the newest multiple of `rewind_steps` is taken up again, and all batches from there up to and
        with the bad one are passed over (arXiv 2204.02311 §5.1).

    Attributes:
        policy: one of the above.
        factor: of the median that a gradient's norm may reach; None where only what is not finite is bad.
        window: accepted steps whose norms the median is of; until there are as many, nothing is a spike.
        rewind_steps: steps of a phase between two states that can be gone back to.
        limit: bad steps of one phase; one more ends it.
    """

    policy: Literal["stop", "skip", "rewind"] = "stop"
    factor: float | None = 10.0
    window: int = 64
    rewind_steps: int = 100
    limit: int = 10

    def __post_init__(self) -> None:
        if self.policy not in ("stop", "skip", "rewind"):
            raise UserError(f"Divergence.policy is {self.policy!r}; give 'stop', 'skip' or 'rewind'.")
        if self.factor is not None and not self.factor > 1:
            raise UserError(f"Divergence.factor is {self.factor}; give a number above 1, or None.")
        if min(self.window, self.rewind_steps, self.limit) < 1:
            raise UserError(
                "Divergence.window, Divergence.rewind_steps and Divergence.limit are whole numbers ≥ 1; "
                f"they are {self.window}, {self.rewind_steps} and {self.limit}, change them."
            )

    def can_go_back_to(self, step: int) -> bool:
        """Whether the state after `step` steps of a phase is one that a rewind takes up."""
        return self.policy == "rewind" and step % self.rewind_steps == 0

    def first_passed_over(self, bad_step: int) -> int:
        """The first of the steps that change nothing because of a bad one; both counted in the phase, from 1."""
        if self.policy == "rewind":
            return (bad_step - 1) // self.rewind_steps * self.rewind_steps + 1
        return bad_step
