"""The training loop: what it leaves behind, where it starts, and what stops it."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ends import assert_same, end_of, metrics_of
from tiny_training import BATCH_ROWS, HALF, HARDWARE, MODEL, STEPS, write_store

from codemix.errors import UserError
from codemix.mixing.index import MixingIndex, Segment
from codemix.training.job import LEASE, Job, phase_folder
from codemix.training.loop import train
from codemix.training.monitor import DivergenceError
from codemix.training.resume import NotFinished
from codemix.training.saved import saved_steps

MakeJob = Callable[..., Job]

KILLED_IN_THE_MIDDLE = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import jax
jax.config.update("jax_disable_most_optimizations", True)
from tiny_training import HARDWARE, make_job
from codemix.training import loop
from codemix.training.job import phase_folder

home, job = Path(sys.argv[2]), make_job({name: Path(sys.argv[3]) / name for name in ("code", "text")})
read = loop.iterate

def iterate(*args):
    for number, batch in enumerate(read(*args)):
        if number == 7:
            while not (phase_folder(home, job.key) / "checkpoints" / "step_4").exists():
                time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGKILL)
        yield batch

loop.iterate = iterate
loop.train(job, home, HARDWARE)
"""


def files_but_leases(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and LEASE not in path.parts}


def test_a_finished_phase_says_what_it_did(job: MakeJob, trained: Path) -> None:
    """phase.json counts what was consumed as the ledger does; every step has its record; there are TensorBoard events;
    the loss fell."""
    folder = phase_folder(trained, "whole")
    done = json.loads((folder / "phase.json").read_text())
    assert done["consumed_rows"] == job().index.counts(STEPS * BATCH_ROWS) == {"code": 48, "text": 48}
    assert done["tokens"] == STEPS * BATCH_ROWS * MODEL.context
    records = metrics_of(job(), trained)
    assert [record["step"] for record in records] == list(range(1, STEPS + 1))
    assert records[-1]["tokens"] == done["tokens"]
    assert records[-1]["loss"] < records[0]["loss"]
    assert {"loss", "lr", "grad_norm"} <= set(records[0])
    assert all(0 < record["predicted_tokens"] < BATCH_ROWS * MODEL.context for record in records)  # text has prompts
    assert any(file.stat().st_size for file in (folder / "events").iterdir())


def test_a_finished_phase_is_left_alone(job: MakeJob, trained: Path) -> None:
    folder = phase_folder(trained, "whole")
    before = files_but_leases(folder)
    train(job(), trained, HARDWARE)
    assert files_but_leases(folder) == before


def test_a_killed_phase_goes_on_to_the_same_end(job: MakeJob, trained: Path, tmp_path: Path) -> None:
    """Killed after step 7 with a checkpoint at 4, and started again: state and metrics are bit-identical to those of a
    phase that nothing interrupted."""
    stores = job().stores["text"].parent
    arguments = [str(Path(__file__).parent), str(tmp_path), str(stores)]
    killed = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert saved_steps(tmp_path, "whole") == [4]
    train(job(), tmp_path, HARDWARE)
    assert_same(end_of(job(), tmp_path, HARDWARE), end_of(job(), trained, HARDWARE))
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)
    done = json.loads((phase_folder(tmp_path, "whole") / "phase.json").read_text())
    assert done["consumed_rows"] == {"code": 48, "text": 48}


def halves(job: MakeJob) -> tuple[Job, Job]:
    """The whole job as two phases."""
    rows = STEPS // 2 * BATCH_ROWS
    rates = job().rates
    first = job(key="first", last_step=STEPS // 2, rates=rates[: STEPS // 2], index=MixingIndex([Segment(rows, HALF)]))
    second = job(
        key="second",
        parent="first",
        first_step=STEPS // 2,
        rates=rates[STEPS // 2 :],
        index=MixingIndex([Segment(rows, HALF), Segment(rows, HALF)]),
    )
    return first, second


def test_a_child_goes_on_from_its_parent(job: MakeJob, trained: Path, tmp_path: Path) -> None:
    """Two phases in a row end as one phase of both: a boundary changes neither state nor data."""
    first, second = halves(job)
    train(first, tmp_path, HARDWARE)
    train(second, tmp_path, HARDWARE)
    assert_same(end_of(second, tmp_path, HARDWARE), end_of(job(), trained, HARDWARE))
    assert metrics_of(first, tmp_path) + metrics_of(second, tmp_path) == metrics_of(job(), trained)


def test_a_phase_without_its_parent_is_told(job: MakeJob, tmp_path: Path) -> None:
    _, second = halves(job)
    with pytest.raises(NotFinished, match="phase second starts from phase first, which is not finished; train"):
        train(second, tmp_path, HARDWARE)


def test_a_loss_that_is_not_finite_stops_the_phase(job: MakeJob, tmp_path: Path) -> None:
    """The sentence names step, loss and the batch's sources; the checkpoint before stays, and the phase is not done."""
    rates = np.where(np.arange(STEPS) < 5, 1e-3, 1e30).astype(np.float32)
    with pytest.raises(DivergenceError) as stopped:
        train(job(rates=rates), tmp_path, HARDWARE)
    sentence = str(stopped.value)
    assert re.search(r"the loss is \S+ and the gradient norm nan at step 7", sentence)
    assert "4 rows of code, 4 rows of text" in sentence
    assert "LearningRate.peak" in sentence
    folder = phase_folder(tmp_path, "whole")
    assert not (folder / "phase.json").exists()
    assert saved_steps(tmp_path, "whole") == [4]


def test_a_checkpoint_of_another_model_is_told(job: MakeJob, tmp_path: Path) -> None:
    short = job(last_step=1, rates=job().rates[:1], index=MixingIndex([Segment(BATCH_ROWS, HALF)]))
    train(short, tmp_path, HARDWARE)
    os.remove(phase_folder(tmp_path, "whole") / "phase.json")
    other = dataclasses.replace(short, model=dataclasses.replace(MODEL, feed_forward=48))
    with pytest.raises(
        UserError,
        match=r"the checkpoint is of another model \(Model.feed_forward is 32, this study wants 48\); remove that",
    ):
        train(other, tmp_path, HARDWARE)


def test_stores_of_two_tokenizers_are_told(job: MakeJob, tmp_path: Path) -> None:
    stores = {**job().stores, "text": write_store(tmp_path / "text", 5, tokenizer="another")}
    with pytest.raises(UserError, match="its token stores were made with different tokenizers; prepare them with one"):
        train(job(stores=stores), tmp_path / "home", HARDWARE)


def test_a_missing_store_is_told(job: MakeJob, tmp_path: Path) -> None:
    stores = {**job().stores, "text": tmp_path / "nowhere"}
    with pytest.raises(UserError, match="nowhere: there is no finished token store; run `codemix prepare`"):
        train(job(stores=stores), tmp_path / "home", HARDWARE)
