"""How far a study is, as its files tell: leases, metrics and phase.json."""

import dataclasses
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from codemix.store.atomic import write_json
from codemix.store.lease import EXPIRY_SECONDS, this_process, try_lease
from codemix.study.live import duration, shown_status, watched
from codemix.study.plan import Plan
from codemix.study.schedule import ALL_DONE, NONE_FREE, next_phase
from codemix.study.status import PhaseStatus, StudyStatus, study_status
from codemix.training.job import LEASE, phase_folder

PlanWith = Callable[..., Plan]


def status_of(plan: Plan) -> StudyStatus:
    return study_status(plan, False, plan.home / "studies" / plan.study.name)


def of(status: StudyStatus, key: str) -> PhaseStatus:
    return next(phase for phase in status.phases if phase.key == key)


def finish(plan: Plan, key: str, **more: object) -> None:
    folder = phase_folder(plan.home, key)
    write_json(folder / "phase.json", {"tokens_per_second": 1000.0, **more})


def record(plan: Plan, key: str, steps: int) -> None:
    """The metrics of the phase's first steps, of which each third was passed over."""
    folder = phase_folder(plan.home, key)
    folder.mkdir(parents=True, exist_ok=True)
    seconds = [{"device": 0.5, "data": 0.25, "look": 0.0}, {"device": 1.0, "data": 0.248, "look": 0.002}]
    with open(folder / "metrics.jsonl", "w") as file:
        for step in range(1, steps + 1):
            bad = {"passed_over": 1} if step % 3 == 0 else {}
            fields = {
                "step": step,
                "loss": 9.0 - step,
                "tokens_per_second": 2000.0,
                "seconds": seconds[step % 2],
                **bad,
            }
            file.write(json.dumps(fields) + "\n")


def dead_owner(plan: Plan, key: str) -> None:
    """A lease of a process that is no more."""
    folder = phase_folder(plan.home, key) / LEASE
    folder.mkdir(parents=True)
    owner = dataclasses.replace(this_process(), started=1)
    (folder / "000001.json").write_text(json.dumps({**dataclasses.asdict(owner), "released": False}))


def test_every_state_is_told(plan_with: PlanWith) -> None:
    plan = plan_with()
    parents = [key for key, phase in plan.phases.items() if phase.job.parent is None]
    children = [key for key, phase in plan.phases.items() if phase.job.parent in parents[:2]]
    done, running, stopped, ready = parents[:4]
    finish(plan, done, passed_over=[{"first": 3, "last": 5, "why": "the loss was nan and the gradient norm nan"}])
    record(plan, running, 4)
    lease = try_lease(phase_folder(plan.home, running) / LEASE)
    (phase_folder(plan.home, stopped) / "checkpoints" / "step_7").mkdir(parents=True)
    (phase_folder(plan.home, stopped) / "checkpoints" / "damaged-step_9").mkdir()
    dead_owner(plan, stopped)

    status = status_of(plan)
    states = {key: of(status, key).state for key in (done, running, stopped, ready)}
    assert states == {done: "done", running: "running", stopped: "stopped", ready: "ready"}
    assert {of(status, key).state for key in children} == {"ready", "waiting"}
    told = of(status, running)
    assert (told.step, told.loss, told.tokens_per_second) == (4, 5.0, 2000.0)
    assert told.spent == {"device": 0.75, "data": 0.249, "look": 0.001}
    assert f"{told.label}: its time goes to device 75%, data 25%\n" in shown(status).replace(" \n", "\n")
    job = plan.phases[running].job
    assert told.seconds_left == (job.steps - 4) * job.tokens_per_step / 2000
    assert f"process {os.getpid()} on" in told.process
    assert [stretch["last"] for stretch in told.passed_over] == [3]
    assert of(status, stopped).step == 7
    assert of(status, stopped).lost_process
    assert of(status, stopped).damaged == ["damaged-step_9"]
    phases = plan.phases.values()
    assert status.tokens == sum(phase.tokens for phase in phases)
    assert status.tokens_done == plan.phases[done].tokens + (4 + 7) * job.tokens_per_step
    assert status.seconds_left == (status.tokens - status.tokens_done) / 2000

    text = shown(status)
    for said in (
        "1 done, 1 running, 1 stopped",
        "ended without giving it back",
        "passed over steps 3 to 5, since the loss was nan",
        "a damaged checkpoint was set aside as damaged-step_9",
    ):
        assert said in text
    json.dumps(dataclasses.asdict(status))
    lease.release()


