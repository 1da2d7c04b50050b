"""The stand-ins on the PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from launch_world import STAND_INS, STUDY, World

from codemix.cli import main
from codemix.launch.source import ROOT


@pytest.fixture(scope="session")
def prepared_bucket(s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bucket with the token stores of the tiny study."""
    import boto3

    boto3.client("s3").create_bucket(Bucket="launched")
    home = tmp_path_factory.mktemp("preparing")
    main(["prepare", str(STUDY), "--home", str(home), "--data", "s3://launched/codemix", "--workers", "1"])
    return "s3://launched/codemix"


@pytest.fixture
def world(
    prepared_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> World:
    if subprocess.run(["git", "-C", str(ROOT), "rev-parse"], capture_output=True).returncode:
        pytest.skip("codemix runs from no git checkout, of which workers would get a commit")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("gcloud", "xpk", "kubectl", "sky"):  # started without what slows Python's start down
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {STAND_INS / name} "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_WORLD", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return World(tmp_path, prepared_bucket, capsys)
