"""How far a study is, from its files alone: leases, metrics, phase.json. Writes nothing, and loads no JAX."""

import contextlib
import dataclasses
import json
import os
import statistics
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from codemix.store.atomic import read_json
from codemix.store.lease import Holder, holder
from codemix.store.paths import preparing_lease
from codemix.study.plan import Plan, PlannedPhase
from codemix.training.job import DONE, LEASE, METRICS, phase_folder
from codemix.training.saved import damaged_checkpoints, saved_steps

_TAIL_BYTES = 16384  # of a metrics file: some thirty steps

State = Literal["done", "running", "stopped", "ready", "waiting"]


@dataclasses.dataclass(frozen=True)
class PhaseStatus:
    """How far a phase is.

    Attributes:
        state: stopped where it was begun, is not finished, and no process has it; ready where a process could begin it;
            waiting where its parent is not finished.
        step: of `steps`, both counted from the start of the phase; of a stopped one the step it goes on from.
        process: who has it, or had it last.
        last_sign: seconds since that process gave a sign of life, where it has the phase or died with it.
        lost_process: it ended, or fell silent, without giving the phase back.
        spent: part of a step (`codemix.training.times`) -> share of the time of its newest steps, while it runs.
        passed_over: stretches of steps that changed nothing, with their cause.
        damaged: names of checkpoints that were set aside.
    """

    key: str
    label: str
    state: State
    step: int
    steps: int
    tokens: int
    tokens_per_second: float | None = None
    loss: float | None = None
    seconds_left: float | None = None
    process: str | None = None
    last_sign: float | None = None
    lost_process: bool = False
    spent: dict[str, float] = dataclasses.field(default_factory=dict)
    passed_over: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    damaged: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class StudyStatus:
    """How far a study is.

    Attributes:
        finished: its report is written.
        missing_tasks: whose token stores are not there.
        at_work: what else is done: preparing, or evaluating and reporting -> who does it.
        seconds_left: of training, at the speed of those that train now; None where nobody does.
    """

    study: str
    finished: bool
    phases: list[PhaseStatus]
    missing_tasks: list[str]
    at_work: dict[str, str]
    tokens: int
    tokens_done: int
    tokens_per_second: float | None
    seconds_left: float | None

    def count(self, state: State) -> int:
        return sum(phase.state == state for phase in self.phases)


def study_status(plan: Plan, finished: bool, folder: Path) -> StudyStatus:
    """How far the study is; `folder` is its own."""
    done = {key for key in plan.phases if (phase_folder(plan.home, key) / DONE).exists()}
    phases = [_phase_status(plan, phase, done) for phase in plan.phases.values()]
    speeds = [phase.tokens_per_second for phase in phases if phase.state == "running" and phase.tokens_per_second]
    tokens = sum(phase.tokens for phase in phases)
    tokens_done = sum(phase.tokens * phase.step // phase.steps for phase in phases)
    leases = {"prepares": preparing_lease(plan.data), "writes in the study's folder": folder / LEASE}
    return StudyStatus(
        study=plan.study.name,
        finished=finished,
        phases=phases,
        missing_tasks=plan.missing_tasks,
        at_work={what: str(found.owner) for what, lease in leases.items() if (found := holder(lease)) and found.holds},
        tokens=tokens,
        tokens_done=tokens_done,
        tokens_per_second=sum(speeds) or None,
        seconds_left=(tokens - tokens_done) / sum(speeds) if speeds else None,
    )


def _phase_status(plan: Plan, phase: PlannedPhase, done: set[str]) -> PhaseStatus:
    key, job = phase.key, phase.job
    folder = phase_folder(plan.home, key)
    common: dict[str, Any] = {"key": key, "label": job.label, "steps": job.steps, "tokens": job.tokens}
    common["damaged"] = [path.name for path in damaged_checkpoints(plan.home, key)]
    if key in done:
        with contextlib.suppress(FileNotFoundError):  # it was found to have lost its checkpoint just now
            record = read_json(folder / DONE)
            passed_over = record.get("passed_over", [])
            speed = record["tokens_per_second"]
            return PhaseStatus(**common, state="done", step=job.steps, tokens_per_second=speed, passed_over=passed_over)
    held = holder(folder / LEASE)
    records = _newest_records(folder / METRICS)
    passed_over = [{"last": record["step"]} for record in records if record.get("passed_over")]
    begun = (saved_steps(plan.home, key) or [job.first_step])[-1] - job.first_step
    if held is not None and held.holds:
        return _running(common, held, records, begun, job.first_step, job.tokens_per_step, passed_over)
    state: State = "waiting" if job.parent in plan.phases and job.parent not in done else "ready"
    if held is not None:
        common |= {"process": str(held.owner), "lost_process": held.expired}
        common |= {"last_sign": round(held.age, 1)} if held.expired else {}
        state = "stopped" if begun or records or held.expired else state
    return PhaseStatus(**common, state=state, step=begun, passed_over=passed_over)


def _running(
    common: dict[str, Any],
    held: Holder,
    records: list[dict[str, Any]],
    begun: int,
    first_step: int,
    tokens_per_step: int,
    passed_over: list[dict[str, Any]],
) -> PhaseStatus:
    newest = records[-1] if records else {}
    step = max(begun, newest.get("step", first_step) - first_step)
    speed = statistics.median(record["tokens_per_second"] for record in records) if records else None
    return PhaseStatus(
        **common,
        state="running",
        step=step,
        tokens_per_second=speed,
        loss=newest.get("loss"),
        seconds_left=(common["steps"] - step) * tokens_per_step / speed if speed else None,
        process=str(held.owner),
        last_sign=round(held.age, 1),
        spent=_spent(records),
        passed_over=passed_over,
    )


def _spent(records: list[dict[str, Any]]) -> dict[str, float]:
    """part -> share of the time that the records tell of; a phase that began before there were parts tells none."""
    parts: Counter[str] = Counter()
    for record in records:
        parts.update(record.get("seconds", {}))
    return {part: round(seconds / parts.total(), 4) for part, seconds in parts.items()}


def _newest_records(path: Path) -> list[dict[str, Any]]:
    """The last whole records of a metrics file, oldest first."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in (lines if size <= _TAIL_BYTES else lines[1:])]
