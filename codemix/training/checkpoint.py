"""Checkpoints: orbax's manager, and what a checkpoint says about itself."""

import dataclasses
import errno
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint
from codemix.training.job import CHECKPOINTS, Job, phase_folder
from codemix.training.step import Trainer, TrainState

logging.getLogger("absl").setLevel(logging.CRITICAL)  # orbax logs what it raises, and each of its threads once more


def about(job: Job) -> dict[str, Any]:
    """What a checkpoint records beside its arrays, to be recognised by."""
    return {"phase": job.key, "model": dataclasses.asdict(job.model)}


class Checkpoints:
    """The checkpoints of one phase. Saving is asynchronous; a half-written checkpoint is never seen as one."""

    def __init__(self, home: Path, key: str):
        self.folder = phase_folder(home, key) / CHECKPOINTS
        self._manager = ocp.CheckpointManager(
            self.folder.absolute(),
            options=ocp.CheckpointManagerOptions(max_to_keep=1, step_prefix="step", cleanup_tmp_directories=True),
        )

    def latest(self) -> int | None:
        """The step of the newest whole checkpoint, counted from the start of the arm."""
        return self._manager.latest_step()

    def save(self, step: int, state: TrainState, job: Job, consumed: dict[str, int]) -> None:
        """Starts to save the state after `step` steps, with the rows of every source consumed in the phase so far.

        Raises OSError if the disk has no room for it.
        """
        self._check_room(sum(leaf.nbytes for leaf in jax.tree.leaves(state)))
        self._manager.save(
            step,
            args=ocp.args.Composite(
                state=ocp.args.StandardSave(state),
                about=ocp.args.JsonSave({**about(job), "consumed": consumed}),
            ),
        )

    def restore(self, step: int, trainer: Trainer, job: Job) -> tuple[TrainState, dict[str, int]]:
        """The state at `step`, laid out on the trainer's mesh, and the rows consumed.

        Raises UserError if the checkpoint is of another model.
        """
        found = self._manager.restore(step, args=ocp.args.Composite(about=ocp.args.JsonRestore())).about
        check_model(found, job, self.folder)
        target = jax.tree.map(
            lambda leaf, sharding: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
            jax.eval_shape(trainer.init, jax.random.key(0)),
            trainer.shardings,
        )
        restored = self._manager.restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore(target)))
        return restored.state, dict(found["consumed"])

    def _check_room(self, needed: int) -> None:
        """Asked here, since a write that fails in one of orbax's threads is told by all of them."""
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))

    def close(self) -> None:
        """Returns when what was started is on the disk."""
        self._manager.close()


def check_model(found: dict[str, Any], job: Job, folder: Path) -> None:
    """Raises UserError where a checkpoint's record does not name the job's model."""
    wanted = about(job)["model"]
    if fingerprint(found.get("model")) == fingerprint(wanted):
        return
    theirs = found.get("model") or {}
    field = next((name for name in wanted if theirs.get(name) != wanted[name]), "shape")
    raise UserError(
        f"{folder}: the checkpoint is of another model (Model.{field} is {theirs.get(field)!r}, this study wants "
        f"{wanted.get(field)!r}); remove that phase's folder to train it again, or give another --home."
    )
