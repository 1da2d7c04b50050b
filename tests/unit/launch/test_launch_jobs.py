"""Jobs of a study, their schedule, and what `codemix launch` refuses, on whatever engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from launch_world import JOBS, World

from codemix.launch.jobs import LaunchJob, joined, schedule
from codemix.launch.record import LEASE
from codemix.launch.templates import rendered
from codemix.store.lease import try_lease

SLURM = ("--gin.Slurm.partition=all", "--gin.Slurm.nodes=4")


@st.composite
def dags(draw: st.DrawFn) -> list[LaunchJob]:
    jobs: list[LaunchJob] = []
    for number in range(draw(st.integers(1, 12))):
        parents = draw(st.sets(st.sampled_from([job.name for job in jobs]), max_size=2)) if jobs else set()
        hours = draw(st.one_of(st.none(), st.floats(0.1, 10)))
        jobs.append(LaunchJob(f"job-{number}", "phase", "", (), tuple(sorted(parents)), hours=hours))
    return jobs


@given(dags(), st.integers(1, 4))
def test_a_schedule_keeps_to_slices_and_order(jobs: list[LaunchJob], slices: int) -> None:
    places = dict(zip([job.name for job in jobs], schedule(jobs, slices), strict=True))
    for job in jobs:
        place = places[job.name]
        assert place.end - place.begin == pytest.approx(1.0 if job.hours is None else job.hours)
        assert all(places[parent].end <= place.begin for parent in job.parents)
        assert place.after is None or places[place.after].end <= place.begin
        assert sum(other.begin <= place.begin < other.end for other in places.values()) <= slices
    followed = [place.after for place in places.values() if place.after is not None]
    assert len(followed) == len(set(followed))  # each slice is given on to one job
    assert sum(place.after is None for place in places.values()) <= slices


def test_long_commands_are_shown_a_flag_a_line() -> None:
    assert joined(["codemix", "run", "a b"]) == "codemix run 'a b'"
    long = joined(["codemix", "train", *(f"--flag-{number}=value" for number in range(10))])
    assert long.startswith("codemix train \\\n    --flag-0=value \\\n")


def test_a_template_leaves_the_shell_alone_and_misses_nothing() -> None:
    values = {"label": "a phase", "options": "#SBATCH --x", "attempts": "3", "setup": "", "command": "codemix train"}
    script = rendered("slurm/job.sh", **values)
    assert '"$SLURM_JOB_ID"' in script
    assert "@{" not in script
    with pytest.raises(KeyError):
        rendered("slurm/job.sh", label="a phase")


def test_slurm_holds_jobs_back_until_their_parents_have_ended_well(world: World) -> None:
    shown = world.launch("slurm", *SLURM, "--dry-run", "--slices", "2")
    submitted = [line for line in shown.splitlines() if "--dependency=" in line]
    assert len(submitted) == JOBS
    assert [line.split("=", 1)[1].split('"')[0].split()[0] for line in submitted] == [
        "singleton",
        "afterok:$JOB_0,singleton",
        "afterok:$JOB_1,singleton",
        "afterok:$JOB_1,singleton",
        "afterok:$JOB_2:$JOB_3,singleton",
    ]
    assert shown.count("#SBATCH --nodes=4") == JOBS - 1  # token stores are made on one
    assert shown.count("#SBATCH --requeue") == JOBS
    one_at_a_time = world.launch("slurm", *SLURM, "--dry-run")
    assert "afterok:$JOB_1,afterany:$JOB_2,singleton" in one_at_a_time


def test_a_dry_run_says_what_it_costs(world: World) -> None:
    chips = ("--gin.Hardware.peak_flops=1e9", "--gin.Hardware.utilisation=0.5", "--gin.Hardware.price=2.0")
    shown = world.launch("slurm", *SLURM, *chips, "--dry-run")
    assert "3 phases: " in shown
    assert "chip-hours of CPU" in shown
    assert "USD" in shown
    assert "no chip-hours" in world.launch("slurm", *SLURM, "--dry-run")


def test_a_name_that_is_missing_is_one_clear_sentence(world: World) -> None:
    assert "Slurm.partition has no value" in world.refused("slurm")
    world.where.write_text("TpuVm.project = 'a-project'\n")
    assert "TpuVm.accelerator_type, TpuVm.capacity, TpuVm.home, TpuVm.zone has no value" in world.refused("tpu_vm")
    world.where.write_text("TpuVm.zoned = 'us-west4-a'\n")
    assert "zoned" in world.refused("tpu_vm")


def test_a_program_that_is_missing_is_one_clear_sentence(world: World) -> None:
    (world.folder / "programs" / "sky").unlink()
    assert "sky is not on the PATH" in world.refused("sky")


def test_a_study_is_launched_by_one_process(world: World) -> None:
    lease = try_lease(world.home / "studies" / "tiny" / "launch" / LEASE)
    assert lease is not None
    try:
        assert "launches it" in world.refused("sky")
    finally:
        lease.release()
    assert world.commands() == []


def test_what_was_not_launched_has_no_status(world: World) -> None:
    for action in ("status", "logs", "cancel"):
        assert "it was not launched" in world.refused(action)


def test_another_engine_waits_for_the_end_of_the_first(world: World) -> None:
    world.launch("sky")
    record = world.home / "studies" / "tiny" / "launch" / "launch.json"
    record.write_text(record.read_text().replace('"state": "done"', '"state": "running"', 1))
    assert "launched on sky" in world.refused("xpk")
    world.launch("cancel")
    world.launch("xpk", "--dry-run")
    world.launch("xpk")


def test_logs_of_one_phase(world: World) -> None:
    world.launch("tpu_vm")
    key = next(name for name, job in world.record()["jobs"].items() if job["kind"] == "phase").split("-")[1]
    assert "codemix-exit-status 0" in world.launch("logs", "--phase", key)
    assert "none of the jobs" in world.refused("logs", "--phase", "0123")


def test_nothing_runs_side_by_side_without_slices(world: World) -> None:
    assert "--slices is 0" in world.refused("slurm", "--slices", "0")
