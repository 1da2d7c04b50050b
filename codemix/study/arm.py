"""Arms and phases: what an experiment's gin file declares."""

import dataclasses
from collections.abc import Mapping, Sequence

from codemix.errors import UserError
from codemix.training.optimizer import LearningRate

Mixture = str | Mapping[str, float]  # the name of a task or mixture, or weights over them


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of training.

    Attributes:
        name: unique in its arm.
        share: of the scale's token budget.
        mixture: what it is trained on, or a schedule: a list of (share of the phase, mixture), in order.
        learning_rate: its stretch of the schedule; None takes the scale's.
    """

    name: str
    share: float
    mixture: Mixture | Sequence[tuple[float, Mixture]]
    learning_rate: LearningRate | None = None

    def __post_init__(self) -> None:
        if not self.share > 0:
            raise UserError(
                f"Phase.share of '{self.name}' is {self.share}; give its share of the budget, a number above 0."
            )
        if not self.mixture:
            raise UserError(f"Phase.mixture of '{self.name}' is empty; name a mixture, or give weights over tasks.")
        shares = [share for share, _ in self.schedule]
        if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
            raise UserError(
                f"Phase.mixture of '{self.name}' is a schedule of shares {', '.join(map(str, shares))}; "
                "give shares above 0 that sum to 1."
            )

    @property
    def schedule(self) -> list[tuple[float, Mapping[str, float]]]:
        """(share of the phase, weights over tasks and mixtures), in order."""
        if isinstance(self.mixture, str | Mapping):
            return [(1.0, _weights(self.mixture))]
        return [(share, _weights(mixture)) for share, mixture in self.mixture]


def _weights(mixture: Mixture) -> Mapping[str, float]:
    return {mixture: 1.0} if isinstance(mixture, str) else mixture


@dataclasses.dataclass(frozen=True)
class Arm:
    """The experiment's unit: a sequence of phases.

    Attributes:
        phases: in order.
        budget: what the phases' shares sum to: 1, or more where an arm goes beyond the scale's tokens (a cooldown).
    """

    phases: Sequence[Phase]
    budget: float = 1.0

    def __post_init__(self) -> None:
        names = [phase.name for phase in self.phases]
        if not names:
            raise UserError("Arm.phases is empty; give at least one Phase.")
        if doubled := {name for name in names if names.count(name) > 1}:
            raise UserError(f"Arm.phases has two phases named '{doubled.pop()}'; give each its own Phase.name.")
        total = sum(phase.share for phase in self.phases)
        if abs(total - self.budget) > 1e-9:
            raise UserError(
                f"Arm.phases have shares that sum to {total:g}, and Arm.budget is {self.budget:g}; make them equal."
            )
