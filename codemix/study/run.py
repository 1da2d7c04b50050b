"""Running a study: prepare what is missing, train every phase once, evaluate, report. Stops and resumes anywhere."""

import contextlib
import dataclasses
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from codemix.data.pool import Pool
from codemix.errors import UserError
from codemix.evaluation.suite import Suite
from codemix.store.atomic import read_json, remove_leftovers, write_json
from codemix.store.lease import Holder, holder
from codemix.store.lock import exclusive
from codemix.store.paths import open_folder, preparing_lease, remove_tree
from codemix.store.token_store import MANIFEST, DamagedStore, TokenStore, is_complete
from codemix.study.audit import audit_study
from codemix.study.evaluate import is_scored, score_phase, score_runs, score_suite_of_runs, write_results
from codemix.study.folder import AUDIT, FINISHED, ITEMS, PLAN, study_folder
from codemix.study.gin_errors import located
from codemix.study.gin_files import load_study
from codemix.study.ledger_check import check_ledger
from codemix.study.live import View, watched
from codemix.study.noise import MEASURED
from codemix.study.plan import Plan, PlannedPhase, make_plan
from codemix.study.record import plan_record
from codemix.study.schedule import ALL_DONE, NONE_FREE, next_phase
from codemix.study.show_scores import show_scores
from codemix.study.space import check_home
from codemix.study.starts import check_starts
from codemix.study.status import StudyStatus, study_status
from codemix.study.suite_items import items_folder, suite_record
from codemix.study.watch import ScoringWatcher, write_looks
from codemix.training.job import LEASE

_WAIT_SECONDS = 0.5  # between two looks at what other processes train


@dataclasses.dataclass(frozen=True)
class Request:
    """What was asked for on the command line: a study file, overrides of its bindings, the home, and where the data is
    kept, by default in the home."""

    file: Path
    overrides: tuple[str, ...]
    home: Path
    data: str | None = None

    @property
    def command(self) -> str:
        """The command for people; without the home, which shapes nothing."""
        return shlex.join(["codemix", "run", str(self.file), *(f"--gin.{binding}" for binding in self.overrides)])

    def plan(self) -> tuple[Plan, str]:
        """The plan, and the study's operative gin."""
        study, operative_gin = load_study(self.file, self.overrides)
        data = open_folder(self.data or self.home)
        with self._located():
            return make_plan(study, self.home, data), operative_gin

    def check_starts(self, plan: Plan) -> None:
        with self._located():
            check_starts(plan)

    def check_supply(self, plan: Plan) -> None:
        with self._located():
            plan.check_supply()

    @contextlib.contextmanager
    def _located(self) -> Iterator[None]:
        """Puts the place of the field that a UserError is about before its sentence."""
        try:
            yield
        except UserError as error:
            raise UserError(located(str(error), self.file, self.overrides)) from error


def run(request: Request, console: Console) -> None:
    """Brings the study to its report; a finished study is left alone.

    Several processes may run it at once, here or on other machines that see the same home: they share the phases, and
    one of them evaluates and reports. Those that have joined, to compute as one, train and score together.
    """
    from codemix.training.processes import by_leader, chosen, leader_first, led
    from codemix.training.resume import NotFinished

    plan, _ = request.plan()
    if chosen(lambda: int(is_finished(plan))):
        console.print(f"[bold]{plan.study.name}[/bold] is finished; nothing to do. Report: {_report(plan)}")
        return
    by_leader(lambda: check_home(plan))
    plan, operative_gin = leader_first(lambda: prepared(request, console))
    with led(lambda: _alone(plan, console)):
        by_leader(lambda: _begin(plan, operative_gin, request, console))
    while True:
        train_phases(plan, list(plan.phases), console)
        by_leader(lambda: check_ledger(plan))
        with led(lambda: _alone(plan, console)):
            if chosen(lambda: int(is_finished(plan))):
                console.print(f"Finished by another process. Report: {_report(plan)}")
                return
            if chosen(lambda: int(read_json(study_folder(plan) / PLAN)["key"] != plan.key)):
                # the same study was run otherwise meanwhile
                by_leader(lambda: _begin(plan, operative_gin, request, console))
            try:
                score_runs(plan, console)
            except NotFinished as lost:
                console.print(str(lost), highlight=False)
                continue
            by_leader(lambda: _write_report(plan, operative_gin, request, console))
            break
    console.print("[green]Finished.[/green] The same command again does nothing.")


def _begin(plan: Plan, operative_gin: str, request: Request, console: Console) -> None:
    write_json(study_folder(plan) / PLAN, plan_record(plan, request.command, operative_gin))
    remove_tree(study_folder(plan) / AUDIT)  # of a plan that had one
    if plan.study.corpora.audit:
        _tell_audit(plan, request, console)


def status(request: Request) -> StudyStatus:
    """How far the study is; told from its files, whoever runs it."""
    return _status(request.plan()[0])


