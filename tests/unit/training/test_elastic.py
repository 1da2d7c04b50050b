"""A phase that is stopped on one number of devices goes on with another: the same batches, losses within rounding."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from ends import metrics_of, record_of
from tiny_training import BATCH_ROWS, MODEL, STEPS, make_job

from codemix.store.token_store import TokenRows, TokenStore
from codemix.training.feed import batches

PROGRAM = str(Path(__file__).with_name("elastic.py"))


def test_one_device_then_four_then_two(stores: dict[str, Path], trained: Path, tmp_path: Path) -> None:
    """Stopped by SIGTERM after the fourth and the eighth step. (The devices are of XLA's host platform.)"""
    recorded = tmp_path / "batches"
    for devices, last, status in ((1, 3, 75), (4, 7, 75), (2, STEPS, 0)):
        flags = f"--xla_force_host_platform_device_count={devices}"
        ended = subprocess.run(
            [sys.executable, PROGRAM, str(tmp_path / "home"), str(stores["text"].parent), str(last), str(recorded)],
            env={**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == status, ended.stderr[-3000:]

    job, home = make_job(stores), tmp_path / "home"
    rows = {s: TokenRows(TokenStore(path).sequence("train"), MODEL.context) for s, path in stores.items()}
    feed = batches(job.index, rows, job.seed, BATCH_ROWS, range(BATCH_ROWS))
    digests = [hashlib.sha256(feed[number]["tokens"].tobytes()).hexdigest() for number in range(STEPS)]
    read = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert [entry[:2] for entry in read] == [list(entry) for entry in enumerate(digests)]
    assert [entry[2] for entry in read] == [1] * 4 + [4] * 4 + [2] * 4
    losses = [[record["loss"] for record in metrics_of(job, each)] for each in (home, trained)]
    np.testing.assert_allclose(*losses, rtol=2e-5)
    assert record_of(job, home)["consumed_rows"] == record_of(job, trained)["consumed_rows"]
