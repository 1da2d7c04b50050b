"""An arm's phases at a scale: their steps, the rates of those steps, and where their rows come from."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from codemix.data.corpora import Corpora
from codemix.errors import UserError
from codemix.mixing.index import Segment
from codemix.mixing.ramp import ramp_segments
from codemix.study.arm import Arm, Mixture, Phase, Ramp, as_weights
from codemix.study.study import Scale, Study
from codemix.training.optimizer import LearningRate


@dataclasses.dataclass(frozen=True, eq=False)
class Stretch:
    """Steps `first_step` to `last_step` (exclusive) of an arm, counted from its start: what a phase comes to."""

    phase: Phase
    first_step: int
    last_step: int
    parts: tuple[tuple[Segment, ...], ...]  # of its schedule: a segment each, and of a ramp its pieces
    rates: np.ndarray  # of its steps, float32

    @property
    def segments(self) -> list[Segment]:
        return [segment for part in self.parts for segment in part]

    @property
    def sources(self) -> list[str]:
        return sorted({source for segment in self.segments for source in segment.shares})


def mean_shares(segments: Sequence[Segment]) -> dict[str, float]:
    """source -> share of all their rows."""
    rows: dict[str, Fraction] = {}
    for segment in segments:
        for source, share in segment.shares.items():
            rows[source] = rows.get(source, Fraction(0)) + share * segment.rows
    whole = sum(segment.rows for segment in segments)
    return {source: float(count / whole) for source, count in sorted(rows.items())}


def stretches_of(study: Study, name: str) -> list[Stretch]:
    """The phases of the arm `name`, in order.

    Raises:
        UserError: a phase of less than one step, an unknown mixture, weights that mean nothing, a cooldown that no
            phase comes before.
    """
    arm, scale = study.arms[name], study.scale
    bounds = _step_bounds(arm, scale)
    steps = [last - first for first, last in pairwise(bounds)]
    schedules = [phase.learning_rate or scale.learning_rate for phase in arm.phases]
    stretches: list[Stretch] = []
    over_arm: dict[LearningRate, np.ndarray] = {}  # schedules over the arm, each computed once
    used: Counter[LearningRate] = Counter()  # steps of them that phases have had so far
    for number, phase in enumerate(arm.phases):
        where = f"arm '{name}', phase '{phase.name}'"
        schedule, length = schedules[number], steps[number]
        if length <= 0:
            raise UserError(
                f"{where}: its share {phase.share:g} of {scale.tokens:,} tokens is less than one step of "
                f"{scale.tokens_per_step:,}; raise Phase.share or Scale.tokens."
            )
        if schedule.over == "arm":
            if schedule not in over_arm:
                whole = sum(own for own, other in zip(steps, schedules, strict=True) if other == schedule)
                over_arm[schedule] = schedule.rates(whole, scale.tokens_per_step)
            rates = over_arm[schedule][used[schedule] : used[schedule] + length]
            used[schedule] += length
        elif schedule.peak == "previous" and not stretches:
            raise UserError(
                f"{where}: its Phase.learning_rate goes on from a phase before it, and none comes before it; put one "
                "before it in Arm.phases, or give LearningRate.peak a number."
            )
        else:
            previous = float(stretches[-1].rates[-1]) if stretches else None
            rates = schedule.rates(length, scale.tokens_per_step, previous)
        parts = _parts(phase, length * scale.batch_rows, study.corpora, f"{where}, Phase.mixture")
        stretches.append(Stretch(phase, bounds[number], bounds[number + 1], tuple(parts), rates))
    return stretches


def _step_bounds(arm: Arm, scale: Scale) -> list[int]:
    """The step before which every phase begins, and the end."""
    budget = scale.tokens // scale.tokens_per_step
    return [round(end * budget) for end in np.cumsum([0.0, *(phase.share for phase in arm.phases)])]


def _parts(phase: Phase, rows: int, corpora: Corpora, where: str) -> list[tuple[Segment, ...]]:
    bounds = [round(float(b) * rows) for b in np.cumsum([0.0, *(share for share, _ in phase.schedule)])]
    return [
        tuple(_of_mixture(mixture, stop - start, corpora, where))
        for (start, stop), (_, mixture) in zip(pairwise(bounds), phase.schedule, strict=True)
        if stop > start
    ]


def _of_mixture(mixture: Mixture, rows: int, corpora: Corpora, where: str) -> list[Segment]:
    if isinstance(mixture, Ramp):
        start, end = (corpora.resolve(as_weights(side), where) for side in (mixture.start, mixture.end))
        return ramp_segments(rows, start, end, mixture.shape)
    return [Segment(rows, corpora.resolve(as_weights(mixture), where))]
