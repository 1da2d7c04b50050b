"""The checkpoints that a phase has, by the names of their folders."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from codemix.training.job import CHECKPOINTS, phase_folder
from codemix.training.manifest import damage

_DAMAGED = "damaged-"
_BEING_REMOVED = ".removed-"
_BEING_WRITTEN = ".orbax-checkpoint-tmp"


def saved_steps(home: Path, key: str) -> list[int]:
    """The steps of a phase's checkpoints, oldest first, damaged ones not yet found out among them."""
    folder = checkpoints_folder(home, key)
    names = os.listdir(folder) if folder.exists() else []
    return sorted(int(found[1]) for name in names if (found := re.fullmatch(r"step_(\d+)", name)))


def damaged_checkpoints(home: Path, key: str) -> list[Path]:
    """Those that were set aside."""
    return sorted(checkpoints_folder(home, key).glob(f"{_DAMAGED}*"))


def newest_whole(home: Path, key: str, until: int, told: list[str]) -> int | None:
    """The step of the newest checkpoint up to step `until` whose files are as they were written. Newer ones that are
    damaged are set aside, each with a sentence in `told`."""
    for step in reversed([step for step in saved_steps(home, key) if step <= until]):
        path = checkpoints_folder(home, key) / f"step_{step}"
        wrong = damage(path)
        if wrong is None:
            return step
        aside = _unused(path.with_name(f"{_DAMAGED}{path.name}"))
        with contextlib.suppress(FileNotFoundError):  # another process has set it aside
            path.rename(aside)
        told.append(f"{path}: the checkpoint is damaged ({wrong}); it is passed over, and kept as {aside.name}.")
    return None


def remove_after(home: Path, key: str, step: int) -> int:
    """Removes a phase's checkpoints of later steps. Returns how many there were."""
    later = [found for found in saved_steps(home, key) if found > step]
    for found in later:
        remove_checkpoint(checkpoints_folder(home, key) / f"step_{found}")
    return len(later)


def checkpoints_folder(home: Path, key: str) -> Path:
    return phase_folder(home, key) / CHECKPOINTS


def remove_checkpoint(path: Path) -> None:
    """Renamed first: half of a checkpoint must not have its name."""
    doomed = path.with_name(f"{_BEING_REMOVED}{path.name}")
    path.rename(doomed)
    shutil.rmtree(doomed)


def _unused(path: Path) -> Path:
    """The path, or one with a number where it is taken."""
    number = 2
    found = path
    while found.exists():
        found = path.with_name(f"{path.name}-{number}")
        number += 1
    return found


def remove_unfinished(home: Path, key: str) -> None:
    """Removes what a killed process was writing or removing."""
    folder = checkpoints_folder(home, key)
    for name in os.listdir(folder):
        if name.startswith(_BEING_REMOVED) or _BEING_WRITTEN in name:
            shutil.rmtree(folder / name)


def being_written(home: Path, key: str, step: int) -> Path:
    """The folder of a checkpoint that has not yet its name."""
    return next(checkpoints_folder(home, key).glob(f"step_{step}{_BEING_WRITTEN}*"))
