"""Asked to stop, a study ends with status 75 or 130 and one sentence; the same command goes on to the same end."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import moments
import pytest
import tiny_study
from tiny_study import Reference


def stop_when(moment: Callable[[Path], bool], home: Path, number: int) -> None:
    """Runs the study and sends it a signal at a moment: SIGINT to all its processes, as a terminal does."""
    process = tiny_study.start("run", home)
    tiny_study.wait_until(moment, home, process)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    result = tiny_study.finish(process)
    assert result.returncode == {signal.SIGTERM: 75, signal.SIGINT: 130}[number], f"{result.stdout}\n{result.stderr}"
    said = f"codemix: stopped by {signal.Signals(number).name}; everything is saved, and the same command goes on from "
    assert result.stderr.strip() == said + "here."


@pytest.mark.slow  # the ordinary chaos test stops at random moments
def test_stopped_again_and_again(reference: Reference, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for moment, number in (
        (moments.collecting, signal.SIGTERM),
        (moments.writing_tokens, signal.SIGINT),
        (moments.in_the_first_phase, signal.SIGTERM),
        (moments.in_a_later_phase, signal.SIGINT),
        (moments.evaluating, signal.SIGTERM),
    ):
        stop_when(moment, home, number)
    tiny_study.finish_alike(home, reference.home)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "moment", [moments.training_the_tokenizer, moments.reporting], ids=lambda moment: moment.__name__
)
def test_stopped_at_a_moment(reference: Reference, tmp_path: Path, moment: Callable[[Path], bool], number: int) -> None:
    stop_when(moment, tmp_path / "home", number)
    tiny_study.finish_alike(tmp_path / "home", reference.home)
