"""SIGKILL at any moment, then the same command: it goes on, and ends bit for bit where an uninterrupted run ends."""

import random
from collections.abc import Callable
from pathlib import Path

import moments
import pytest
import tiny_study
from tiny_study import Reference


@pytest.mark.slow  # the ordinary chaos test kills at random moments
def test_one_study_killed_again_and_again(reference: Reference, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for moment in (
        moments.collecting,
        moments.writing_tokens,
        moments.in_the_first_phase,
        moments.in_a_later_phase,
        moments.evaluating,
        moments.reporting,
    ):
        tiny_study.kill_when(moment, home)
    tiny_study.finish_alike(home, reference.home)


def test_killed_inside_a_checkpoint_write(reference: Reference, prepared_home: Path) -> None:
    kill_inside_a_checkpoint_write(prepared_home)
    tiny_study.finish_alike(prepared_home, reference.home)


def test_what_a_killed_run_started_is_waited_for(reference: Reference, tmp_path: Path) -> None:
    """Only the parent dies: the preparation it started lives on, and the next command finds its work."""
    home = tmp_path / "home"
    tiny_study.kill_when(moments.collecting, home, alone=True)
    tiny_study.succeed("prepare", home)
    for folder in ("documents", "tokenizers", "tokens"):
        assert tiny_study.contents(home / folder) == tiny_study.contents(reference.home / folder)
    tiny_study.assert_no_leftovers(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        moments.collecting,
        moments.training_the_tokenizer,
        moments.writing_tokens,
        moments.in_the_first_phase,
        moments.in_a_later_phase,
        moments.evaluating,
        moments.reporting,
    ],
    ids=lambda moment: moment.__name__,
)
@pytest.mark.parametrize("alone", [False, True], ids=["with its children", "alone"])
def test_killed_at_a_moment(reference: Reference, tmp_path: Path, moment: Callable[[Path], bool], alone: bool) -> None:
    home = tmp_path / "home"
    tiny_study.kill_when(moment, home, alone=alone)
    tiny_study.finish_alike(home, reference.home)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(12))
def test_killed_at_a_random_moment(reference: Reference, prepared_home: Path, number: int) -> None:
    """Once at a random share of the files that a run leaves, and once at a random time after that."""
    chosen = random.Random(number)
    prepared, finished = (tiny_study.file_count(home) for home in (prepared_home, reference.home))
    goal = prepared + chosen.uniform(0, 0.95) * (finished - prepared)
    tiny_study.kill_when(lambda home: tiny_study.file_count(home) >= goal, prepared_home)
    tiny_study.kill_after(chosen.uniform(1, 8), prepared_home)
    tiny_study.finish_alike(prepared_home, reference.home)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_killed_inside_many_checkpoint_writes(reference: Reference, prepared_home: Path, number: int) -> None:
    for _ in range(3 + number):
        kill_inside_a_checkpoint_write(prepared_home)
    tiny_study.finish_alike(prepared_home, reference.home)


def kill_inside_a_checkpoint_write(home: Path) -> None:
    """Kills until a half-written checkpoint is what is left: one kill may come as the writing ends."""
    for _ in range(10):
        tiny_study.kill_when(lambda home: moments.writing_a_checkpoint(home), home)
        if moments.writing_a_checkpoint(home):
            return
    raise AssertionError("no kill came inside a checkpoint write")
