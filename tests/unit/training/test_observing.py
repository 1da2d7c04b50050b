"""What can be seen of a running phase, and that it is trained as if nobody looked."""

import gc
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from ends import assert_same, end_of, metrics_of, record_of
from hypothesis import given
from hypothesis import strategies as st
from tiny_training import BATCH_ROWS, HALF, HARDWARE, STEPS, make_job

from codemix.mixing.index import MixingIndex, Segment
from codemix.training import loop, times
from codemix.training.job import Hardware, Job, phase_folder
from codemix.training.loop import train
from codemix.training.monitor import DivergenceError
from codemix.training.saved import saved_steps
from codemix.training.step import Trainer, TrainState
from codemix.training.stopping import Stopped, listening
from codemix.training.times import PARTS, Times, training_seconds

MakeJob = Callable[..., Job]
SLOW = 0.05


class Looking:
    """A watcher that keeps what it saw."""

    def __init__(self, *steps: int, home: Path | None = None, seconds: float = 0, fails_at: int = -1):
        self.steps, self.home, self.seconds, self.fails_at = steps, home, seconds, fails_at
        self.seen: list[int] = []
        self.saved: list[list[int]] = []
        self.collecting: list[bool] = []
        self.last: list[np.ndarray] = []

    def is_due(self, step: int) -> bool:
        return step in self.steps

    def look(self, step: int, trainer: Trainer, state: TrainState) -> None:
        self.seen.append(step)
        self.collecting.append(gc.isenabled())
        if self.home:
            self.saved.append(saved_steps(self.home, "whole"))
        self.last = [np.asarray(leaf) for leaf in jax.tree.leaves(state)]
        time.sleep(self.seconds)
        if step == self.fails_at:
            raise KeyboardInterrupt


def seconds_of(home: Path) -> list[dict[str, float]]:
    lines = (phase_folder(home, "whole") / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["seconds"] for line in lines]


@given(st.lists(st.tuples(st.sampled_from(PARTS), st.floats(0, 1e4)), max_size=30), st.integers(0, 30))
def test_every_moment_belongs_to_one_part(laps: list[tuple[str, float]], taken: int) -> None:
    """Whatever is done in whatever order, the parts add up to the time that passed, taken in one go or in two."""
    now = [17.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times.time, "perf_counter", lambda: now[0])
        watch = Times()
        parts = []
        for number, (part, seconds) in enumerate(laps):
            if number == taken:
                parts.append(watch.take())
            now[0] += seconds
            watch.lap(part)
        parts.append(watch.take())
    assert sum(watch.total.values()) == pytest.approx(now[0] - 17)
    for part in PARTS:
        expected = sum(seconds for name, seconds in laps if name == part)
        assert sum(each[part] for each in parts) == pytest.approx(watch.total[part]) == pytest.approx(expected)


def test_a_slow_reader_is_seen_as_such(job: MakeJob, trained: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """What the steps wait for their batches is in `data`; all parts together are the time that passed."""
    read = loop.iterate

    def slowly(*arguments: Any) -> Iterator[Any]:
        for batch in read(*arguments):
            time.sleep(SLOW)
            yield batch

    monkeypatch.setattr(loop, "iterate", slowly)
    began = time.perf_counter()
    train(job(), tmp_path, HARDWARE)
    passed = time.perf_counter() - began
    records, total = seconds_of(tmp_path), record_of(job(), tmp_path)["seconds"]
    assert total["data"] > STEPS * SLOW
    assert STEPS * SLOW < sum(total.values()) < passed
    # A record is written when the next step is under way, and has that step's batch; what comes after the last record
    # is in none.
    assert all(each["data"] > SLOW for each in records[:3])
    recorded = {part: sum(each[part] for each in records) for part in PARTS}
    assert recorded["data"] == pytest.approx(total["data"], abs=1e-5 * STEPS)
    assert recorded["compile"] == pytest.approx(total["compile"], abs=1e-5 * STEPS)
    assert sum(recorded.values()) <= sum(total.values()) + 1e-5 * STEPS
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)


def test_the_speed_is_that_of_the_steps(job: MakeJob, tmp_path: Path) -> None:
    """What a watcher takes has its own part, and is not counted."""
    train(job(), tmp_path, HARDWARE, watchers=[Looking(4, 9, seconds=0.2)])
    done = record_of(job(), tmp_path)
    assert done["seconds"]["look"] > 0.4
    speed = job().tokens / training_seconds(done["seconds"])
    assert done["tokens_per_second"] == pytest.approx(speed, rel=1e-3)
    assert sum(each["look"] for each in seconds_of(tmp_path)) == pytest.approx(done["seconds"]["look"], abs=1e-4)