def _status(plan: Plan) -> StudyStatus:
    return study_status(plan, is_finished(plan), study_folder(plan))


def audit(request: Request, console: Console, pool: AbstractContextManager[Pool]) -> None:
    """Looks for evaluation items in the documents of the study's sources, and prints what it finds."""
    from codemix.data.audit.show import shown

    plan, _ = request.plan()
    check_home(plan)
    with _alone(plan, console):
        console.print(shown(audit_study(plan, study_folder(plan) / AUDIT, console, pool)))


def _tell_audit(plan: Plan, request: Request, console: Console) -> None:
    totals = audit_study(plan, study_folder(plan) / AUDIT, console).totals.to_pylist()
    items = sum(row["matched"] for row in totals)
    console.print(
        f"{items:,} times an evaluation item is in a source's documents; `codemix audit {request.file}` shows them."
    )


def prepare_missing(plan: Plan, console: Console, pool: AbstractContextManager[Pool] | None = None) -> None:
    """Makes the token stores that are not there, by the workers of `pool`; by default a process for each core."""
    unfinished = (plan.data / "tokens").glob(".*.partial")  # of one that was stopped when all but tidying was done
    if not plan.missing_tasks and not any(unfinished):
        return
    from codemix.data.prepare import prepare
    from codemix.data.progress import PREPARING

    check_home(plan)
    if (other := holder(preparing_lease(plan.data))) and other.holds:
        console.print(f"waiting for {other.owner}, which prepares", highlight=False)
    with Progress(*PREPARING, console=console) as progress:
        prepare(plan.study.corpora, list(plan.stores), plan.data, pool, progress)


def prepared(request: Request, console: Console) -> tuple[Plan, str]:
    """The plan once every token store is there, whole and large enough. One that is damaged is prepared again."""
    plan, _ = request.plan()
    request.check_starts(plan)
    prepare_missing(plan, console)
    if _discard_damaged(plan, console):
        prepare_missing(plan, console)
        for path in plan.stores.values():
            TokenStore(path).verify()
    plan, operative_gin = request.plan()
    request.check_supply(plan)
    return plan, operative_gin


def _discard_damaged(plan: Plan, console: Console) -> bool:
    """Declares the damaged stores unfinished. Returns whether there were any, or another process found some."""
    found = False
    for task, path in plan.stores.items():
        wrong = _damage(path)
        if wrong:
            console.print(f"The token store of '{task}' is prepared again, since {wrong}.", highlight=False)
            with exclusive(preparing_lease(plan.data)):
                if _damage(path):  # no other process has mended it meanwhile
                    (path / MANIFEST).unlink()
        found = found or bool(wrong) or not is_complete(path)
    return found


def _damage(path: Path) -> str | None:
    """What is wrong with a finished store, without the mend; None where all is as its manifest says."""
    if not is_complete(path):
        return None
    try:
        TokenStore(path).verify()
    except DamagedStore as damaged:
        return str(damaged).partition(";")[0]
    return None


def train_phases(plan: Plan, keys: Sequence[str], console: Console) -> None:
    """Trains the phases that are not finished, parents first. Those that other processes train are waited for."""
    from codemix.training.processes import chosen

    if chosen(lambda: next_phase(plan, keys)) == ALL_DONE:
        return
    with watched(console, lambda: _status(plan)) as view:
        while (number := chosen(lambda: next_phase(plan, keys))) != ALL_DONE:
            if number == NONE_FREE:
                _wait_for_others(plan, keys, view)
            else:
                _train_one(plan, plan.phases[keys[number]], keys, view)


def _train_one(plan: Plan, phase: PlannedPhase, keys: Sequence[str], view: View) -> None:
    from codemix.training.loop import train
    from codemix.training.resume import NotFinished

    def begin() -> None:
        view.step(f"training {phase.job.label}, {phase.steps:,} steps")

    try:
        train(phase.job, plan.home, plan.study.hardware, view.tell, begin, _watchers(plan, phase.key, view))
    except NotFinished as lost:
        if phase.job.parent not in keys:
            raise
        view.tell(str(lost))  # and is now one of those that are missing


def _watchers(plan: Plan, key: str, view: View) -> list[ScoringWatcher]:
    return [ScoringWatcher(plan, key, view.tell)] if plan.study.during_training else []


def _wait_for_others(plan: Plan, keys: Sequence[str], view: View) -> None:
    from codemix.training.stopping import at_boundaries

    view.step(f"waiting for {_others(plan, keys)}")
    with at_boundaries() as asked_to_stop:
        asked_to_stop()
        time.sleep(_WAIT_SECONDS)


def _others(plan: Plan, keys: Sequence[str]) -> str:
    """The processes that train phases of the study, for a sentence."""
    running = [phase for phase in _status(plan).phases if phase.state == "running" and phase.key in keys]
    return "; ".join(f"{phase.process}, which trains {phase.label}" for phase in running) or "another process"


