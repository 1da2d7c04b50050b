"""Two processes train one phase together, as launch scripts start them on two hosts."""

import socket
import subprocess
from pathlib import Path

import moments
import numpy as np
import pandas as pd
import pytest
import tiny_study
from tiny_study import Reference

RECORDER = str(Path(__file__).with_name("recording_batches.py"))


def start_two(
    home: Path, *arguments: str, batches: Path | None = None, command: str = "train"
) -> list[subprocess.Popen]:
    program = (RECORDER, str(batches)) if batches else ("-m", "codemix")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    return [
        tiny_study.start(
            *(command, home, "--coordinator", coordinator, "--processes", "2", "--process", str(number), *arguments),
            program=program,
        )
        for number in range(2)
    ]


def finish_both(processes: list[subprocess.Popen]) -> None:
    for result in [tiny_study.finish(process) for process in processes]:
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"


def assert_close_losses(home: Path, reference: Path, keys: list[str]) -> None:
    for key in keys:
        ours, theirs = (np.array(tiny_study.losses(each, key)) for each in (home, reference))
        np.testing.assert_array_equal(ours[:, 0], theirs[:, 0])
        np.testing.assert_allclose(ours[:, 1:], theirs[:, 1:], rtol=2e-4)


@pytest.fixture
def first_two_phases(reference: Reference) -> list[str]:
    """The keys of a phase and of its child."""
    phases = tiny_study.plan(reference.home)["phases"]
    child = next(phase for phase in phases if phase["parent"])
    return [child["parent"], child["key"]]


def test_the_same_batches_and_losses(
    reference: Reference, prepared_home: Path, tmp_path: Path, first_two_phases: list[str]
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    alone = tiny_study.copy_prepared(prepared_home, tmp_path / "alone")
    for folder in (one, two):
        folder.mkdir()
    for key in first_two_phases[:1]:
        finish_both(start_two(prepared_home, "--phase", key, batches=two))
        result = tiny_study.finish(tiny_study.start("train", alone, "--phase", key, program=(RECORDER, str(one))))
        assert result.returncode == 0, result.stderr
    names = sorted(path.name for path in one.iterdir())
    assert names
    for name in names:
        halves = [np.load(two / name.replace("process0", f"process{number}")) for number in range(2)]
        assert len(halves[0]) == len(halves[1])
        np.testing.assert_array_equal(np.concatenate(halves), np.load(one / name))
    assert_close_losses(prepared_home, reference.home, first_two_phases[:1])
    done, expected = tiny_study.phases(prepared_home), tiny_study.phases(reference.home)
    assert done[first_two_phases[0]]["consumed_rows"] == expected[first_two_phases[0]]["consumed_rows"]
    assert done[first_two_phases[0]]["devices"] == 2


@pytest.mark.slow  # tests/unit/training/test_several_processes.py does so for one phase
def test_killed_as_two_and_resumed_as_one(
    reference: Reference, prepared_home: Path, first_two_phases: list[str]
) -> None:
    processes = start_two(prepared_home)
    tiny_study.wait_until(moments.in_a_later_phase, prepared_home, processes[0])
    for process in processes:
        tiny_study.kill(process)
    tiny_study.succeed("train", prepared_home)
    assert_close_losses(prepared_home, reference.home, list(tiny_study.phases(reference.home)))
    assert tiny_study.phases(prepared_home).keys() == tiny_study.phases(reference.home).keys()
    tiny_study.assert_no_leftovers(prepared_home)


def test_one_is_asked_to_stop_and_both_do(
    reference: Reference, prepared_home: Path, first_two_phases: list[str]
) -> None:
    """As by the notice that one machine of several will be taken away: all stop at one step, and one goes on alone."""
    processes = start_two(prepared_home)
    tiny_study.wait_until(moments.in_the_first_phase, prepared_home, processes[0])
    processes[1].terminate()
    for result in [tiny_study.finish(process) for process in processes]:
        assert result.returncode == 75, f"{result.stdout}\n{result.stderr}"
        assert "stopped by SIGTERM; everything is saved" in result.stderr
    assert len(tiny_study.phases(prepared_home)) < len(tiny_study.phases(reference.home))
    for key in first_two_phases:
        tiny_study.succeed("train", prepared_home, "--phase", key)
    assert_close_losses(prepared_home, reference.home, first_two_phases)
    tiny_study.assert_no_leftovers(prepared_home)


@pytest.mark.slow
def test_two_processes_prepare_once_and_train_a_whole_study(reference: Reference, tmp_path: Path) -> None:
    home = tmp_path / "home"
    finish_both(start_two(home))
    for folder in ("documents", "tokenizers", "tokens"):
        assert tiny_study.contents(home / folder) == tiny_study.contents(reference.home / folder)
    assert_close_losses(home, reference.home, list(tiny_study.phases(reference.home)))
    before = tiny_study.times(home)
    finish_both(start_two(home))
    after = tiny_study.times(home)
    assert after == before


@pytest.mark.slow
def test_two_processes_run_a_whole_study(reference: Reference, prepared_home: Path) -> None:
    """They train and score together, and one of them reports; once it is finished, both do nothing. Slow, as it trains
    everything."""
    finish_both(start_two(prepared_home, command="run"))
    assert_close_losses(prepared_home, reference.home, list(tiny_study.phases(reference.home)))
    ours, theirs = (
        pd.read_parquet(tiny_study.study_folder(home) / "results.parquet") for home in (prepared_home, reference.home)
    )
    same = ["arm", "seed", "source", "document", "bytes", "tokens"]
    pd.testing.assert_frame_equal(ours[same], theirs[same])
    np.testing.assert_allclose(ours["nll"], theirs["nll"], rtol=2e-4)
    before = tiny_study.times(prepared_home)
    finish_both(start_two(prepared_home, command="run"))
    assert tiny_study.times(prepared_home) == before


@pytest.mark.slow
def test_what_the_leader_refuses_ends_both(tmp_path: Path) -> None:
    processes = start_two(tmp_path / "home", "--gin.Scale.tokens=100_000_000")
    leader, other = (tiny_study.finish(process) for process in processes)
    assert leader.returncode == 2
    assert "codemix: " in leader.stderr
    assert other.returncode not in (0, None)
