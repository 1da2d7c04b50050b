"""Launching a study on an engine, and asking later what became of it."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from codemix.errors import UserError
from codemix.launch.engines import ENGINES, Engine
from codemix.launch.jobs import Work
from codemix.launch.record import CANCELLED, LEASE, Record
from codemix.launch.shell import Shell, Stopping
from codemix.store.atomic import write_text
from codemix.store.lease import holder, try_lease
from codemix.store.lock import exclusive
from codemix.study.gin_files import load_engine
from codemix.study.launch_jobs import work_of
from codemix.study.plan import Plan
from codemix.study.run import Request
from codemix.study.show_launch import bill_line, jobs_table


def launch(request: Request, name: str, where: Path | None, slices: int, commit: str | None, console: Console) -> None:
    """Launches what the study still needs; what is launched already is left alone.

    Raises:
        UserError: another process launches the study; something that the engine needs is missing or refused.
    """
    engine, plan, work = _planned(request, name, where, slices, commit)
    if not work.jobs:
        console.print(f"{plan.study.name} is finished; nothing to launch.")
        return
    with _alone(work, request):
        (work.folder / CANCELLED).unlink(missing_ok=True)
        record = Record(work.folder)
        record.begin(name, engine, work.jobs)
        shell = Shell()
        try:
            engine.launch(work, record, shell, lambda text: console.print(text, highlight=False, markup=False))
        except Stopping:
            raise UserError(f"{request.file}: the launch was cancelled; the same command goes on with it.") from None
        finally:
            shell.stop()


def dry_run(request: Request, name: str, where: Path | None, slices: int, commit: str | None, console: Console) -> None:
    """Prints every script, manifest and command that `launch` would use, in their order, and what the jobs cost."""
    engine, plan, work = _planned(request, name, where, slices, commit)
    for title, text in engine.shown(work):
        console.print(f"# {title}", style="bold", highlight=False, markup=False, soft_wrap=True)
        console.print(text.rstrip() + "\n", highlight=False, markup=False, soft_wrap=True)
    console.print(jobs_table(work))
    console.print(bill_line(work, plan.study.hardware.chip), highlight=False)


def launch_status(request: Request) -> list[dict[str, Any]]:
    """The jobs of the study's launch: name, label, what the engine calls them and says of them, and what the launcher
    said last."""
    engine, work, record = _launched(request)
    says = engine.states(work, record, Shell())
    done = {name for name in record.jobs if name not in {job.name for job in work.jobs}}
    return [
        {"job": name, **facts, "state": "done" if name in done else facts["state"], "engine": says.get(name)}
        for name, facts in record.jobs.items()
    ] + [{"job": name, "label": "slice", "kind": "slice", "engine": says.get(name)} for name in record.slices]


def log_commands(request: Request, phase: str | None) -> list[tuple[str, Sequence[str]]]:
    """The label of each of the study's jobs that began, or of the phase with this key, and the command that prints its
    log."""
    engine, work, record = _launched(request)
    names = [name for name in record.jobs if phase is None or name.startswith(f"codemix-{phase}-")]
    if phase and not names:
        raise UserError(f"--phase {phase}: it is none of the jobs launched; `codemix launch status` has their names.")
    return [(record.jobs[name]["label"], engine.logs(name, work, record)) for name in names]


def cancel(request: Request, console: Console) -> None:
    """Ends what runs, and removes what costs; phases keep what they saved."""
    _, work, _ = _launched(request)
    write_text(work.folder / CANCELLED, "")  # for the launcher that may still be there, and goes when it sees it
    with exclusive(work.folder / LEASE):
        engine, work, record = _launched(request)
        engine.cancel(work, record, Shell())
        record.cancelled()
    console.print("Cancelled; what is saved stays, and the same launch goes on from there.")


def _planned(
    request: Request, name: str, where: Path | None, slices: int, commit: str | None
) -> tuple[Engine, Plan, Work]:
    """The engine, and the study planned without the bindings that are the engine's."""
    cls = ENGINES[name]
    ours = tuple(binding for binding in request.overrides if binding.startswith(f"{cls.__name__}."))
    engine = load_engine(cls, request.file, where, ours)
    theirs = tuple(binding for binding in request.overrides if binding not in ours)
    request = dataclasses.replace(request, overrides=theirs)
    plan, _ = request.plan()
    return engine, plan, work_of(plan, request, slices, commit)


def _launched(request: Request) -> tuple[Engine, Work, Record]:
    plan, _ = request.plan()
    work = work_of(plan, request)
    record = Record(work.folder)
    if record.engine is None:
        raise UserError(f"{request.file}: it was not launched; `codemix launch ENGINE {request.file}` does.")
    return ENGINES[record.engine](**record.where), work, record


@contextlib.contextmanager
def _alone(work: Work, request: Request) -> Iterator[None]:
    """One launcher of a study at a time."""
    lease = try_lease(work.folder / LEASE)
    if lease is None:
        other = holder(work.folder / LEASE)
        raise UserError(
            f"{request.file}: {other.owner if other else 'another process'} launches it; "
            f"`codemix launch status {request.file}` shows how far it is."
        )
    try:
        yield
    finally:
        lease.release()
