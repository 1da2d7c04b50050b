"""Reading a study: what is refused, in one sentence that names file and mend; what is found, against known truths."""

import json

import numpy as np
import pandas as pd
import pytest
from synthetic_study import ARMS, SOURCES

from codemix.errors import UserError
from codemix.reporting.comparison import ALL_SOURCES, compare, repetition_flag
from codemix.reporting.results import load


def change_results(folders, change) -> None:
    path = folders.study / "results.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)


def without_last(frame, arm="code_to_text"):
    return frame.drop(frame.index[frame["arm"] == arm][-1])


def with_value(column, value):
    def change(frame):
        frame.loc[17, column] = value
        return frame

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_last, "not scored on the same documents of 'markup'"),
        (lambda frame: frame[frame["arm"] != "balanced_only"], "column 'arm'"),
        (lambda frame: frame[frame["seed"] != 2], "column 'seed'"),
        (lambda frame: frame[~((frame["seed"] == 2) & (frame["arm"] == "code_to_text"))], "'code_to_text' at seed 2"),
        (with_value("nll", np.nan), "column 'nll' has no value at arm 'text_only', seed 0, document 'text/0017'"),
        (with_value("nll", np.inf), "column 'nll' must be finite"),
        (with_value("nll", -1.0), "not negative"),
        (with_value("bytes", 0), "column 'bytes' must be positive"),
        (with_value("bytes", 7), "not scored on the same documents"),
        (with_value("cluster", "package-other"), "not scored on the same documents"),
        (lambda frame: pd.concat([frame, frame.iloc[[3]]]), "scored twice"),
        (lambda frame: frame.drop(columns="tokens"), "column 'tokens' is missing"),
        (lambda frame: frame.iloc[:0], "holds no documents"),
    ],
)
def test_results_that_cannot_be_compared_are_refused(build_study, change, words):
    folders = build_study()
    change_results(folders, change)
    with pytest.raises(UserError, match=r"results\.parquet") as error:
        load(folders.study, folders.home)
    assert words in str(error.value)
    assert "codemix evaluate" in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("metrics.jsonl", None, "train the phase again"),
        ("metrics.jsonl", "{not json}\n", "line 1: not a metrics record"),
        ("metrics.jsonl", '{"step": 1, "loss": 2.0}\n', "line 1: not a metrics record"),
        ("metrics.jsonl", "", "holds no records"),
        ("results.parquet", None, "is missing"),
        ("results.parquet", "nonsense", "not a readable Parquet file"),
        ("plan.json", None, "is missing"),
        ("plan.json", "{", "not JSON"),
        ("plan.json", '{"format": 2}', "field 'format' is 2"),
        ("plan.json", '{"format": 1}', "field 'study' is missing"),
    ],
)
def test_missing_and_broken_files_are_named(build_study, name, content, words):
    folders = build_study()
    first_phase = json.loads((folders.study / "plan.json").read_text())["runs"][0]["phases"][0]
    path = folders.home / "phases" / first_phase / name if name == "metrics.jsonl" else folders.study / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(UserError) as error:
        load(folders.study, folders.home)
    assert str(path) in str(error.value)
    assert words in str(error.value)


def test_a_control_that_is_no_arm_is_refused(build_study):
    folders = build_study()
    plan = json.loads((folders.study / "plan.json").read_text())
    plan["study"]["control"] = "nobody"
    (folders.study / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(UserError, match="control 'nobody' is not among the arms"):
        load(folders.study, folders.home)


def test_curves_join_the_phases_and_a_repeated_step_counts_once(build_study):
    folders = build_study()
    plan = json.loads((folders.study / "plan.json").read_text())
    key = plan["runs"][0]["phases"][0]
    with open(folders.home / "phases" / key / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"step": 200, "tokens": 400_000, "loss": 9.5}) + "\n")
    curve = load(folders.study, folders.home).curves["text_only", 0]
    assert curve["step"].tolist() == list(range(1, 401))
    assert curve["tokens"].is_monotonic_increasing
    assert curve.loc[199, "loss"] == 9.5


def test_the_order_of_rows_does_not_matter(build_study, finished_study):
    folders = build_study()
    change_results(folders, lambda frame: frame.sample(frac=1, random_state=3))
    shuffled, plain = (compare(load(each.study, each.home)) for each in (folders, finished_study))
    pd.testing.assert_frame_equal(shuffled, plain)


def test_the_comparison_finds_the_effects_that_were_put_in(finished_study):
    comparison = compare(load(finished_study.study, finished_study.home)).set_index(["arm", "source"])
    assert len(comparison) == 3 * 4
    for arm, (_, changes) in ARMS.items():
        if arm == "text_only":
            continue
        for source, change in zip(SOURCES, changes, strict=True):
            row = comparison.loc[(arm, source)]
            assert row["change_low"] < change < row["change_high"]
            assert row["seeds"] == 3
            if abs(change) > 8:
                assert row["verdict"] == "better"
            if change == 0:
                assert row["verdict"] == "no clear difference"
        total = comparison.loc[(arm, ALL_SOURCES)]
        assert total["documents"] == comparison.loc[arm].drop(ALL_SOURCES)["documents"].sum()
    assert (comparison["p_holm"] >= comparison["p_value"]).all()


def test_one_seed_reflects_documents_only_and_says_so(build_study):
    folders = build_study(seeds=(5,))
    comparison = compare(load(folders.study, folders.home))
    assert (comparison["seeds"] == 1).all()
    assert comparison["change_low"].notna().all()


def test_repetition_on_one_side_is_flagged():
    def line(arm, source, epochs):
        return {"arm": arm, "source": source, "epochs": epochs}

    ledger = [line("control", "text", 1.8), line("arm", "text", 0.4), line("arm", "text", 0.9), line("arm", "web", 0.2)]
    assert repetition_flag(ledger, "arm", "control") == "text 0.9 epochs (control 1.8)"
    assert repetition_flag([*ledger, line("arm", "text", 1.2)], "arm", "control") == ""
    assert repetition_flag([line("arm", "web", None)], "arm", "control") == ""


def test_identical_arms_get_no_interval_and_no_verdict(build_study):
    folders = build_study()

    def copy_control(frame):
        control = frame.loc[frame["arm"] == "text_only", "nll"].to_numpy()
        frame.loc[frame["arm"] == "balanced_only", "nll"] = control
        return frame

    change_results(folders, copy_control)
    rows = compare(load(folders.study, folders.home)).query("arm == 'balanced_only'")
    assert set(rows["verdict"]) == {"no interval"}
    assert (rows["change_percent"] == 0).all()
