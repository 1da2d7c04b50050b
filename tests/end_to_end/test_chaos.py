"""A study with a shared trunk, disturbed at random points and resumed by the same command, ends as one that was not."""

import collections
import contextlib
import dataclasses
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_study
from full_disk import CannotMount, fill, fill_more, mounted

from codemix.training.manifest import damage

# Two arms that share their first phase, at two seeds: six phases of twelve steps, a checkpoint every four.
STUDY = ("--gin.Study.arms=['balanced_only', 'balanced_to_text']", "--gin.Study.control=balanced_only")
NEVER_STARTED = -signal.SIGTERM  # the signal came before Python had read the program


def landmarks(home: Path) -> set[str]:
    """What a run leaves behind on its way to the end, and nothing removes again."""
    found: set[str] = set()
    of_phases = ("metrics.jsonl", "checkpoints/step_?", "checkpoints/step_??", "phase.json", "evaluations/*.parquet")
    of_the_study = ("plan.json", "results.parquet", "report/report.md")
    for pattern in (*(f"phases/*/{path}" for path in of_phases), *(f"studies/*/{path}" for path in of_the_study)):
        found |= {path.relative_to(home).as_posix() for path in home.glob(pattern)}
    for key, done in tiny_study.phases(home).items():  # whose earlier checkpoints are gone
        steps = range(done["first_step"] + 4, done["last_step"], 4)
        found |= {f"phases/{key}/checkpoints/step_{step}" for step in steps}
    return found


@dataclasses.dataclass
class Chaos:
    """Disturbs a run of the study.

    Attributes:
        dice: decides what happens and when.
        prepared: the home that every round begins with a copy of.
        reference: the home of the run that was not disturbed.
        disk: where the homes lie.
        can_be_filled: whether that is a disk of its own.
        happened: how often each kind of disturbance came, and how often a study was resumed to its end.
        truncated: keys of the phases of this round of which a checkpoint was truncated.
    """

    dice: random.Random
    prepared: Path
    reference: Path
    disk: Path
    can_be_filled: bool
    happened: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    truncated: set[str] = dataclasses.field(default_factory=set)

    def rounds(self, disturbances: int) -> None:
        """Runs the study to its end again and again, until it was disturbed so often."""
        while self.disturbances < disturbances:
            home = self.disk / f"home{self.happened['finished studies']}"
            tiny_study.copy_prepared(self.prepared, home)
            self.truncated = set()
            while self.disturbances < disturbances and self._disturb(home):
                pass
            tiny_study.succeed("run", home, *STUDY)
            self._check(home)
            self.happened["finished studies"] += 1
            shutil.rmtree(home)

    @property
    def disturbances(self) -> int:
        return sum(count for what, count in self.happened.items() if what != "finished studies")

    def _disturb(self, home: Path) -> bool:
        """Runs the study to a random point, where something happens to it. False where it ended before."""
        happens = self.dice.choice(
            [self._kill, self._terminate, self._truncate, self._remove_shard, *[self._fill] * self.can_be_filled]
        )
        before, seen = landmarks(home), set[str]()
        left = landmarks(self.reference) - before
        if not left:
            return False
        goal = self.dice.uniform(0, len(left))
        process = tiny_study.start("run", home, *STUDY)
        while process.poll() is None and len(seen) < goal:
            seen |= landmarks(home) - before
            time.sleep(0.001)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.dice.uniform(0, 0.3))
        if process.poll() is not None:
            assert process.returncode == 0, tiny_study.finish(process).stderr
            tiny_study.kill(process)
            return False
        happens(home, process)
        return True

    def _kill(self, home: Path, process: subprocess.Popen) -> None:
        tiny_study.kill(process)
        self.happened["SIGKILL"] += 1

    def _terminate(self, home: Path, process: subprocess.Popen) -> None:
        process.terminate()
        result = tiny_study.finish(process)
        assert result.returncode in (75, 0, NEVER_STARTED), f"{result.returncode}\n{result.stdout}\n{result.stderr}"
        if result.returncode == 75:
            assert result.stderr.strip() == (
                "codemix: stopped by SIGTERM; everything is saved, and the same command goes on from here."
            )
        self.happened["SIGTERM"] += 1

    def _fill(self, home: Path, process: subprocess.Popen) -> None:
        ballast = fill(self.disk)
        while process.poll() is None:
            fill_more(ballast)
            time.sleep(0.001)
        ballast.unlink()
        result = tiny_study.finish(process)
        assert result.returncode in (2, 0), f"{result.returncode}\n{result.stdout}\n{result.stderr}"
        if result.returncode == 2:
            assert "make room" in result.stderr, result.stderr
        self.happened["disk full"] += 1

    def _truncate(self, home: Path, process: subprocess.Popen) -> None:
        tiny_study.kill(process)
        files = [path for path in sorted(home.glob("phases/*/checkpoints/step_*/*/**/*")) if path.is_file()]
        files = [path for path in files if path.name != "commit_success.txt" and path.stat().st_size]
        if not files or _is_finished(home):
            self.happened["SIGKILL"] += 1
            return
        file = self.dice.choice(files)
        os.truncate(file, self.dice.randrange(file.stat().st_size))
        self.truncated.add(file.relative_to(home).parts[1])
        self.happened["truncated checkpoint"] += 1

    def _remove_shard(self, home: Path, process: subprocess.Popen) -> None:
        tiny_study.kill(process)
        if _is_finished(home):
            self.happened["SIGKILL"] += 1
            return
        self.dice.choice(sorted(home.glob("tokens/*/*/*"))).unlink()
        self.happened["removed shard"] += 1

    def _check(self, home: Path) -> None:
        """All is as in the reference. A truncated checkpoint that nobody has needed since is still as it was left."""
        unneeded = {key for key in self.truncated if _is_damaged(home, key)}
        tiny_study.assert_same_outcome(home, self.reference, but=unneeded)
        tiny_study.assert_no_leftovers(home)
        assert tiny_study.contents(home / "tokens") == tiny_study.contents(self.reference / "tokens")


