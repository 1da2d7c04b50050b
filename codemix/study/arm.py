"""Arms and phases: what an experiment's gin file declares."""

import dataclasses
from collections.abc import Mapping, Sequence

from codemix.errors import UserError
from codemix.mixing.ramp import Shape
from codemix.training.optimizer import LearningRate

Constant = str | Mapping[str, float]  # the name of a task or mixture, or weights over them


@dataclasses.dataclass(frozen=True)
class Ramp:
    """A mixture whose weights go continuously from `start` to `end` over the tokens of its phase, or of a share of it.

    linear: by the same amount every token. cosine: by half a cosine, slowly at both ends.
    """

    start: Constant
    end: Constant
    shape: Shape = "linear"

    def __post_init__(self) -> None:
        if not self.start or not self.end:
            raise UserError("Ramp.start and Ramp.end each need a mixture; name one, or give weights over tasks.")
        if self.shape not in ("linear", "cosine"):
            raise UserError(f"Ramp.shape is {self.shape!r}; give 'linear' or 'cosine'.")


Mixture = Constant | Ramp


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
    def schedule(self) -> Sequence[tuple[float, Mixture]]:
        """(share of the phase, mixture), in order."""
        if isinstance(self.mixture, str | Mapping | Ramp):
            return [(1.0, self.mixture)]
        return self.mixture

    @property
    def words(self) -> str:
        """The mixture, for people: "90 % text + 10 % code", "text → code"."""
        if len(self.schedule) == 1:
            return _words(self.schedule[0][1])
        equal = len({share for share, _ in self.schedule}) == 1
        return ", then ".join(
            _words(mixture) if equal else f"{_percent(share)} of it {_words(mixture)}"
            for share, mixture in self.schedule
        )


@dataclasses.dataclass(frozen=True)
class Arm:
    """The experiment's unit: a sequence of phases.

    Attributes:
        phases: in order.
        budget: what the phases' shares sum to: 1, or more where an arm goes beyond the scale's tokens (a cooldown).
        portions: source -> the share of its rows that this arm may read, again and again: a random part, the same for
            every arm of the seed. All of it where nothing is said.
        start: the key of an imported model (`codemix import`) that every seed starts from, its optimizer anew; None
            for a fresh initialisation.
    """

    phases: Sequence[Phase]
    budget: float = 1.0
    portions: Mapping[str, float] = dataclasses.field(default_factory=dict)
    start: str | None = None

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
        for source, portion in self.portions.items():
            if not 0 < portion <= 1:
                raise UserError(
                    f"Arm.portions of '{source}' is {portion}; give the share of its rows that the arm may read, "
                    "above 0 up to 1."
                )


def as_weights(mixture: Constant) -> Mapping[str, float]:
    """A name is all weight on it."""
    return {mixture: 1.0} if isinstance(mixture, str) else mixture


def _words(mixture: Mixture) -> str:
    if isinstance(mixture, Ramp):
        return f"{_words(mixture.start)} → {_words(mixture.end)} ({mixture.shape})"
    if isinstance(mixture, str):
        return mixture
    weights = {name: weight for name, weight in mixture.items() if weight}
    total = sum(weights.values())
    return " + ".join(f"{_percent(weight / total)} {name}" for name, weight in weights.items())


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
