"""`codemix launch sky` beside a stand-in for SkyPilot."""

import time

import yaml
from launch_world import JOBS, World


def test_every_job_is_a_managed_job_once(world: World) -> None:
    said = world.launch("sky", "--slices", "2")
    assert said.count(": done") == JOBS
    names = [job["job_name"] for job in world.state()["jobs"]]
    assert len(names) == len(set(names)) == JOBS


def test_the_task_is_what_skypilot_reads(world: World) -> None:
    world.launch("sky", "--gin.Sky.nodes=2", "--gin.Sky.setup='echo a\\necho b'")
    for file in (world.home / "studies" / "tiny" / "launch" / "scripts").glob("*.yaml"):
        task = yaml.safe_load(file.read_text())
        assert task["num_nodes"] == (1 if "run.sh prepare" in task["run"] else 2)
        assert task["resources"]["job_recovery"] == {"max_restarts_on_errors": 2, "recover_on_exit_codes": [75]}
        assert "\necho a\necho b\n" in task["setup"]
        assert "requirements.lock" in task["setup"]
        assert f"--home /mnt/codemix --data {world.data}" in task["run"]
        (archive,) = task["file_mounts"].values()
        assert archive.endswith(".tar.gz")
        assert (world.home / "studies" / "tiny" / "launch" / archive.rpartition("/")[2]).is_file()


def test_a_recovered_job_is_waited_for(world: World) -> None:
    world.happens(run=["RECOVERING", "SUCCEEDED"])
    world.launch("sky")
    assert len(world.state()["jobs"]) == JOBS


def test_a_job_that_runs_is_not_given_again(world: World) -> None:
    shown = world.launch("sky", "--dry-run")
    name = next(word for word in shown.split() if word.startswith("--name=")).removeprefix("--name=")
    world.has(jobs=[{"job_id": 1, "job_name": name, "status": "STARTING"}])
    world.launch("sky")
    assert [job["job_name"] for job in world.state()["jobs"]].count(name) == 1


def test_what_the_user_can_mend_is_told(world: World) -> None:
    world.happens(run=["FAILED:2"])
    assert "Scale.tokens is too small; raise it." in world.refused("sky")
    assert len(world.state()["jobs"]) == 1


def test_failures_that_skypilot_gave_up_on_are_told(world: World) -> None:
    world.happens(run=["FAILED:1"])
    assert "3 attempts failed" in world.refused("sky")


def test_no_resources_are_told(world: World) -> None:
    world.happens(run=["FAILED_NO_RESOURCE"])
    assert "FAILED_NO_RESOURCE" in world.refused("sky")
    world.happens(launch=["no quota for H100 in any region"])
    assert "no quota for H100" in world.refused("sky")


def test_cancel(world: World) -> None:
    world.happens(run=["FAILED:2"])
    world.refused("sky")
    name = next(iter(world.record()["jobs"]))
    world.has(jobs=[{"job_id": 1, "job_name": name, "status": "STARTING"}])
    world.launch("cancel")
    assert world.state()["jobs"][0]["status"] == "CANCELLED"


def test_one_process_launches_and_cancelling_ends_it(world: World) -> None:
    world.happens(run=["RECOVERING"] * 1000)
    launcher = world.start("sky", "--gin.Sky.poll_seconds=0.2")
    try:
        while not world.commands("launch"):
            assert launcher.poll() is None, launcher.communicate()
            time.sleep(0.05)
        assert f"process {launcher.pid} on" in world.refused("sky")
        world.launch("cancel")
        _, said = launcher.communicate(timeout=60)
    finally:
        launcher.kill()
    assert launcher.returncode == 2
    assert "the launch was cancelled" in said
    assert [job["status"] for job in world.state()["jobs"]] == ["CANCELLED"]
    assert world.commands("cancel")
    world.happens()
    world.launch("sky")
    assert len(world.state()["jobs"]) == 1 + JOBS
