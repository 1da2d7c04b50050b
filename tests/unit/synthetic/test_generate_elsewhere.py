"""A generation gives the same bytes whoever works at it, and however often it is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from in_process import Here, content

from codemix.data.beam import beam_pool
from codemix.synthetic import generate as module
from codemix.synthetic.generate import generate

FAMILIES = ("count_matching", "letter_shift", "digit_work")
COUNT, SHARD = 40, 10
GENERATE = f"""
import sys
from codemix.cli import main
from codemix.synthetic import generate

generate.SHARD = {SHARD}
options = ["--seed", "5", "--workers", "1", "--home", sys.argv[1], "--families", *{FAMILIES!r}]
main(["generate", "--problems", "{COUNT}", *options])
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process writes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SHARD", SHARD)
        generate(COUNT, 5, folder, Here(), FAMILIES)
    assert len(content(folder)) == COUNT // SHARD
    return content(folder)


def test_beam_writes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, bytes]
) -> None:
    pytest.importorskip("apache_beam", reason="needs pip install 'codemix[beam]'")
    monkeypatch.setattr(module, "SHARD", SHARD)
    with beam_pool("DirectRunner", (), tmp_path / "scratch") as pool:
        generate(COUNT, 5, tmp_path / "beam", pool, FAMILIES)
    assert content(tmp_path / "beam") == undisturbed


def test_what_is_killed_goes_on_to_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    command = [sys.executable, "-c", GENERATE, str(tmp_path)]
    folder = tmp_path / "synthetic" / f"{COUNT}-seed-5"
    for finished in (1, 3):
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
        while len(list(folder.glob(".*.partial/0*.json"))) < finished:
            assert process.poll() is None, "it has ended before it was killed"
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not (folder / "manifest.json").exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert content(folder) == undisturbed
    assert {path.name for path in folder.iterdir()} == {*undisturbed, "manifest.json"}