def evaluate(request: Request, suite: Suite | None, console: Console) -> None:
    """Scores the last phase of every run, and writes the study's results; by another suite than the study's own, its
    items alone."""
    from codemix.training.processes import by_leader, led

    plan, operative_gin = request.plan()
    by_leader(lambda: _check_trained(plan, request))
    with led(lambda: _alone(plan, console)):
        if suite is None:
            score_runs(plan, console)
            return
        score_suite_of_runs(plan, suite, console)
        record = {**plan_record(plan, request.command, operative_gin), "suite": suite_record(plan, suite)}
        by_leader(lambda: _print_suite(items_folder(plan, suite), record, console))


def evaluate_phase(request: Request, key: str, step: int | None, suite: Suite | None, console: Console) -> None:
    """Scores one checkpoint on a suite, by default the study's, and prints what came of it."""
    plan, _ = request.plan()
    suite = suite or plan.study.suite
    if key not in plan.phases:
        raise UserError(f"--phase {key}: the study has no such phase; `codemix plan` prints the keys.")
    if suite is None:
        raise UserError(
            f"{request.file}: the study names no suite; give one with --suite, such as gin/suites/quick.gin."
        )
    outcomes = score_phase(plan, key, suite, console, step)
    show_scores(outcomes, f"{plan.phases[key].job.label}, {suite.name}", console)


def report(request: Request, console: Console) -> None:
    """Writes the report, prints its table, and declares the study finished."""
    plan, operative_gin = request.plan()
    _check_trained(plan, request)
    if not is_scored(plan):
        raise UserError(f"{request.file}: not every run is scored; run `codemix evaluate {request.file}` first.")
    with _alone(plan, console):
        write_results(plan)
        _write_report(plan, operative_gin, request, console)


def _write_report(plan: Plan, operative_gin: str, request: Request, console: Console) -> None:
    from codemix.reporting.comparison import compare
    from codemix.reporting.page import write_report
    from codemix.reporting.results import load
    from codemix.reporting.suite.comparison import compare_means
    from codemix.reporting.suite.tables import suite_table
    from codemix.reporting.tables import comparison_table

    folder = study_folder(plan)
    (folder / MEASURED).unlink(missing_ok=True)  # a report written again says what it said, and not what it measured
    write_json(folder / PLAN, plan_record(plan, request.command, operative_gin))
    write_looks(plan)
    with console.status("writing the report"):
        page = write_report(folder, plan.home)
    write_json(folder / PLAN, plan_record(plan, request.command, operative_gin))  # with the noise that it measured
    write_json(folder / FINISHED, {"plan": plan.key, "report": page.relative_to(folder).as_posix()})
    results = load(folder, plan.home)
    console.print(comparison_table(compare(results), results.control))
    if results.suite and (
        table := suite_table(compare_means(results.suite, results.arms, results.control), results.control)
    ):
        console.print(table)
    console.print(f"Report: {page}")


def _print_suite(folder: Path, record: Mapping[str, Any], console: Console) -> None:
    """The comparison on a suite that is not the study's own."""
    from codemix.reporting.suite.comparison import compare_means
    from codemix.reporting.suite.results import load_suite
    from codemix.reporting.suite.tables import suite_table

    control = record["study"]["control"]
    found = load_suite(folder, record)
    table = suite_table(compare_means(found, record["study"]["arms"], control), control) if found else None
    if table:
        console.print(table)
    if found:
        console.print(f"Every item and measure: {folder / ITEMS}", highlight=False, soft_wrap=True)


def _check_trained(plan: Plan, request: Request) -> None:
    if plan.missing_tasks or plan.missing_phases:
        raise UserError(
            f"{request.file}: {len(plan.missing_phases)} of its {len(plan.phases)} phases are not trained; "
            f"run `codemix run {request.file}` first."
        )


@contextlib.contextmanager
def _alone(plan: Plan, console: Console) -> Iterator[None]:
    """One writer of the study's folder at a time; what a killed one left is removed."""
    with exclusive(study_folder(plan) / LEASE, lambda other: _tell_waiting(console, other)):
        remove_leftovers(study_folder(plan))
        yield


def _tell_waiting(console: Console, other: Holder) -> None:
    console.print(f"waiting for {other.owner}, which writes in the study's folder", highlight=False)


def _report(plan: Plan) -> Path:
    return study_folder(plan) / read_json(study_folder(plan) / FINISHED)["report"]


def is_finished(plan: Plan) -> bool:
    """Whether the report of this very plan is written."""
    marker = study_folder(plan) / FINISHED
    return (
        marker.exists()
        and read_json(marker)["plan"] == plan.key
        and _report(plan).exists()
        and not plan.missing_phases
        and not plan.missing_tasks
    )
