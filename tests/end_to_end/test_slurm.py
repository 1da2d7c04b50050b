"""A study on a real Slurm cluster of two nodes: phases of two processes that find each other by Slurm's environment, a
node that is lost in the middle, a second launcher. The outcome is that of `codemix run` on one machine with as many
devices, bit for bit.

Slow: some twenty processes of JAX, one phase after the other.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm_cluster
import tiny_study
from slurm_cluster import Cluster

pytestmark = pytest.mark.slow

WHERE = """
Slurm.partition = 'all'
Slurm.nodes = 2
Slurm.setup = 'export JAX_PLATFORMS=cpu'
"""
SEEDS = "--gin.Study.seeds=[0]"
SECONDS = 1500


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if reason := slurm_cluster.install():
        pytest.skip(reason)
    with slurm_cluster.cluster(tmp_path_factory.mktemp("slurm")) as made:
        yield made


@pytest.fixture(scope="module")
def two_devices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the study, run by one process that has two devices."""
    home = tmp_path_factory.mktemp("two_devices")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XLA_FLAGS", f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2")
        tiny_study.succeed("run", home, SEEDS)
    return home


def launch(cluster: Cluster, home: Path, action: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "codemix", "launch", action, str(tiny_study.STUDY), "--home", str(home), SEEDS]
    return cluster.run([*command, *arguments])


def launched(cluster: Cluster, home: Path, where: Path) -> str:
    result = launch(cluster, home, "slurm", "--where", str(where))
    assert result.returncode == 0, result.stderr
    return result.stdout


def jobs(cluster: Cluster) -> dict[str, str]:
    """number -> state of every job there was."""
    rows = cluster.output("squeue", "--states=all", "--noheader", "--format=%i|%T").splitlines()
    return dict(row.split("|") for row in rows)


def begun_phase(home: Path) -> list[str]:
    """The phases that have a checkpoint and are not done."""
    found = (home / "phases").glob("*/checkpoints/step_*")
    return [path.parents[1].name for path in found if not (path.parents[1] / "phase.json").exists()]


def await_that(condition, what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_study_of_which_a_node_is_lost_ends_as_on_one_machine(
    cluster: Cluster, two_devices: Path, tmp_path: Path, record_property
) -> None:
    home = tiny_study.copy_prepared(two_devices, tmp_path / "home")
    where = tmp_path / "where.gin"
    where.write_text(WHERE)
    began = time.monotonic()
    launched(cluster, home, where)
    submitted = jobs(cluster)
    assert len(submitted) == len(tiny_study.phases(two_devices)) + 1

    # A second launcher starts nothing.
    assert launched(cluster, home, where).count("is there already") == len(submitted)
    assert jobs(cluster).keys() == submitted.keys()

    await_that(lambda: begun_phase(home), "no phase begins")
    cluster.kill_node("codemix2")
    phase = begun_phase(home)[0]
    await_that(lambda: cluster.node_state("codemix2").startswith("down"), "the lost node is not missed")
    cluster.start_node("codemix2")
    await_that(lambda: set(jobs(cluster).values()) <= {"COMPLETED", "FAILED", "CANCELLED"}, "the jobs do not end")
    logs = tiny_study.study_folder(home) / "launch" / "logs"
    assert set(jobs(cluster).values()) == {"COMPLETED"}, [log.read_text()[-1500:] for log in logs.glob("*.log")]

    requeued = next(logs.glob(f"codemix-{phase}-*.log")).stem
    number = cluster.output("squeue", "--states=all", "--noheader", "--format=%i", f"--name={requeued}").strip()
    restarts = re.search(r"Restarts=(\d+)", cluster.output("scontrol", "show", "job", number))
    assert restarts is not None
    assert int(restarts[1]) >= 1
    record_property("Slurm", f"{len(submitted)} jobs in {time.monotonic() - began:.0f} s, one of them queued again")
    tiny_study.assert_same_outcome(home, two_devices)

    assert "nothing to launch" in launched(cluster, home, where)


def test_cancelled_jobs_stay_cancelled_and_the_study_goes_on(
    cluster: Cluster, two_devices: Path, tmp_path: Path
) -> None:
    home = tiny_study.copy_prepared(two_devices, tmp_path / "home")
    where = tmp_path / "where.gin"
    where.write_text(WHERE)
    before = jobs(cluster).keys()
    launched(cluster, home, where)
    await_that(lambda: begun_phase(home), "no phase begins")
    assert "RUNNING" in launch(cluster, home, "status").stdout
    assert launch(cluster, home, "cancel").returncode == 0
    ours = jobs(cluster).keys() - before

    def ended() -> bool:
        return {jobs(cluster)[number] for number in ours} <= {"CANCELLED", "COMPLETED", "FAILED"}

    await_that(ended, "the jobs do not end")
    time.sleep(5)
    assert ended()
    assert "training" in launch(cluster, home, "logs").stdout


@pytest.mark.parametrize(("status", "attempts"), [(2, 1), (1, 3)])
def test_a_mistake_is_not_tried_again_and_a_failure_is(
    cluster: Cluster, two_devices: Path, tmp_path: Path, status: int, attempts: int
) -> None:
    home, ours = launched_program(cluster, two_devices, tmp_path, f"echo called; exit {status}")
    await_that(lambda: {jobs(cluster)[number] for number in ours} <= {"FAILED", "CANCELLED"}, "the jobs do not end")
    assert "CANCELLED" in {jobs(cluster)[number] for number in ours}  # what waits for those that failed
    logs = list((tiny_study.study_folder(home) / "launch" / "logs").glob("*.log"))
    assert logs
    for log in logs:
        assert log.read_text().count("called") == 2 * attempts  # on each of two nodes


def test_a_stopped_job_is_queued_again(cluster: Cluster, two_devices: Path, tmp_path: Path) -> None:
    home, ours = launched_program(cluster, two_devices, tmp_path, "exit 75")
    first = min(ours, key=int)
    await_that(lambda: "Restarts=1" in cluster.output("scontrol", "show", "job", first), "it is not queued again")
    assert launch(cluster, home, "cancel").returncode == 0
    await_that(lambda: {jobs(cluster)[number] for number in ours} == {"CANCELLED"}, "the jobs do not end")


def launched_program(cluster: Cluster, reference: Path, folder: Path, script: str) -> tuple[Path, set[str]]:
    """The study launched with a shell's script in the place of codemix: its home, and the jobs' numbers."""
    home = tiny_study.copy_prepared(reference, folder / "home")
    where = folder / "where.gin"
    where.write_text(WHERE + f"Slurm.program = ['sh', '-c', '{script}']\n")
    before = jobs(cluster).keys()
    launched(cluster, home, where)
    return home, jobs(cluster).keys() - before
