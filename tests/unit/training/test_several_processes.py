"""A phase that 2 and 4 processes train, are killed, and go on with as another number of them, on another mesh.

The processes are of this machine, with one device of XLA's host platform or more each; collectives go by gloo.
"""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ends import assert_same, end_of, metrics_of, record_of
from tiny_training import BATCH_ROWS, HARDWARE, MODEL, STEPS, make_job

from codemix.store.token_store import TokenRows, TokenStore
from codemix.training.feed import batches
from codemix.training.saved import saved_steps

PROGRAM = str(Path(__file__).with_name("several.py"))
PATIENCE = 300  # seconds, for machines that have other things to do


class Runs:
    """Starts processes that train the one phase of a home, one run after the other."""

    def __init__(self, folder: Path, stores: dict[str, Path]):
        self.home, self._records, self._stores = folder / "home", folder / "records", stores["text"].parent
        self._records.mkdir()
        self.count = 0

    def go(
        self,
        processes: int,
        mesh: dict[str, int],
        devices: int = 1,
        interleaved: bool = False,
        killed_before: int | None = None,
    ) -> list[list[dict[str, Any]]]:
        """Trains with so many processes of so many devices each, to the end, or kills them all before a batch. Returns
        what each wrote down."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            coordinator = f"127.0.0.1:{free.getsockname()[1]}"
        run, self.count = self.count, self.count + 1
        config = {"coordinator": coordinator, "processes": processes, "mesh": mesh, "interleaved": interleaved}
        config |= {"home": str(self.home), "stores": str(self._stores), "records": str(self._records), "run": run}
        config["hangs_before"] = killed_before
        flags = f"--xla_force_host_platform_device_count={devices}"
        started = [
            subprocess.Popen(
                [sys.executable, PROGRAM, json.dumps({**config, "process": number})],
                env={**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags},
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(processes)
        ]
        try:
            if killed_before is not None:
                self._wait_for(lambda: len([*self._records.glob(f"{run}-*.hangs")]) == processes, started)
                self._wait_for(lambda: saved_steps(self.home, "whole")[-1:] == [killed_before // 4 * 4], started)
                for process in started:
                    process.send_signal(signal.SIGKILL)
            told = [process.communicate(timeout=PATIENCE)[1] for process in started]
        finally:
            for process in started:
                process.kill()
        expected = 0 if killed_before is None else -signal.SIGKILL
        for process, errors in zip(started, told, strict=True):
            assert process.returncode == expected, errors[-3000:]
        paths = [self._records / f"{run}-{number}.jsonl" for number in range(processes)]
        return [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]

    def _wait_for(self, condition: Any, started: list[subprocess.Popen]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            for process in started:
                assert process.poll() is None, process.communicate()[1][-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def runs(tmp_path: Path, stores: dict[str, Path]) -> Runs:
    return Runs(tmp_path, stores)


def rows_of(stores: dict[str, Path]) -> list[list[str]]:
    """The digests of the rows of every batch, as one host reads them."""
    job = make_job(stores)
    rows = {s: TokenRows(TokenStore(path).sequence("train"), MODEL.context) for s, path in stores.items()}
    feed = batches(job.index, rows, job.seed, BATCH_ROWS, range(BATCH_ROWS))
    return [[hashlib.sha256(row.tobytes()).hexdigest() for row in feed[number]["tokens"]] for number in range(STEPS)]


def read_by(records: list[list[dict[str, Any]]], of: range) -> list[list[list[str]]]:
    """batch -> process -> digests of the rows it read, of the batches `of`."""
    found = [{each["batch"]: each["rows"] for each in mine if "batch" in each} for mine in records]
    return [[mine[number] for mine in found] for number in of]


def held_by(records: list[list[dict[str, Any]]]) -> list[tuple[int, float]]:
    """process -> the step it went on from, and the share of the state that the fullest of its devices held."""
    starts = [next(each for each in mine if "from" in each) for mine in records]
    return [(start["from"], start["bytes_of_a_device"] / start["bytes"]) for start in starts]


def assert_same_phase(runs: Runs, trained: Path, stores: dict[str, Path]) -> None:
    """The same rows were consumed; losses and gradients differ by the order in which devices add them up (float32,
    1.2e-7 a sum, over 12 steps)."""
    job = make_job(stores)
    assert record_of(job, runs.home)["consumed_rows"] == record_of(job, trained)["consumed_rows"]
    ours, theirs = metrics_of(job, runs.home), metrics_of(job, trained)
    assert [each["step"] for each in ours] == [each["step"] for each in theirs]
    for measure in ("loss", "grad_norm"):
        found, expected = ([each[measure] for each in records] for records in (ours, theirs))
        np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_two_processes_killed_and_gone_on_with_by_one(runs: Runs, stores: dict[str, Path], trained: Path) -> None:
    """Each of the two holds half of the state and reads half of the rows, which are not neighbours."""
    expected = rows_of(stores)
    records = runs.go(2, {"fsdp": -1}, devices=2, interleaved=True, killed_before=6)
    for mine, whole in zip(read_by(records, range(5)), expected, strict=False):
        assert mine == [whole[0:2] + whole[4:6], whole[2:4] + whole[6:8]]
    assert all(step == 0 and share < 0.3 for step, share in held_by(records))
    [alone] = runs.go(1, {"data": -1})
    assert held_by([alone]) == [(4, 1.0)]
    assert [rows for [rows] in read_by([alone], range(4, STEPS))] == expected[4:]
    assert_same_phase(runs, trained, stores)


def test_two_processes_killed_and_gone_on_with_end_with_the_same_bits(
    runs: Runs, stores: dict[str, Path], tmp_path: Path
) -> None:
    """On the same mesh, here two devices, nothing is added up in another order, whichever processes have them."""
    runs.go(2, {"data": -1}, killed_before=9)
    assert held_by(runs.go(2, {"data": -1})) == [(8, 1.0), (8, 1.0)]
    (tmp_path / "other").mkdir()
    other = Runs(tmp_path / "other", stores)
    other.go(1, {"data": -1}, devices=2)
    job = make_job(stores)
    assert metrics_of(job, runs.home) == metrics_of(job, other.home)
    assert_same(end_of(job, runs.home, HARDWARE), end_of(job, other.home, HARDWARE))


@pytest.mark.slow
def test_four_then_two_then_four_then_one(runs: Runs, stores: dict[str, Path], trained: Path) -> None:
    """Twelve starts of Python and JAX: a minute or more. Each run but the last is killed; meshes change from run to
    run, and no device ever holds more than its part of the state."""
    expected = rows_of(stores)
    for processes, mesh, share, begins, killed in (
        (4, {"data": 2, "fsdp": 2}, 0.55, 0, 5),
        (2, {"tensor": 2}, 0.55, 4, 6),
        (4, {"fsdp": 2, "tensor": 2}, 0.3, 4, 9),
        (1, {"data": 1}, 1.0, 8, None),
    ):
        records = runs.go(processes, mesh, killed_before=killed)
        assert all(step == begins and held <= share for step, held in held_by(records)), held_by(records)
        replicas = mesh.get("tensor", 1)
        part = BATCH_ROWS * replicas // processes
        of = range(begins, STEPS if killed is None else killed)
        for mine, whole in zip(read_by(records, of), expected[begins:], strict=False):
            parts = [whole[start : start + part] for start in range(0, BATCH_ROWS, part)]
            assert mine == [rows for rows in parts for _ in range(replicas)]
    assert_same_phase(runs, trained, stores)