def test_a_watcher_sees_saved_steps_and_changes_nothing(job: MakeJob, trained: Path, tmp_path: Path) -> None:
    """Also at a step that has no checkpoint otherwise; its last look is at what the phase ends with. Garbage is
    collected by itself only while it looks."""
    watcher = Looking(0, 3, 5, STEPS, home=tmp_path)
    other = Looking(5)
    train(job(), tmp_path, Hardware("test", checkpoint_steps=4, milestone_steps=1), watchers=[watcher, other])
    assert (watcher.seen, other.seen) == ([3, 5, STEPS], [5])
    assert saved_steps(tmp_path, "whole") == [3, 4, 5, 8, STEPS]
    assert all(watcher.collecting)
    assert_same(watcher.last, end_of(job(), tmp_path, HARDWARE))
    assert_same(watcher.last, end_of(job(), trained, HARDWARE))
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)


@pytest.mark.parametrize("step", [5, STEPS])
def test_a_look_that_was_cut_short_is_asked_for_again(job: MakeJob, trained: Path, tmp_path: Path, step: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(job(), tmp_path, HARDWARE, watchers=[Looking(3, 5, STEPS, fails_at=step)])
    assert saved_steps(tmp_path, "whole")[-1] == step
    again = Looking(3, 5, STEPS)
    train(job(), tmp_path, HARDWARE, watchers=[again])
    assert again.seen == list(dict.fromkeys((step, STEPS)))
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)
    assert_same(end_of(job(), tmp_path, HARDWARE), end_of(job(), trained, HARDWARE))


def test_a_phase_that_is_stopped_before_its_last_look_is_not_finished(
    job: MakeJob, tmp_path: Path, monkeypatch: Any
) -> None:
    read = loop.iterate

    def iterate(*arguments: Any) -> Iterator[Any]:
        for number, batch in enumerate(read(*arguments), start=1):
            if number == STEPS:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    watcher = Looking(STEPS)
    monkeypatch.setattr(loop, "iterate", iterate)
    with pytest.raises(Stopped), listening():
        train(job(), tmp_path, HARDWARE, watchers=[watcher])
    monkeypatch.undo()
    assert (watcher.seen, saved_steps(tmp_path, "whole")[-1]) == ([], STEPS)
    assert not (phase_folder(tmp_path, "whole") / "phase.json").exists()
    train(job(), tmp_path, HARDWARE, watchers=[watcher])
    assert watcher.seen == [STEPS]
    assert record_of(job(), tmp_path)["consumed_rows"] == {"code": 48, "text": 48}


def test_garbage_is_collected_by_hand_between_steps_and_by_itself_after_them(
    job: MakeJob, tmp_path: Path, monkeypatch: Any
) -> None:
    """However the phase ends."""
    read, enabled = loop.iterate, []

    def iterate(*arguments: Any) -> Iterator[Any]:
        for batch in read(*arguments):
            enabled.append(gc.isenabled())
            yield batch

    monkeypatch.setattr(loop, "iterate", iterate)
    rates = np.where(np.arange(STEPS) < 5, 1e-3, 1e30).astype(np.float32)
    with pytest.raises(DivergenceError):
        train(job(rates=rates), tmp_path, HARDWARE)
    assert enabled
    assert not any(enabled)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_profile_is_there_and_changes_nothing(job: MakeJob, trained: Path, tmp_path: Path) -> None:
    told: list[str] = []
    train(job(), tmp_path, Hardware("test", checkpoint_steps=4, profile_steps=2), told.append)
    events = phase_folder(tmp_path, "whole") / "events"
    [trace] = events.glob("plugins/profile/*/*.xplane.pb")
    assert b"jit_step" in trace.read_bytes()
    assert len(told) == 1
    assert told[0].startswith(f"Profile of steps 4 to 5: {events}; open it with `")
    assert metrics_of(job(), tmp_path) == metrics_of(job(), trained)
    assert_same(end_of(job(), tmp_path, HARDWARE), end_of(job(), trained, HARDWARE))


def test_a_profile_ends_with_its_phase(job: MakeJob, tmp_path: Path) -> None:
    told: list[str] = []
    train(job(), tmp_path, Hardware("test", checkpoint_steps=4, profile_steps=100), told.append)
    assert told[0].startswith("Profile of steps 4 to 12: ")


def test_a_phase_that_is_too_short_for_a_profile_says_so(stores: dict[str, Path], tmp_path: Path) -> None:
    told: list[str] = []
    index = MixingIndex([Segment(2 * BATCH_ROWS, HALF)])
    short = make_job(stores, last_step=2, rates=np.full(2, 1e-3, np.float32), index=index)
    train(short, tmp_path, Hardware("test", profile_steps=2), told.append)
    assert told == ["No profile: it begins after 3 steps, and only 2 were left to take."]
