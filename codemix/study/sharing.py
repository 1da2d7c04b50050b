"""What arms share, what that saves, and what keeps apart those that begin alike."""

import dataclasses
from collections.abc import Hashable

import numpy as np

from codemix.mixing.index import Segment
from codemix.study.plan import Plan
from codemix.study.stretches import Stretch

# Rows, and what they are of: sources, their shares and the portions that may be read; of a ramp, those of every piece.
_Read = tuple[int, Hashable]


@dataclasses.dataclass(frozen=True)
class Trunk:
    """A phase that several arms pass through.

    Attributes:
        key: at the first seed.
        name: of the phase.
        arms: those that share it.
        tokens: of the phase, at every seed.
        saved: tokens that need not be trained, over all arms and seeds.
    """

    key: str
    name: str
    arms: tuple[str, ...]
    tokens: int
    saved: int


@dataclasses.dataclass(frozen=True)
class ArmShare:
    """An arm's part, over all seeds: its tokens, and those that no arm named before it has trained."""

    arm: str
    tokens: int
    new: int


@dataclasses.dataclass(frozen=True)
class Apart:
    """An arm that begins as an earlier one does, and does not share all of that.

    Attributes:
        arm: the arm.
        other: the arm that it begins like.
        alike: tokens that the two have alike from their start, at every seed.
        shared: tokens that the arm shares with any earlier one, at every seed.
        lost: tokens trained twice for it, over all seeds.
        reason: why, in words.
    """

    arm: str
    other: str
    alike: int
    shared: int
    lost: int
    reason: str


def trunks(plan: Plan) -> list[Trunk]:
    """The shared phases, in the plan's order."""
    seeds = len(plan.study.seeds)
    return [
        Trunk(phase.key, phase.name, phase.arms, phase.tokens, phase.tokens * (len(phase.arms) - 1) * seeds)
        for phase in plan.phases.values()
        if phase.job.seed == plan.study.seeds[0] and len(phase.arms) > 1
    ]


def arm_shares(plan: Plan) -> list[ArmShare]:
    """Every arm's part, in the study's order: what it would train alone, and what it adds to those before it."""
    seen: set[str] = set()
    shares = []
    for arm in plan.study.arms:
        keys = {key for run in plan.runs if run.arm == arm for key in run.phases}
        new = sum(plan.phases[key].tokens for key in keys - seen)
        shares.append(ArmShare(arm, sum(plan.phases[key].tokens for key in keys), new))
        seen |= keys
    return shares


def kept_apart(plan: Plan) -> list[Apart]:
    """The arms that begin like an earlier one, and are trained apart from it for want of equal rates or phases."""
    arms = list(plan.study.arms)
    apart = []
    for place, arm in enumerate(arms):
        found = [(*_steps_in_common(plan, arm, other), other) for other in arms[:place]]
        if not found:
            continue
        shared = max(steps for _, steps, _ in found)
        alike, _, other = max(found, key=lambda pair: pair[:2])
        if alike > shared:
            step = plan.study.scale.tokens_per_step
            lost = (alike - shared) * step * len(plan.study.seeds)
            reason = _reason(plan.stretches[arm], plan.stretches[other], shared, alike)
            apart.append(Apart(arm, other, alike * step, shared * step, lost, reason))
    return apart


def _steps_in_common(plan: Plan, arm: str, other: str) -> tuple[int, int]:
    """Steps of equal mixtures from the start of two arms, and those of them that are trained once."""
    if plan.study.arms[arm].start != plan.study.arms[other].start:
        return 0, 0
    first = {run.arm: run.phases for run in plan.runs if run.seed == plan.study.seeds[0]}
    pairs = zip(plan.stretches[arm], first[arm], first[other], strict=False)
    shared = max((stretch.last_step for stretch, a, b in pairs if a == b), default=0)
    rows = _rows_alike(_reads(plan, arm), _reads(plan, other))
    return max(shared, rows // plan.study.scale.batch_rows), shared


def _reads(plan: Plan, arm: str) -> list[_Read]:
    """What an arm reads, part by part of its schedules."""
    portions = plan.study.arms[arm].portions

    def content(segment: Segment) -> frozenset:
        return frozenset((source, share, portions.get(source, 1)) for source, share in segment.shares.items())

    return [
        (
            sum(segment.rows for segment in part),
            content(part[0]) if len(part) == 1 else tuple((segment.rows, content(segment)) for segment in part),
        )
        for stretch in plan.stretches[arm]
        for part in stretch.parts
    ]


def _rows_alike(one: list[_Read], other: list[_Read]) -> int:
    """How many rows two arms read alike from their start."""
    ours, theirs = iter(one), iter(other)
    alike = left = right = 0  # rows alike so far, and rows that are left of the parts that are compared
    here: Hashable = None
    there: Hashable = None
    while True:
        if not left:
            left, here = next(ours, (0, None))
        if not right:
            right, there = next(theirs, (0, None))
        rows = min(left, right)
        if not rows or here != there:
            return alike
        alike, left, right = alike + rows, left - rows, right - rows


def _reason(one: list[Stretch], other: list[Stretch], shared: int, alike: int) -> str:
    """What differs between two arms in the steps that they have alike and do not share."""
    ours, theirs = (np.concatenate([stretch.rates for stretch in arm])[shared:alike] for arm in (one, other))
    ends = [{stretch.last_step for stretch in arm if shared < stretch.last_step <= alike} for arm in (one, other)]
    parts = []
    if not np.array_equal(ours, theirs):
        parts.append("their learning rates differ")
    if ends[0] != ends[1]:
        parts.append("their phases end at other tokens")
    return " and ".join(parts) or "the phase that they begin alike goes on differently"
