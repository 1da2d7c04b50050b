"""`codemix launch tpu_vm` beside a stand-in for gcloud, which runs the rendered scripts on workers of its own."""

from launch_world import JOBS, ON_WORKERS, STUDY, World


def test_every_job_runs_once_on_every_worker_and_nothing_is_left(world: World) -> None:
    said = world.launch("tpu_vm", "--slices", "2")
    ran = world.on_workers()
    assert len(ran) == 2 * ON_WORKERS
    assert {ran.count(line) for line in ran} == {2}
    folders = f"--home /mnt/codemix --data {world.data}"
    assert all(f"{folders} --gin.Study.seeds=[0]" in line for line in ran)
    assert ran[-1].startswith("codemix run tests/end_to_end/tiny.gin")
    assert world.state()["slices"] == {}
    assert said.count(": done") == JOBS
    (prepared,) = (world.folder / "here.log").read_text().splitlines()
    assert f"-m codemix prepare {STUDY} --home {world.home} --data {world.data}" in prepared
    # Again: everything is known to be done.
    made = len(world.commands("create"))
    assert "were done before" in world.launch("tpu_vm")
    assert len(world.on_workers()) == 2 * ON_WORKERS
    assert len(world.commands("create")) == made


def test_parents_come_before_their_children(world: World) -> None:
    world.launch("tpu_vm", "--slices", "3")
    done = set()
    parents = {phase["key"]: phase["parent"] for phase in world.plan()["phases"]}
    for line in world.on_workers():
        if "--phase" in line:
            key = line.split("--phase ")[1].split()[0]
            assert parents[key] is None or parents[key] in done
            done.add(key)
    assert done == set(parents)


def test_a_preempted_slice_is_made_anew_and_the_job_goes_on(world: World) -> None:
    world.happens(run=[{"preempted": True, "statuses": [75, 75]}, {"statuses": [0, 0]}, {"preempted": True}])
    said = world.launch("tpu_vm")
    assert len(world.commands("create")) == 3
    assert said.count("was taken away") == 2
    assert len(world.on_workers()) == 2 * (ON_WORKERS + 2)
    assert world.state()["slices"] == {}


def test_a_worker_that_cannot_be_reached_is_tried_again_and_then_the_slice_is_another(world: World) -> None:
    world.happens(install=[{"unreachable": 1}, {"unreachable": 1}])
    said = world.launch("tpu_vm")
    assert said.count("attempt 1 of 3 failed") == 1
    assert said.count("attempt 2 of 3 failed") == 1
    assert len(world.commands("create")) == 2
    assert len(world.on_workers()) == 2 * ON_WORKERS


def test_ssh_that_breaks_for_one_worker_is_no_success(world: World) -> None:
    world.happens(run=[{"unreachable": 1}])
    assert "attempt 1 of 3 failed" in world.launch("tpu_vm")
    assert len(world.on_workers()) == 2 * ON_WORKERS + 1


def test_a_slice_that_came_up_in_part_is_made_anew(world: World) -> None:
    world.happens(create=["half", None])
    assert "made anew" in world.launch("tpu_vm")
    assert len(world.commands("create")) == 2
    assert len(world.on_workers()) == 2 * ON_WORKERS


def test_no_quota_is_told_and_not_tried_again(world: World) -> None:
    world.happens(create=["quota"])
    sentence = world.refused("tpu_vm")
    assert "a-project has no quota for v5litepod-16 (spot) in us-west4-a" in sentence
    assert "ask for more" in sentence
    assert len(world.commands("create")) == 1
    assert world.on_workers() == []


def test_requests_that_fail_are_bounded(world: World) -> None:
    world.happens(create=["FAILED"] * 9)
    assert "could not give it (3 requests FAILED)" in world.refused("tpu_vm")
    assert len(world.commands("create")) == 3
    assert world.state()["slices"] == {}


def test_what_the_user_can_mend_is_told_and_not_tried_again(world: World) -> None:
    world.happens(run=[{"statuses": [2, 1]}])
    sentence = world.refused("tpu_vm")
    assert "Scale.tokens is too small; raise it." in sentence
    assert world.state()["slices"] == {}
    states = [job["state"] for job in world.record()["jobs"].values()]
    assert states.count("failed") == 1
    assert states.count("waiting") == JOBS - 2  # for the trunk


def test_failures_are_bounded_and_the_last_words_are_told(world: World) -> None:
    world.happens(run=[{"statuses": [0, 1]}] * 3)
    assert "3 attempts failed" in world.refused("tpu_vm")


def test_a_slice_of_another_launcher_is_left_alone(world: World) -> None:
    names = world.launch("tpu_vm", "--dry-run")
    name = next(word for word in names.split() if word.startswith("--node-id=")).removeprefix("--node-id=")
    world.has(slices={name: {"states": ["ACTIVE"], "node": "READY"}})
    assert f"{name}: there is such a slice that was not made from this home" in world.refused("tpu_vm")
    assert name in world.state()["slices"]


def test_cancel_removes_the_slices(world: World) -> None:
    world.happens(run=[{"statuses": [0, 0]}])
    world.launch("tpu_vm")
    record = world.home / "studies" / "tiny" / "launch" / "launch.json"
    name = "codemix-tiny-000000-0"
    record.write_text(record.read_text().replace('"slices": []', f'"slices": ["{name}"]'))
    world.has(slices={name: {"states": ["ACTIVE"], "node": "READY"}})
    assert "ACTIVE" in world.launch("status")
    world.launch("cancel")
    assert world.state()["slices"] == {}
    assert world.record()["slices"] == []


def test_a_dry_run_shows_all_and_does_nothing(world: World) -> None:
    shown = world.launch("tpu_vm", "--dry-run", "--slices", "2")
    for words in ("queued-resources create", "--runtime-version=v2-alpha-tpuv5-lite", "--worker=all", "install.sh",
                  "requirements.lock", "queued-resources delete", "--phase"):  # fmt: skip
        assert words in shown, words
    assert world.commands() == []


def test_data_on_this_machine_is_refused(world: World) -> None:
    assert "give a bucket with --data" in world.refused("tpu_vm", "--data", str(world.folder))
