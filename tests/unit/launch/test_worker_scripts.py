"""launch/worker/run.sh, which starts codemix on every worker."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from codemix.launch.source import ROOT
from codemix.launch.workers import RUN, ended

CODEMIX = """#!/bin/bash
trap 'kill $(jobs -p); sleep 0.2; echo saved; exit 75' TERM
echo "began $*"
[ "$1" = train ] && { sleep 60 & wait $!; }
exit "${2:-0}"
"""


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """codemix's folder on a worker, with a codemix that trains until it is stopped."""
    folder = tmp_path / "codemix"
    (folder / RUN).parent.mkdir(parents=True)
    shutil.copy(ROOT / RUN, folder / RUN)
    program = folder / ".venv" / "bin" / "codemix"
    program.parent.mkdir(parents=True)
    program.write_text(CODEMIX)
    program.chmod(0o755)
    return folder


def start(worker: Path, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(["bash", worker / RUN, *arguments], stdout=subprocess.PIPE, text=True)


def await_start(worker: Path) -> None:
    while not (worker / ".running").exists() or not (worker / ".running").read_text().strip():
        time.sleep(0.01)
    time.sleep(0.3)  # until the program has set its trap


@pytest.mark.parametrize("status", [0, 1, 2, 75])
def test_it_says_and_gives_on_how_codemix_ended(worker: Path, status: int) -> None:
    process = start(worker, "run", str(status))
    output, _ = process.communicate(timeout=30)
    assert process.returncode == status
    assert ended(output) == {status}
    assert not (worker / ".running").exists()


def test_being_stopped_it_waits_until_codemix_has_saved(worker: Path) -> None:
    process = start(worker, "train")
    await_start(worker)
    os.kill(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert "saved" in output
    assert ended(output) == {75}


def test_what_a_lost_connection_left_is_stopped_first(worker: Path) -> None:
    left = start(worker, "train")
    await_start(worker)
    second = start(worker, "run", "0")
    assert ended(second.communicate(timeout=30)[0]) == {0}
    output, _ = left.communicate(timeout=30)
    assert "saved" in output
