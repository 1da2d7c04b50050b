"""`codemix launch xpk` beside stand-ins for xpk and kubectl."""

from launch_world import JOBS, ON_WORKERS, World


def test_every_job_is_a_workload_once_and_none_is_left(world: World) -> None:
    said = world.launch("xpk", "--slices", "2")
    created = world.commands("create")
    assert len(created) == ON_WORKERS
    assert len({word for command in created for word in command if word.startswith("--workload=")}) == ON_WORKERS
    assert world.state()["workloads"] == {}
    assert said.count(": done") == JOBS
    assert any("codemix-exit-status 0" in log.read_text() for log in _logs(world))


def test_a_workload_that_is_there_is_waited_for_and_not_given_again(world: World) -> None:
    shown = world.launch("xpk", "--dry-run")
    name = next(word for word in shown.split() if word.startswith("--workload=")).removeprefix("--workload=")
    world.has(workloads={name: {"command": "", "status": "Running", "log": ""}})
    world.launch("xpk")
    assert f"--workload={name}" not in {word for command in world.commands("create") for word in command}


def test_a_failure_is_tried_again_and_bounded(world: World) -> None:
    world.happens(run=[{"status": 1}, {"timeout": True}, {"status": 0}])
    assert world.launch("xpk").count("attempt 1 of 3 failed") == 1
    assert len(world.commands("create")) == ON_WORKERS + 1


def test_attempts_are_bounded(world: World) -> None:
    world.happens(run=[{"status": 1}] * 3)
    assert "3 attempts failed" in world.refused("xpk")
    assert len(world.commands("create")) == 3
    assert world.state()["workloads"] == {}


def test_what_the_user_can_mend_is_told_and_not_tried_again(world: World) -> None:
    world.happens(run=[{"status": 2}])
    assert "Scale.tokens is too small; raise it." in world.refused("xpk")
    assert len(world.commands("create")) == 1


def test_a_refusal_is_told_and_nothing_else_is_tried(world: World) -> None:
    world.happens(create=["quota"])
    assert "Insufficient quota" in world.refused("xpk")
    assert len(world.commands("create")) == 1


def test_status_and_cancel(world: World) -> None:
    world.happens(run=[{"status": 2}])
    world.refused("xpk")
    name = next(name for name, job in world.record()["jobs"].items() if job["kind"] == "phase")
    there = {"command": "", "status": "Running", "log": ""}
    world.has(workloads={name: there, "other": there})
    assert "Running" in world.launch("status")
    world.launch("cancel")
    assert world.state()["workloads"].keys() == {"other"}


def test_a_dry_run_shows_all_and_does_nothing(world: World) -> None:
    shown = world.launch("xpk", "--dry-run")
    for words in ("xpk workload create", "--restart-on-exit-codes=75", "--num-slices=1", "workload delete"):
        assert words in shown, words
    assert world.commands() == []


def _logs(world: World):
    return (world.home / "studies" / "tiny" / "launch" / "logs").glob("*.log")
