"""What is launched: commands that wait for each other."""

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Kind = Literal["prepare", "phase", "finish"]


@dataclasses.dataclass(frozen=True)
class LaunchJob:
    """One command of codemix, every host the same; given again, it goes on.

    Attributes:
        name: of the job, workload or script, from the phase's key and the home: a DNS label of at most 40 characters.
        kind: token stores (one process, no accelerators), a phase, or evaluation and report.
        label: for people.
        command: codemix's command, and its flags beside the study and the folders.
        parents: names of the jobs that must have ended well before it begins.
        chip_hours, hours, dollars: what it costs, where the hardware's file says what that takes.
    """

    name: str
    kind: Kind
    label: str
    command: tuple[str, ...]
    parents: tuple[str, ...] = ()
    chip_hours: float | None = None
    hours: float | None = None
    dollars: float | None = None


@dataclasses.dataclass(frozen=True)
class Work:
    """The jobs of one study, parents first.

    Attributes:
        name: of what the jobs have in common, such as slices: a DNS label of at most 36 characters.
        study: its gin file; `overrides`: bindings that win over it.
        home: the home as the launching machine sees it.
        data: the folder or bucket of documents and token stores, where it is not the home.
        folder: where the launch is recorded, with scripts and logs.
        slices: how many jobs may run side by side.
        commit: what workers install that do not see this machine's files; None for the newest, which must be all.
    """

    name: str
    jobs: tuple[LaunchJob, ...]
    study: Path
    overrides: tuple[str, ...]
    home: Path
    data: str | None
    folder: Path
    slices: int
    commit: str | None = None

    def arguments(self, job: LaunchJob, study: Path | str, home: Path | str) -> list[str]:
        """What follows `codemix` where the study and the home have these paths."""
        command, *flags = job.command
        folders = ["--home", str(home), *(["--data", self.data] if self.data else [])]
        return [command, str(study), *flags, *folders, *(f"--gin.{binding}" for binding in self.overrides)]

    def script(self, job: LaunchJob) -> Path:
        return self.folder / "scripts" / job.name

    def log(self, job_name: str) -> Path:
        return self.folder / "logs" / f"{job_name}.log"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a job is in a schedule: hours from its beginning, and the job after which the same slice is free."""

    begin: float
    end: float
    after: str | None


def schedule(jobs: Sequence[LaunchJob], slices: int) -> list[Place]:
    """A place for each job, so that no more than `slices` run side by side: on the slice that a parent leaves, else on
    the one that lets it begin first. A job of unknown length counts as an hour, a parent that is none of the jobs
    as ended."""
    last: list[str | None] = [None] * slices
    ends: dict[str | None, float] = {None: 0.0}
    places = []
    for job in jobs:
        ready = max((ends.get(parent, 0.0) for parent in job.parents), default=0.0)
        behind_parent = [number for number in range(slices) if last[number] in job.parents]
        number = min(behind_parent or range(slices), key=lambda number: max(ends[last[number]], ready))
        begin = max(ends[last[number]], ready)
        places.append(Place(begin, begin + (1.0 if job.hours is None else job.hours), last[number]))
        last[number], ends[job.name] = job.name, places[-1].end
    return places


def joined(arguments: Sequence[str]) -> str:
    """A command as a shell reads it, a flag a line where it is long."""
    text = shlex.join(arguments)
    if len(text) <= 120:
        return text
    lines: list[str] = []
    words: list[str] = []
    for word in arguments:
        if word.startswith("--") and words:
            lines.append(" ".join(words))
            words = []
        words.append(shlex.quote(word))
    return " \\\n    ".join([*lines, " ".join(words)])
