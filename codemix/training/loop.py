"""The training loop: one phase from its parent's state, or its own last checkpoint, to its end."""

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import grain
import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from codemix.errors import UserError
from codemix.model.partitioning import make_mesh, sharding
from codemix.store.atomic import remove_leftovers, write_json
from codemix.store.lease import Lease, try_lease
from codemix.store.token_store import TokenRows, TokenStore
from codemix.training.checkpoint import CheckpointWriter, Saved
from codemix.training.chips import tokens_at_peak
from codemix.training.clock import Clock
from codemix.training.consumption import Consumption, rows_passed_over
from codemix.training.feed import batches, iterate
from codemix.training.garbage import COLLECT_STEPS, collected_by_hand, collected_by_itself
from codemix.training.job import DONE, EVENTS, LEASE, Hardware, Job, is_done, phase_folder
from codemix.training.metrics import MetricsWriter
from codemix.training.monitor import Monitor, Rewind
from codemix.training.processes import chosen, host_rows, is_leader, meet
from codemix.training.profiling import Profiler
from codemix.training.resume import before_a_bad_step, where_to_start
from codemix.training.step import Trainer, make_trainer
from codemix.training.stopping import at_boundaries
from codemix.training.times import Times, rounded, training_seconds
from codemix.training.watching import Watcher

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
    pieces = pieces_of(job.batch_rows, hardware, mesh)
    dtype = jnp.dtype(hardware.compute)
    return _cached_trainer(
        hardware.computes(job.model), vocab_size, eos, job.optimizer, mesh, dtype, job.divergence, pieces
    )


def train(
    job: Job,
    home: Path,
    hardware: Hardware,
    tell: Callable[[str], None] = print,
    begin: Callable[[], None] = lambda: None,
    watchers: Sequence[Watcher] = (),
) -> bool:
    """Trains `job` to its end and writes its phase.json; a finished job is left alone.

    Args:
        tell: is given a sentence for each checkpoint that is passed over, and one for a profile.
        begin: called once the phase is this process's to train.
        watchers: look at the state while it is trained.

    Returns:
        False where another process is training it, or has just begun to.

    Raises:
        UserError: a store that is missing or damaged, a checkpoint of another model.
        NotFinished: its parent is not finished, or has lost its last checkpoint.
        DivergenceError: a loss or gradient that is not finite, with step, loss and the batch's sources; the last good
            checkpoint stays.
        Stopped: the process was asked to stop, and the state is saved.
    """
    folder = phase_folder(home, job.key)
    lease = try_lease(folder / LEASE) if is_leader() else None
    try:
        if not chosen(lambda: int(lease is not None)):
            return False
        if not chosen(lambda: int(is_done(home, job.key))):
            if lease:
                remove_leftovers(folder)
            begin()
            meet()
            _Phase(job, home, hardware, lease, tell, watchers).train()
        return True
    finally:
        if lease:
            lease.release()


