"""Two processes run one study: they share its phases, train none twice, and one goes on where the other dies."""

import json
import re
from pathlib import Path

import moments
import tiny_study
from tiny_study import Reference


def trained_by(output: str) -> list[str]:
    """The phases that a process says it trains."""
    return re.findall(r"^training (.*), 12 steps$", output, flags=re.MULTILINE)


def test_each_phase_is_trained_by_one_of_them(reference: Reference, prepared_home: Path) -> None:
    processes = [tiny_study.start("run", prepared_home) for _ in range(2)]
    results = [tiny_study.finish(process) for process in processes]
    for result in results:
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    done = [label for result in results for label in trained_by(result.stdout)]
    assert sorted(done) == sorted(phase["label"] for phase in tiny_study.phases(reference.home).values())
    tiny_study.assert_same_outcome(prepared_home, reference.home)
    tiny_study.assert_no_leftovers(prepared_home)


def test_one_goes_on_where_the_other_dies(reference: Reference, prepared_home: Path) -> None:
    one, other = [tiny_study.start("run", prepared_home) for _ in range(2)]
    tiny_study.wait_until(moments.in_a_later_phase, prepared_home, one)
    tiny_study.kill(one)
    result = tiny_study.finish(other)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    tiny_study.assert_same_outcome(prepared_home, reference.home)
    tiny_study.assert_no_leftovers(prepared_home)


def test_status_tells_what_is_done_and_what_was_left(reference: Reference, prepared_home: Path) -> None:
    before = tiny_study.times(reference.home)
    status = json.loads(tiny_study.succeed("status", reference.home, "--json"))
    assert status["finished"]
    assert {phase["state"] for phase in status["phases"]} == {"done"}
    assert status["tokens_done"] == status["tokens"]
    assert "finished, 10 done of 10 phases" in tiny_study.succeed("status", reference.home)
    assert tiny_study.times(reference.home) == before

    tiny_study.kill_when(moments.in_a_later_phase, prepared_home)
    status = json.loads(tiny_study.succeed("status", prepared_home, "--json"))
    (stopped,) = [phase for phase in status["phases"] if phase["state"] == "stopped"]
    assert stopped["lost_process"]
    assert not status["finished"]
    said = tiny_study.succeed("status", prepared_home).replace("\n", " ")
    assert f"{stopped['label']}: {stopped['process']} ended without giving it back" in said
