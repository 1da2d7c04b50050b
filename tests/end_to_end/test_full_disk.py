"""A disk that is full, before the run or in the middle of it: one sentence, and the same command finishes later."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import moments
import pytest
import tiny_study
from full_disk import CannotMount, fill, fill_more, mounted, resize
from tiny_study import Reference


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory, 64 MB; skips where none may be mounted."""
    try:
        with mounted(tmp_path / "disk", megabytes=64) as folder:
            yield folder
    except CannotMount as error:
        pytest.skip(str(error))


def run_out_of_room_when(moment: Callable[[Path], bool], home: Path, disk: Path) -> None:
    """Fills the disk at a moment of the run, which must then stop with status 2 and one sentence."""
    process = tiny_study.start("run", home)
    tiny_study.wait_until(moment, home, process)
    ballast = fill(disk)
    while process.poll() is None and ballast.exists():
        fill_more(ballast)  # what the run frees is taken as well
        time.sleep(0.001)
    result = tiny_study.finish(process)
    assert result.returncode == 2, f"{result.returncode}:\n{result.stdout}\n{result.stderr}"
    sentence = result.stderr.strip().split("\n")[-1]  # a write that was under way may have been told by orbax before
    assert sentence.startswith("codemix: "), result.stderr
    assert result.stderr.count("codemix: ") == 1, result.stderr
    assert os.strerror(errno.ENOSPC).lower() in sentence.lower()
    assert "make room" in sentence
    ballast.unlink()


def test_too_little_room_before_and_within(reference: Reference, disk: Path) -> None:
    """Refused before anything is trained; stopped in training, since the check is only an estimate; then finished."""
    home = tiny_study.copy_prepared(reference.home, disk / "home")
    resize(disk, 4)
    sentence = tiny_study.refusal("run", home)
    assert str(home) in sentence
    assert "make room" in sentence
    assert not (home / "phases").exists()
    resize(disk, 64)
    run_out_of_room_when(moments.in_the_first_phase, home, disk)
    tiny_study.succeed("run", home)
    tiny_study.assert_same_outcome(home, reference.home)
    tiny_study.assert_no_leftovers(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        moments.collecting,
        moments.writing_tokens,
        moments.writing_a_checkpoint,
        moments.in_a_later_phase,
        moments.evaluating,
    ],
    ids=lambda moment: moment.__name__,
)
def test_room_runs_out_at_a_moment(reference: Reference, disk: Path, moment: Callable[[Path], bool]) -> None:
    home = disk / "home"
    run_out_of_room_when(moment, home, disk)
    tiny_study.succeed("run", home)
    tiny_study.assert_same_outcome(home, reference.home)
    tiny_study.assert_no_leftovers(home)