def _is_finished(home: Path) -> bool:
    return (tiny_study.study_folder(home) / "finished.json").exists()


def _is_damaged(home: Path, key: str) -> bool:
    last = tiny_study.phases(home)[key]["last_step"]
    return damage(home / "phases" / key / "checkpoints" / f"step_{last}") is not None


@pytest.fixture
def chaos(
    reference: tiny_study.Reference, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Callable[[int, int], None]:
    """A function (disturbances, seed) that lets chaos reign so long, and records what happened."""
    undisturbed = tiny_study.copy_prepared(reference.home, tmp_path / "undisturbed")
    tiny_study.succeed("run", undisturbed, *STUDY)

    def reign(disturbances: int, seed: int) -> None:
        with contextlib.ExitStack() as stack:
            try:
                disk, can_be_filled = stack.enter_context(mounted(tmp_path / "disk", megabytes=96)), True
            except CannotMount:
                disk, can_be_filled = tmp_path, False
            chaos = Chaos(random.Random(seed), reference.home, undisturbed, disk, can_be_filled)
            print(f"chaos with seed {seed}")
            began = time.monotonic()
            try:
                chaos.rounds(disturbances)
            finally:
                said = ", ".join(f"{count} {what}" for what, count in sorted(chaos.happened.items()))
                record_property(f"chaos, seed {seed}", f"{said}; {time.monotonic() - began:.0f} s")
                print(said)

    return reign


def test_six_disturbances(chaos: Callable[[int, int], None]) -> None:
    chaos(6, 0)


@pytest.mark.slow
def test_a_hundred_disturbances(chaos: Callable[[int, int], None]) -> None:
    chaos(100, int(os.environ.get("CODEMIX_CHAOS_SEED", random.SystemRandom().randrange(10**6))))
