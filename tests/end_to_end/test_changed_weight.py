"""Changing one arm's weight retrains what depends on it, and nothing else."""

from pathlib import Path

import tiny_study
from tiny_study import Reference

CHANGE = "--gin.balanced_to_text/continued/Phase.mixture={'text': 0.8, 'code': 0.2}"


def test_only_what_depends_on_the_weight_is_trained_again(reference: Reference, finished_home: Path) -> None:
    before = tiny_study.times(finished_home / "phases")
    old = {phase["key"]: phase for phase in tiny_study.plan(finished_home)["phases"]}
    new = {phase["key"]: phase for phase in tiny_study.plan(finished_home, CHANGE)["phases"]}
    assert {new[key]["name"] for key in new.keys() - old.keys()} == {"continued"}
    assert all(new[key]["arms"] == ["balanced_to_text"] for key in new.keys() - old.keys())

    tiny_study.succeed("run", finished_home, CHANGE)
    after = tiny_study.times(finished_home / "phases")
    untouched = {file: time for file, time in after.items() if file in before}
    assert untouched == before
    assert {file.split("/")[0] for file in after.keys() - before.keys()} == new.keys() - old.keys()
    for folder in ("documents", "tokenizers", "tokens"):
        assert tiny_study.contents(finished_home / folder) == tiny_study.contents(reference.home / folder)


def test_a_report_never_mixes_two_plans(finished_home: Path) -> None:
    """The results that are there are of the study as it was: they are not reported as those of the changed one."""
    before = tiny_study.contents(tiny_study.study_folder(finished_home))
    assert "not trained" in tiny_study.refusal("report", finished_home, CHANGE)
    assert "not every run is scored" in tiny_study.refusal("report", finished_home, "--gin.BitsPerByte.documents=3")
    assert tiny_study.contents(tiny_study.study_folder(finished_home)) == before
