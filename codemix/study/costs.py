"""What a plan costs: FLOPs, chip-hours, hours, dollars, and bytes on disk.

FLOPs are those of `Model.flops_per_token`: 6 for every weight that multiplies, and causal attention, counted half.
Chip-hours are FLOPs / (`Hardware.peak_flops` · `Hardware.utilisation`) / 3600: at a stated utilisation, not a measured
one. Hours on the wall are those of `Hardware.chips`, one phase after the other.
"""

import dataclasses

from codemix.store.token_store import TokenStore, is_complete, token_dtype
from codemix.study.plan import Plan, PlannedPhase

_STATE_BYTES = 12  # of a parameter in a checkpoint: itself and two moments, float32


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of training on so many tokens. What the hardware's file does not state is None."""

    tokens: int
    flops: int
    chip_hours: float | None
    hours: float | None
    dollars: float | None


@dataclasses.dataclass(frozen=True)
class Storage:
    """Bytes on disk.

    Attributes:
        stores: task -> its token store, counted, or reckoned from the declared tokens; None where neither is known.
        checkpoint: of one.
        checkpoints: of all that a finished study keeps: the last of every phase, and its milestones.
    """

    stores: dict[str, int | None]
    checkpoint: int
    checkpoints: int


def cost(plan: Plan, tokens: int) -> Cost:
    """The cost of training the study's model on `tokens` tokens."""
    hardware = plan.study.hardware
    flops = tokens * plan.study.scale.model.flops_per_token(plan.vocab_size)
    if hardware.peak_flops is None or hardware.utilisation is None:
        return Cost(tokens, flops, None, None, None)
    chip_hours = flops / (hardware.peak_flops * hardware.utilisation) / 3600
    dollars = None if hardware.price is None else chip_hours * hardware.price
    return Cost(tokens, flops, chip_hours, chip_hours / hardware.chips, dollars)


def storage(plan: Plan) -> Storage:
    """What the study's token stores and checkpoints take. A token is 2 bytes, or 4 where the vocabulary needs them."""
    checkpoint = _STATE_BYTES * sum(plan.study.scale.model.parameters(plan.vocab_size).values())
    kept = sum(1 + _milestones(plan, phase) for phase in plan.phases.values())
    return Storage({task: _store_bytes(plan, task) for task in plan.stores}, checkpoint, checkpoint * kept)


def _milestones(plan: Plan, phase: PlannedPhase) -> int:
    """Checkpoints within the phase that are never removed (`Hardware.milestone_steps`)."""
    every = plan.study.hardware.milestone_steps
    return 0 if every is None else (phase.job.last_step - 1) // every - phase.job.first_step // every


def _store_bytes(plan: Plan, task: str) -> int | None:
    token = token_dtype(plan.vocab_size).itemsize
    if is_complete(plan.stores[task]):
        store = TokenStore(plan.stores[task])
        return token * (store.count("train", "tokens") + store.count("heldout", "tokens"))
    rows = plan.supplies[task].rows
    return None if rows is None else token * rows * plan.study.scale.model.context