class _Phase:
    """A phase while it is trained."""

    def __init__(
        self,
        job: Job,
        home: Path,
        hardware: Hardware,
        lease: Lease | None,
        tell: Callable[[str], None],
        watchers: Sequence[Watcher],
    ):
        """`lease`: the leader's, who alone writes what is not a checkpoint."""
        self._job, self._home, self._hardware, self._lease, self._watchers = job, home, hardware, lease, watchers
        stores = {source: TokenStore(path) for source, path in job.stores.items()}
        self._trainer = open_trainer(job, stores, hardware)
        self._rows_sharding = sharding(self._trainer.mesh, "rows", None)
        mine = host_rows(self._rows_sharding, job.batch_rows, jax.process_index())
        rows = {source: TokenRows(store.sequence("train"), job.model.context) for source, store in stores.items()}
        self._batches: grain.MapDataset = batches(job.index, rows, job.seed, job.batch_rows, mine.rows, job.row_limits)
        self._peak = _peak(job, stores, hardware, self._trainer.mesh)
        self._start = where_to_start(job, home, self._trainer, tell)
        self._consumption = Consumption(job, mine.counted, self._start.consumed)
        self._clock = Clock(hardware.checkpoint_minutes)
        self._profiler = Profiler(phase_folder(home, job.key) / EVENTS, hardware.profile_steps, tell)

    def train(self) -> None:
        folder = phase_folder(self._home, self._job.key)
        records = MetricsWriter(folder, self._start.step) if self._lease else None
        self._times = Times()
        self._monitor = Monitor(self._job, records, self._start.passed_over, self._times, self._peak)
        self._looked_at: int | None = None
        saved = self._start
        # Whatever ends the steps, the last checkpoint that was started is whole before the process goes on.
        with (
            at_boundaries() as asked_to_stop,
            contextlib.closing(CheckpointWriter(self._home, self._job, self._hardware)) as self._writer,
            contextlib.closing(self._monitor),
            contextlib.closing(self._profiler),
            collected_by_hand() as self._collect,
        ):
            if saved.step > self._job.first_step and not asked_to_stop():
                self._look(saved)  # which may have been cut short
            while not asked_to_stop() and saved.step < self._job.last_step:
                try:
                    saved = self._advance(saved, asked_to_stop)
                except Rewind as rewind:
                    saved = self._go_back(rewind)
            if saved.step == self._job.last_step and not self._to_look(saved.step):
                self._times.lap("rest")
                self._writer.finish()
                self._times.lap("save")
                self._declare_done(saved)

    def _advance(self, saved: Saved, asked_to_stop: Callable[[], bool]) -> Saved:
        """Takes the steps from `saved` on, to the end or to where the process is asked to stop."""
        state, step, job = saved.state, saved.step, self._job
        self._times.lap("rest")
        for batch in iterate(self._batches, step, job.last_step, self._hardware.read_threads):
            self._times.lap("data")
            rate = job.rates[step - job.first_step]
            tokens, predicted = (
                jax.make_array_from_process_local_data(self._rows_sharding, rows)
                for rows in (batch["tokens"], batch["predicted"])
            )
            state, metrics = self._trainer.step(state, tokens, predicted, rate)
            self._times.lap("dispatch" if self._times.total["compile"] else "compile")
            step += 1
            self._monitor.push(step, rate, metrics, batch)  # before the batch is counted: the step before may be bad
            self._consumption.add(batch)
            self._profiler.after(step, metrics)
            stop = asked_to_stop()
            if stop or self._is_due(step):
                self._monitor.drain()  # nothing is saved that a loss did not vouch for
                saved = self._saved(state, step)
                self._save(saved)
            elif step % COLLECT_STEPS == 0:
                self._collect()
            if stop:
                break
            if saved.step == step:
                self._look(saved)
            self._times.lap("rest")
        return saved

    def _go_back(self, rewind: Rewind) -> Saved:
        """The state before the steps that are to change nothing, as that after them."""
        self._writer.settle()
        state = before_a_bad_step(self._job, self._home, self._trainer, rewind.first - 1)
        saved = self._saved(state, rewind.last)
        if self._is_due(saved.step):
            self._save(saved)
            self._look(saved)
        return saved

    def _saved(self, state: Any, step: int) -> Saved:
        return Saved(state, step, self._consumption.total(), list(self._monitor.passed_over))

    def _is_due(self, step: int) -> bool:
        return (
            step == self._job.last_step
            or step % self._hardware.checkpoint_steps == 0
            or self._job.divergence.can_go_back_to(step - self._job.first_step)
            or any(watcher.is_due(step) for watcher in self._watchers)
            or self._clock.is_due(step)
        )

    def _save(self, saved: Saved) -> None:
        if self._lease:
            self._lease.check()
        self._monitor.flush()
        self._times.lap("rest")
        self._writer.save(saved)
        self._times.lap("save")
        self._collect()
        self._clock.restart()

    def _look(self, saved: Saved) -> None:
        due = self._to_look(saved.step)
        self._looked_at = saved.step
        if not due:
            return
        self._times.lap("rest")
        with collected_by_itself():
            for watcher in due:
                watcher.look(saved.step, self._trainer, saved.state)
        self._times.lap("look")

    def _to_look(self, step: int) -> list[Watcher]:
        """The watchers that have still to look at the state after `step`."""
        return [] if step == self._looked_at else [watcher for watcher in self._watchers if watcher.is_due(step)]

    def _declare_done(self, saved: Saved) -> None:
        job, seconds = self._job, self._times.total
        done: dict[str, Any] = {
            "key": job.key,
            "parent": job.parent,
            "label": job.label,
            "first_step": job.first_step,
            "last_step": job.last_step,
            "tokens": job.tokens,
            "consumed_rows": self._consumption.check(),
            "devices": jax.device_count(),
            "tokens_per_second": round(
                (saved.step - self._start.step) * job.tokens_per_step / training_seconds(seconds), 1
            ),
            "seconds": rounded(seconds),
        }
        if saved.passed_over:
            done |= {"passed_over": saved.passed_over, "passed_over_rows": rows_passed_over(job, saved.passed_over)}
        if self._lease:
            self._lease.check()
            write_json(phase_folder(self._home, job.key) / DONE, done)


def _peak(job: Job, stores: Mapping[str, TokenStore], hardware: Hardware, mesh: Mesh) -> float | None:
    """Tokens per second at the peak of the mesh's chips, where the hardware states it."""
    if hardware.peak_flops is None:
        return None
    vocab_size = next(iter(stores.values())).vocab_size
    return tokens_at_peak(job.model, vocab_size, hardware.peak_flops, mesh.size)


def pieces_of(batch_rows: int, hardware: Hardware, mesh: Mesh) -> int:
    """In how many pieces a batch is computed, for `Hardware.rows_at_once`.

    Raises UserError where the batch does not divide over the mesh, or a device's rows do not divide into pieces.
    """
    shares = mesh.shape["data"] * mesh.shape["fsdp"]
    if batch_rows % shares:
        raise UserError(
            f"Scale.batch_rows {batch_rows} does not divide over the {shares} devices of Hardware.mesh's data and "
            "fsdp axes; change one of them."
        )
    rows = batch_rows // shares
    at_once = min(hardware.rows_at_once or rows, rows)
    if rows % at_once:
        raise UserError(
            f"Hardware.rows_at_once {at_once} does not divide the {rows} rows that a device has of Scale.batch_rows "
            f"{batch_rows}; give a divisor."
        )
    return rows // at_once
