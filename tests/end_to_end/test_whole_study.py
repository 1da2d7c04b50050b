"""A study from raw files to its report, and what every command says of it once it is finished."""

import json
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest
import tiny_study
from tiny_study import Reference


def test_run_ends_with_the_table_and_the_report(
    reference: Reference, record_property: Callable[[str, object], None]
) -> None:
    record_property("peak memory of the tiny study, all processes, MB", round(reference.peak_memory / 1e6))
    page = tiny_study.study_folder(reference.home) / "report" / "index.html"
    assert reference.status == 0
    for said in ("balanced_to_text", "lower is better", str(page)):
        assert said in reference.output.replace("\n", ""), said
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert (page.parent / "report.md").exists()
    assert (tiny_study.study_folder(reference.home) / "plan.json").exists()


def test_results_hold_every_document_of_every_run(reference: Reference) -> None:
    results = pq.read_table(tiny_study.study_folder(reference.home) / "results.parquet").to_pandas()
    documents = results.groupby(["arm", "seed"])["document"].apply(list)
    assert len(documents) == 3 * 2
    assert all(each == documents.iloc[0] for each in documents)
    assert set(results["source"]) == {"text", "web_code"}


def test_every_phase_leaves_its_metrics_events_and_record(reference: Reference) -> None:
    plan = tiny_study.plan(reference.home)
    assert [phase["key"] for phase in plan["phases"]] != []
    assert {phase["key"] for phase in plan["phases"]} == set(tiny_study.phases(reference.home))
    for phase in plan["phases"]:
        folder = reference.home / "phases" / phase["key"]
        steps = [step for step, _, _ in tiny_study.losses(reference.home, phase["key"])]
        assert steps == list(range(phase["first_step"] + 1, phase["first_step"] + phase["steps"] + 1))
        assert list((folder / "events").glob("events.out.tfevents.*"))


def test_the_ledger_is_what_was_consumed(reference: Reference) -> None:
    plan = tiny_study.plan(reference.home)
    promised = {
        (entry["arm"], entry["index"], entry["source"]): entry["rows"] for entry in plan["ledger"] if entry["rows"]
    }
    done = tiny_study.phases(reference.home)
    for phase in plan["phases"]:
        for arm in phase["arms"]:
            expected = {source: rows for (a, i, source), rows in promised.items() if (a, i) == (arm, phase["index"])}
            assert {s: rows for s, rows in done[phase["key"]]["consumed_rows"].items() if rows} == expected


def test_a_finished_study_is_left_alone(reference: Reference) -> None:
    before = tiny_study.times(reference.home)
    assert "nothing to do" in tiny_study.succeed("run", reference.home)
    assert tiny_study.times(reference.home) == before


def test_plan_spends_nothing(reference: Reference) -> None:
    before = tiny_study.times(reference.home)
    plan = tiny_study.plan(reference.home)
    assert plan["missing"] == {"tasks": [], "phases": []}
    assert "shared by 2 arms" in " ".join(tiny_study.succeed("plan", reference.home).split())
    assert tiny_study.times(reference.home) == before
    stored = tiny_study.read_json(tiny_study.study_folder(reference.home) / "plan.json")
    assert json.dumps(stored, sort_keys=True) == json.dumps(plan, sort_keys=True)


@pytest.mark.parametrize("command", ["evaluate", "report", "train", "prepare"])
def test_a_command_again_changes_no_byte(finished_home, command: str) -> None:
    before = tiny_study.contents(finished_home)
    tiny_study.succeed(command, finished_home)
    assert tiny_study.contents(finished_home) == before
