"""Where a phase goes on: the newest state that is whole, its own or its parent's."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import jax

from codemix.errors import UserError
from codemix.training.checkpoint import Saved, restore
from codemix.training.job import DONE, Job, is_done, phase_folder
from codemix.training.processes import chosen
from codemix.training.saved import newest_whole, remove_after
from codemix.training.step import Trainer, TrainState


class NotFinished(UserError):
    """A phase is needed that is not finished, or whose last checkpoint is lost."""


def where_to_start(job: Job, home: Path, trainer: Trainer, tell: Callable[[str], None]) -> Saved:
    """The phase's newest whole checkpoint, else its parent's last state, else a fresh initialisation.

    Damaged checkpoints are passed over, each with a sentence to `tell`.
    """
    told: list[str] = []
    step = chosen(lambda: _or_none(newest_whole(home, job.key, job.last_step, told)))
    for sentence in told:
        tell(sentence)
    return _beginning(job, home, trainer) if step < 0 else restore(home, job.key, step, trainer, job)


def before_a_bad_step(job: Job, home: Path, trainer: Trainer, step: int) -> TrainState:
    """The phase's state after `step`, which it began with or has saved.

    Raises UserError where that checkpoint is damaged; what came after it is removed, so that the next run finds the
    bad step again and goes back.
    """
    if step == job.first_step:
        return _beginning(job, home, trainer).state
    told: list[str] = []
    if chosen(lambda: _or_none(newest_whole(home, job.key, step, told))) != step:
        chosen(lambda: remove_after(home, job.key, step))
        raise UserError(
            f"{job.label}: a bad step goes back to step {step}, whose checkpoint is lost ({' '.join(told)}); "
            "run the same command again, it computes it anew."
        )
    return restore(home, job.key, step, trainer, job).state


def final_state(job: Job, home: Path, trainer: Trainer) -> TrainState:
    """The state at the end of a finished job. Raises NotFinished where it is not, or no longer, there."""
    return _final(job.key, job.last_step, job, home, trainer).state


def _beginning(job: Job, home: Path, trainer: Trainer) -> Saved:
    if job.parent is None:
        return Saved(trainer.init(jax.random.key(job.seed)), job.first_step, {}, [])
    parents = _final(job.parent, job.first_step, job, home, trainer)
    return dataclasses.replace(parents, consumed={}, passed_over=[])


def _final(key: str, step: int, job: Job, home: Path, trainer: Trainer) -> Saved:
    """What phase `key` ended with, for `job`, which is that phase or its child."""
    told: list[str] = []
    if not chosen(lambda: int(_has_final(home, key, step, told))):
        raise NotFinished(
            " ".join(told) or f"phase {job.key} starts from phase {key}, which is not finished; train that one first."
        )
    return restore(home, key, step, trainer, job)


def _has_final(home: Path, key: str, step: int, told: list[str]) -> bool:
    """Whether the last checkpoint of a phase is there and whole. A finished phase that has lost it is no longer
    finished: whoever needs it trains it from its newest whole one."""
    if not is_done(home, key):
        return False
    if newest_whole(home, key, step, told) == step:
        return True
    (phase_folder(home, key) / DONE).unlink(missing_ok=True)
    if not told:
        told.append(f"{phase_folder(home, key)}: the last checkpoint is missing.")
    told.append("The phase is trained again from the newest whole one; run the study again where it does not go on.")
    return False


def _or_none(step: int | None) -> int:
    return -1 if step is None else step
