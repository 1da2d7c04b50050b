"""Checkpoints: a folder for each saved step, whole or absent, that says of itself what it is and what its files are.

    checkpoints/step_200/            orbax's arrays in `state`, a record in `about`, sizes and digests in files.json
    checkpoints/damaged-step_100/    one that was found to be damaged, set aside

What is being written has another name until the last of its files, files.json among them, is there.
"""

import dataclasses
import errno
import logging
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint
from codemix.training.job import Hardware, Job
from codemix.training.manifest import seal
from codemix.training.processes import is_leader
from codemix.training.saved import (
    being_written,
    checkpoints_folder,
    remove_checkpoint,
    remove_unfinished,
    saved_steps,
)
from codemix.training.step import Trainer, TrainState
from codemix.training.stopping import at_boundaries

logging.getLogger("absl").setLevel(logging.CRITICAL)  # orbax logs what it raises, and each of its threads once more


@dataclasses.dataclass(frozen=True)
class Saved:
    """A state, and what was done to come to it."""

    state: TrainState
    step: int  # counted from the start of the arm
    consumed: dict[str, int]  # source -> rows drawn by the phase so far
    passed_over: list[dict[str, Any]]  # the phase's bad steps so far, as `Monitor` records them


def about(job: Job) -> dict[str, Any]:
    """What a checkpoint records beside its arrays, to be recognised by."""
    return {"phase": job.key, "model": dataclasses.asdict(job.model)}


def restore(home: Path, key: str, step: int, trainer: Trainer, job: Job) -> Saved:
    """What phase `key` saved at `step`, laid out on the mesh of the trainer of `job`.

    Raises UserError if the checkpoint is of another model.
    """
    folder = checkpoints_folder(home, key)
    path = (folder / f"step_{step}").absolute()
    # A signal waits for the end of it: orbax would make something else of what it raises.
    with at_boundaries(), ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
        found = checkpointer.restore(path, args=ocp.args.Composite(about=ocp.args.JsonRestore())).about
        check_model(found, job, folder)
        target = jax.tree.map(
            lambda leaf, sharding: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
            jax.eval_shape(trainer.init, jax.random.key(0)),
            trainer.shardings,
        )
        restored = checkpointer.restore(path, args=ocp.args.Composite(state=ocp.args.StandardRestore(target)))
    return Saved(restored.state, step, dict(found["consumed"]), list(found["passed_over"]))


class CheckpointWriter:
    """Writes the checkpoints of one phase, in the background, and removes those that are no longer needed.

    While the phase runs, `Hardware.keep_checkpoints` stay beside the one that is being written; once it is finished its
    last, from which other phases go on, and which is never removed. At multiples of `Hardware.milestone_steps` they are
    kept for good, and the one that a rewind would go back to as long as it would.
    """

    def __init__(self, home: Path, job: Job, hardware: Hardware):
        """What a killed writer began is removed."""
        self._home, self._job, self._hardware = home, job, hardware
        self._folder = checkpoints_folder(home, job.key)
        if is_leader():
            self._folder.mkdir(parents=True, exist_ok=True)
            remove_unfinished(home, job.key)
        self._writing: int | None = None
        self._checkpointer = ocp.AsyncCheckpointer(
            ocp.CompositeCheckpointHandler(),
            async_options=ocp.AsyncOptions(post_finalization_callback=self._seal),
        )

    def save(self, saved: Saved) -> None:
        """Starts to save a state. Raises OSError if the disk has no room for it."""
        self.settle()
        self._keep(self._hardware.keep_checkpoints, self._gone_back_to())
        self._check_room(sum(leaf.nbytes for leaf in jax.tree.leaves(saved.state)))
        self._writing = saved.step
        facts = {**about(self._job), "consumed": saved.consumed, "passed_over": saved.passed_over}
        self._checkpointer.save(
            (self._folder / f"step_{saved.step}").absolute(),
            args=ocp.args.Composite(state=ocp.args.StandardSave(saved.state), about=ocp.args.JsonSave(facts)),
        )

    def settle(self) -> None:
        """Returns when what was started is on the disk."""
        self._checkpointer.wait_until_finished()
        self._writing = None

    def close(self) -> None:
        """Returns when what was started is on the disk, or has failed."""
        try:
            self._checkpointer.wait_until_finished()
        finally:
            self._checkpointer.close()

    def finish(self) -> None:
        """Returns when the last checkpoint is on the disk, and what only this phase needed is not."""
        self.settle()
        self._keep(1)

    def _seal(self) -> None:
        """Called in the leader, when the files are there and their folder has not yet its name."""
        assert self._writing is not None
        seal(being_written(self._home, self._job.key, self._writing))

    def _keep(self, newest: int, others: Collection[int] = ()) -> None:
        """Removes all but the newest checkpoints, the milestones, and `others`."""
        steps = saved_steps(self._home, self._job.key) if is_leader() else []
        every = self._hardware.milestone_steps
        milestones = {step for step in steps if every and step % every == 0}
        for step in {*steps} - {*steps[-newest:]} - milestones - {*others}:
            remove_checkpoint(self._folder / f"step_{step}")

    def _gone_back_to(self) -> list[int]:
        """The step of the checkpoint that a rewind would take up, if there is one."""
        job = self._job
        steps = saved_steps(self._home, job.key)
        return [step for step in steps if job.divergence.can_go_back_to(step - job.first_step)][-1:]

    def _check_room(self, needed: int) -> None:
        """Asked here, since a write that fails in one of orbax's threads is told by all of them."""
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))


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
