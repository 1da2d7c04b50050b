"""The stand-ins on the PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from launch_world import STAND_INS, World

from codemix.launch.source import ROOT


@pytest.fixture
def world(s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> World:
    if subprocess.run(["git", "-C", str(ROOT), "rev-parse"], capture_output=True).returncode:
        pytest.skip("codemix runs from no git checkout, of which workers would get a commit")
    real = sys.executable
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("gcloud", "xpk", "kubectl", "sky"):  # started without what slows Python's start down
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {STAND_INS / name} "$@"\n')
        (programs / name).chmod(0o755)
    python = programs / "python"  # what the launcher itself runs: codemix prepare
    python.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/here.log\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_WORLD", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return World(tmp_path, f"{s3_bucket}/codemix", real, capsys)