def shown(status: StudyStatus) -> str:
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(shown_status(status), highlight=False)
    return console.export_text()


def test_a_process_takes_the_next_phase_that_is_free(plan_with: PlanWith) -> None:
    """In the plan's order, past those that others have, and never before a parent."""
    plan = plan_with("Study.seeds=[0]")
    keys = list(plan.phases)
    first = plan.phases[keys[next_phase(plan, keys)]]
    assert first.job.parent is None
    taken = []
    while (number := next_phase(plan, keys)) != NONE_FREE:
        assert plan.phases[keys[number]].job.parent is None
        taken.append((keys[number], try_lease(phase_folder(plan.home, keys[number]) / LEASE)))
    assert [key for key, _ in taken] == [key for key in keys if plan.phases[key].job.parent is None]
    finish(plan, taken[0][0])
    assert plan.phases[keys[next_phase(plan, keys)]].job.parent == taken[0][0]
    for key in keys:
        finish(plan, key)
    assert next_phase(plan, keys) == ALL_DONE
    for _, lease in taken:
        lease.release()


def test_a_silent_process_elsewhere_holds_nothing_for_ever(plan_with: PlanWith) -> None:
    plan = plan_with()
    key = next(iter(plan.phases))
    dead_owner(plan, key)
    entry = phase_folder(plan.home, key) / LEASE / "000001.json"
    entry.write_text(entry.read_text().replace(this_process().machine, "another"))
    assert of(status_of(plan), key).state == "running"
    assert next_phase(plan, [key]) == NONE_FREE
    long_ago = entry.stat().st_mtime - EXPIRY_SECONDS - 5
    os.utime(entry, (long_ago, long_ago))
    assert of(status_of(plan), key).state == "stopped"
    assert next_phase(plan, [key]) == 0


def test_the_view_is_lines_where_there_is_no_terminal(plan_with: PlanWith) -> None:
    console = Console(file=(file := io.StringIO()), width=200)
    plan = plan_with()
    with watched(console, lambda: status_of(plan)) as view:
        view.step("training a, 12 steps")
        view.step("training a, 12 steps")
        view.tell("a sentence")
    assert file.getvalue() == "training a, 12 steps\na sentence\n"


def test_the_view_is_a_table_on_a_terminal(plan_with: PlanWith) -> None:
    console = Console(file=(file := io.StringIO()), width=100, height=50, force_terminal=True)
    plan = plan_with()
    with watched(console, lambda: status_of(plan)) as view:
        view.step("training a, 12 steps")
        view.tell("a sentence")
    said = file.getvalue()
    assert "a sentence" in said
    assert "21 phases" in said
    assert "training a" not in said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (5.2, "5 s"), (65, "1 min 5 s"), (3 * 3600 + 61, "3 h 1 min"), (90000, "1 d 1 h")],
)
def test_durations_are_said_as_people_do(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_status_loads_no_jax(tmp_path: Path) -> None:
    code = (
        "import sys; from codemix.cli import main; "
        f"main(['status', 'gin/studies/quickstart.gin', '--json', '--home', {str(tmp_path)!r}]); "
        "print([m for m in ('jax', 'flax', 'orbax', 'tensorflow') if m in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert json.loads(ran.stdout)["study"] == "quickstart"
    assert list(tmp_path.iterdir()) == []
