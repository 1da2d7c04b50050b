"""Asked to stop, a phase saves its state at the next step boundary; the same command goes on from there."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from ends import assert_same, end_of, metrics_of
from interrupted import train_until
from tiny_training import HARDWARE

from codemix.training.job import Job
from codemix.training.loop import train
from codemix.training.saved import saved_steps
from codemix.training.stopping import Stopped, at_boundaries, listening

MakeJob = Callable[..., Job]


def ask(*signals: int) -> Callable[[], None]:
    def send() -> None:
        for number in signals:
            os.kill(os.getpid(), number)

    return send


@pytest.mark.parametrize(
    ("signals", "status"),
    [([signal.SIGTERM], 75), ([signal.SIGINT], 130), ([signal.SIGTERM] * 3, 75), ([signal.SIGTERM, signal.SIGINT], 75)],
    ids=["SIGTERM", "SIGINT", "SIGTERM again and again", "SIGTERM and SIGINT"],
)
def test_it_stops_at_the_next_step(
    job: MakeJob, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signals: list[int], status: int
) -> None:
    with listening(), pytest.raises(Stopped) as stopped:
        train_until(6, ask(*signals), monkeypatch, job(), tmp_path, HARDWARE)
    assert stopped.value.status == status
    assert saved_steps(tmp_path, "whole") == [4, 7]
    train(job(), tmp_path, HARDWARE)
    assert_same(end_of(job(), tmp_path, HARDWARE), end_of(job(), trained, HARDWARE))
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)


def test_who_interrupts_twice_waits_for_nothing(job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(), pytest.raises(Stopped) as stopped:
        train_until(6, ask(signal.SIGINT, signal.SIGINT), monkeypatch, job(), tmp_path, HARDWARE)
    assert stopped.value.status == 130
    assert saved_steps(tmp_path, "whole") == [4]


def test_one_that_comes_with_the_last_step_finds_the_phase_done(
    job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(), pytest.raises(Stopped):
        train_until(11, ask(signal.SIGTERM), monkeypatch, job(), tmp_path, HARDWARE)
    assert saved_steps(tmp_path, "whole") == [12]
    assert (tmp_path / "phases" / "whole" / "phase.json").exists()


def test_outside_of_training_it_stops_at_once() -> None:
    with listening(), pytest.raises(Stopped, match="SIGTERM"):
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_handlers_of_before_are_there_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with listening():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_what_a_library_makes_of_it_is_still_a_stop() -> None:
    def make_something_else_of_it() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException as error:
            raise RuntimeError("the event loop is closed") from error

    with pytest.raises(Stopped, match="SIGTERM"), listening():
        make_something_else_of_it()


def test_an_error_before_any_signal_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="by itself"), listening():
        raise RuntimeError("by itself")


def test_one_stretch_of_boundaries_inside_another_leaves_the_stop_to_it() -> None:
    heard = []
    with listening(), pytest.raises(Stopped), at_boundaries() as asked:  # noqa: PT012
        with at_boundaries():
            os.kill(os.getpid(), signal.SIGTERM)
        heard.append(asked())
    assert heard == [True]
