"""Checkpoints: which are kept, and what becomes of those that are damaged or half-written."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from ends import assert_same, end_of, metrics_of
from hypothesis import given, settings
from interrupted import interrupt_before
from tiny_training import HARDWARE

from codemix.errors import UserError
from codemix.training.job import Job, phase_folder
from codemix.training.loop import train
from codemix.training.manifest import FILES, damage, seal
from codemix.training.saved import checkpoints_folder, damaged_checkpoints, newest_whole, saved_steps

MakeJob = Callable[..., Job]
EVERY_TWO = dataclasses.replace(HARDWARE, checkpoint_steps=2)


def files_of(home: Path, step: int) -> list[Path]:
    """Those of a checkpoint that its manifest names."""
    folder = checkpoints_folder(home, "whole") / f"step_{step}"
    names = ("commit_success.txt", "_CHECKPOINT_METADATA")
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in names]


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_change_of_any_file_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("sealed")
    contents = data.draw(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=4))
    for number, content in enumerate(contents):
        (folder / str(number)).mkdir()
        (folder / str(number) / "file").write_bytes(content)
    seal(folder)
    assert damage(folder) is None
    victim = data.draw(st.integers(0, len(contents) - 1))
    changed = data.draw(st.binary(max_size=60).filter(lambda content: content != contents[victim]))
    (folder / str(victim) / "file").write_bytes(changed)
    assert f"{victim}/file" in damage(folder)


def test_the_newest_are_kept_while_a_phase_runs(job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = dataclasses.replace(EVERY_TWO, keep_checkpoints=2, milestone_steps=4)
    interrupt_before(11, monkeypatch, job(), tmp_path, hardware)
    assert saved_steps(tmp_path, "whole") == [4, 6, 8, 10]  # 4 is a milestone; 6, 8 and 10 are the newest


@pytest.mark.parametrize(("milestone_steps", "kept"), [(None, [12]), (4, [4, 8, 12])])
def test_of_a_finished_phase_the_last_is_kept(
    job: MakeJob, tmp_path: Path, milestone_steps: int | None, kept: list[int]
) -> None:
    train(job(), tmp_path, dataclasses.replace(EVERY_TWO, milestone_steps=milestone_steps))
    assert saved_steps(tmp_path, "whole") == kept
    assert all(damage(checkpoints_folder(tmp_path, "whole") / f"step_{step}") is None for step in kept)


def test_one_is_written_by_the_clock(job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every eight steps is looked at it; by then any time above zero has passed."""
    hardware = dataclasses.replace(HARDWARE, checkpoint_steps=1000, checkpoint_minutes=1e-9)
    interrupt_before(10, monkeypatch, job(), tmp_path, hardware)
    assert saved_steps(tmp_path, "whole") == [8]


@pytest.mark.parametrize("harm", [truncate, flip, Path.unlink])
def test_a_damaged_one_is_passed_over(
    job: MakeJob, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]
) -> None:
    """It is set aside with a sentence; training goes on from the one before it, to the same end."""
    interrupt_before(9, monkeypatch, job(), tmp_path, EVERY_TWO)
    assert saved_steps(tmp_path, "whole") == [6, 8]
    harm(max(files_of(tmp_path, 8), key=lambda path: path.stat().st_size))
    told: list[str] = []
    train(job(), tmp_path, EVERY_TWO, told.append)
    assert len(told) == 1
    assert "step_8: the checkpoint is damaged (state/" in told[0]
    assert told[0].endswith("it is passed over, and kept as damaged-step_8.")
    assert [path.name for path in damaged_checkpoints(tmp_path, "whole")] == ["damaged-step_8"]
    assert_same(end_of(job(), tmp_path, HARDWARE), end_of(job(), trained, HARDWARE))
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)


def test_every_file_of_a_checkpoint_is_in_its_manifest(
    job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_before(5, monkeypatch, job(), tmp_path, HARDWARE)
    for path in files_of(tmp_path, 4):
        content = path.read_bytes()
        path.unlink()
        told: list[str] = []
        assert newest_whole(tmp_path, "whole", 12, told) is None
        assert path.name in told[0] or path.name == FILES
        damaged_checkpoints(tmp_path, "whole")[0].rename(checkpoints_folder(tmp_path, "whole") / "step_4")
        path.write_bytes(content)
    assert newest_whole(tmp_path, "whole", 12, []) == 4


def test_a_half_written_one_is_removed(job: MakeJob, tmp_path: Path) -> None:
    folder = phase_folder(tmp_path, "whole") / "checkpoints"
    for name in ("step_8.orbax-checkpoint-tmp", ".removed-step_4"):
        (folder / name / "state").mkdir(parents=True)
    train(job(), tmp_path, HARDWARE)
    assert sorted(os.listdir(folder)) == ["step_12"]


@pytest.mark.parametrize("field", ["keep_checkpoints", "milestone_steps", "checkpoint_minutes"])
def test_hardware_that_cannot_be_is_told(field: str) -> None:
    with pytest.raises(UserError, match=rf"Hardware\.{field} is 0; give a number above 0"):
        dataclasses.replace(HARDWARE, **{field: 0})
