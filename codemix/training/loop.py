"""The training loop: one phase from its parent's state, or its own last checkpoint, to its end."""

import contextlib
import functools
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding
from rich.progress import Progress

from codemix.errors import UserError
from codemix.model.partitioning import make_mesh, sharding
from codemix.store.atomic import remove_leftovers, write_json
from codemix.store.lock import exclusive
from codemix.store.token_store import TokenRows, TokenStore
from codemix.training.checkpoint import Checkpoints
from codemix.training.consumption import Consumption
from codemix.training.feed import Batch, HostRows, batches, iterate
from codemix.training.job import DONE, Hardware, Job, is_done, phase_folder
from codemix.training.metrics import MetricsWriter
from codemix.training.monitor import Monitor
from codemix.training.processes import agreed, is_leader
from codemix.training.step import Trainer, TrainState, make_trainer

# One compilation serves every phase of a study: they differ in data and rates alone.
_cached_trainer = functools.cache(make_trainer)


def open_trainer(job: Job, stores: Mapping[str, TokenStore], hardware: Hardware) -> Trainer:
    """The compiled functions for `job`. Raises UserError where the stores do not share one tokenizer."""
    vocabularies = {
        (store.vocab_size, store.eos, store.manifest["tokenizer"]["fingerprint"]) for store in stores.values()
    }
    if len(vocabularies) > 1:
        raise UserError(f"{job.label}: its token stores were made with different tokenizers; prepare them with one.")
    vocab_size, eos, _ = vocabularies.pop()
    mesh = make_mesh(hardware.mesh)
    return _cached_trainer(job.model, vocab_size, eos, job.optimizer, mesh, jnp.dtype(hardware.compute))


def final_state(job: Job, home: Path, trainer: Trainer) -> TrainState:
    """The state at the end of a finished job."""
    with contextlib.closing(Checkpoints(home, job.key)) as checkpoints:
        return checkpoints.restore(job.last_step, trainer, job)[0]


def train(job: Job, home: Path, hardware: Hardware, progress: Progress | None = None) -> None:
    """Trains `job` to its end and writes its phase.json; a finished job is left alone.

    Raises:
        UserError: a store that is missing or damaged, a checkpoint of another model, a parent that is not finished.
        DivergenceError: a loss or gradient that is not finite, with step, loss and the batch's sources; the last good
            checkpoint stays.
    """
    folder, leader = phase_folder(home, job.key), is_leader()
    with exclusive(folder / ".lock", enabled=leader):
        if agreed([is_done(home, job.key)])[0]:
            return
        if leader:
            remove_leftovers(folder)
        _train(job, home, hardware, leader, progress)


def _train(job: Job, home: Path, hardware: Hardware, leader: bool, progress: Progress | None) -> None:
    stores = {source: TokenStore(path) for source, path in job.stores.items()}
    trainer = open_trainer(job, stores, hardware)
    rows_sharding = sharding(trainer.mesh, "rows", None)
    _check_batch(job, trainer.mesh)

    checkpoints = Checkpoints(home, job.key)
    state, step, consumed = _start(job, home, trainer, checkpoints)
    monitor = Monitor(job, MetricsWriter(phase_folder(home, job.key), step) if leader else None)
    rows = {source: TokenRows(store.sequence("train"), job.model.context) for source, store in stores.items()}
    mine = _host_rows(rows_sharding, job)
    consumption = Consumption(job, mine, consumed)
    dataset = batches(job.index, rows, job.seed, job.batch_rows, mine, job.row_limits)
    feed = iterate(dataset, step, job.last_step, hardware.read_threads)

    started, first = time.perf_counter(), step
    # Whatever ends the steps, the last checkpoint that was started is whole before the process goes on.
    with contextlib.closing(checkpoints), contextlib.closing(monitor):
        for batch in _shown(feed, job, step, progress):
            rate = job.rates[step - job.first_step]
            tokens, predicted = (
                jax.make_array_from_process_local_data(rows_sharding, rows)
                for rows in (batch["tokens"], batch["predicted"])
            )
            state, metrics = trainer.step(state, tokens, predicted, rate)
            step += 1
            consumption.add(batch)
            monitor.push(step, rate, metrics, batch)
            if step % hardware.checkpoint_steps == 0 or step == job.last_step:
                monitor.drain()  # nothing is saved that a loss did not vouch for
                monitor.flush()
                checkpoints.save(step, state, job, consumption.total())

    seconds = time.perf_counter() - started
    done = {
        "key": job.key,
        "parent": job.parent,
        "label": job.label,
        "first_step": job.first_step,
        "last_step": job.last_step,
        "tokens": job.tokens,
        "consumed_rows": consumption.check(),
        "devices": jax.device_count(),
        "tokens_per_second": round((step - first) * job.tokens_per_step / seconds, 1),
    }
    if leader:
        write_json(phase_folder(home, job.key) / DONE, done)


def _start(job: Job, home: Path, trainer: Trainer, checkpoints: Checkpoints) -> tuple[TrainState, int, dict[str, int]]:
    """Where the phase starts: its own newest checkpoint, else its parent's last state, else a fresh initialisation."""
    if (latest := checkpoints.latest()) is not None:
        state, consumed = checkpoints.restore(latest, trainer, job)
        return state, latest, consumed
    if job.parent is None:
        return trainer.init(jax.random.key(job.seed)), 0, {}
    if not is_done(home, job.parent):
        raise UserError(f"phase {job.key} starts from phase {job.parent}, which is not finished; train that one first.")
    with contextlib.closing(Checkpoints(home, job.parent)) as parent:
        return parent.restore(job.first_step, trainer, job)[0], job.first_step, {}


def _host_rows(rows: NamedSharding, job: Job) -> HostRows:
    """The rows of a global batch that this host's devices hold."""
    indices = rows.addressable_devices_indices_map((job.batch_rows, job.model.context + 1)).values()
    bounds = [index[0].indices(job.batch_rows)[:2] for index in indices if index is not None]
    return HostRows(min(first for first, _ in bounds), max(last for _, last in bounds))


def _check_batch(job: Job, mesh: Mesh) -> None:
    shares = mesh.shape["data"] * mesh.shape["fsdp"]
    if job.batch_rows % shares:
        raise UserError(
            f"Scale.batch_rows {job.batch_rows} does not divide over the {shares} devices of Hardware.mesh's data and "
            "fsdp axes; change one of them."
        )


def _shown(feed: Iterator[Batch], job: Job, step: int, progress: Progress | None) -> Iterator[Batch]:
    """The batches of the feed, with a line in `progress` while they last."""
    if progress is None:
        yield from feed
        return
    line = progress.add_task(job.label, total=job.steps, completed=step - job.first_step)
    for batch in feed:
        yield batch
        progress.advance(line)
    progress.remove_task(line)
