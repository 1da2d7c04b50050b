"""The suite's table is checked before anything is compared: the same items for every arm and seed, whole columns."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from synthetic_suite import TASKS, add_judged, add_suite, write_rows

from codemix.errors import UserError
from codemix.reporting.results import load
from codemix.reporting.selection import Selection, selected
from codemix.reporting.suite.results import load_suite


def read(folders):
    return load_suite(folders.study, json.loads((folders.study / "plan.json").read_text(encoding="utf-8")))


@pytest.fixture
def study(build_study):
    folders = build_study(clusters=5)
    return folders, add_suite(folders)


def test_values_stand_by_arm_seed_and_item(study):
    folders, rows = study
    suite = read(folders)
    assert list(suite.tasks) == [task.name for task in TASKS]
    task = suite.tasks["sciq"]
    run = rows.query("arm == 'code_to_text' and seed == 1 and task == 'sciq'").sort_values("item")
    assert task.items.tolist() == run["item"].tolist()
    np.testing.assert_array_equal(task.values["score"]["code_to_text"][1], run["score"])
    np.testing.assert_array_equal(task.values["p_correct"]["code_to_text"][1], run["p_correct"].astype(float))
    assert (task.audited, int((task.flags == 1).sum())) == (True, 30)
    assert not suite.tasks["copa"].audited
    assert suite.tasks["humaneval"].samples["text_only"].tolist() == [[10.0] * 50] * 3
    assert suite.skipped == [("storycloze", "its items are on request: <files> has none")]
    # free answers have no choices, and so none of their measures
    assert {measure.name for measure in suite.measures if measure.task == "triviaqa"} == {
        "exact_match",
        "bits_per_byte",
    }


def test_the_order_of_rows_makes_no_difference(study):
    folders, rows = study
    first = read(folders)
    write_rows(folders.study, rows.sample(frac=1, random_state=3))
    again = read(folders)
    for name, task in first.tasks.items():
        assert task.items.tolist() == again.tasks[name].items.tolist()
        np.testing.assert_array_equal(task.values["score"]["text_only"], again.tasks[name].values["score"]["text_only"])
        assert task.generations == again.tasks[name].generations


def test_items_shown_are_drawn_by_hash_and_not_by_score(study):
    folders, rows = study
    shown = read(folders).tasks["humaneval"].generations
    by_hash = rows.query("task == 'humaneval'").sort_values("hash")["item"].drop_duplicates()
    assert [item for item, _ in shown] == by_hash.head(3).tolist()
    assert set(shown[0][1]) == {"text_only", "balanced_only", "balanced_to_text", "code_to_text"}


def other_content(rows):
    rows.loc[rows.query("arm == 'code_to_text' and seed == 2 and item == 'copa/0007'").index, "hash"] = "0" * 16
    return rows


def one_item_less(rows):
    return rows.drop(rows.query("arm == 'balanced_only' and seed == 1 and item == 'sciq/0000'").index)


def task_missing(rows):
    return rows.drop(rows.query("arm == 'balanced_only' and task == 'triviaqa'").index)


def task_missing_everywhere(rows):
    return rows[rows["task"] != "triviaqa"]


def arm_missing(rows):
    return rows[rows["arm"] != "balanced_only"]


def twice(rows):
    return pd.concat([rows, rows.iloc[[5]]])


def half_measured(rows):
    rows.loc[rows.query("arm == 'code_to_text' and item == 'sciq/0003'").index, "p_correct"] = None
    return rows


def infinite(rows):
    rows.loc[rows.query("arm == 'code_to_text' and item == 'sciq/0003'").index, "bits_per_byte"] = np.inf
    return rows


def beyond_one(rows):
    rows.loc[rows.query("item == 'sciq/0003'").index, "score"] = 100.0
    return rows


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_content, ("'code_to_text' at seed 2", "same items of 'copa'", "'text_only'")),
        (one_item_less, ("'balanced_only' at seed 1", "same items of 'sciq'")),
        (task_missing, ("'balanced_only' at seed 0", "no score on 'triviaqa'")),
        (task_missing_everywhere, ("no run has a score on 'triviaqa'",)),
        (arm_missing, ("column 'arm' holds", "'balanced_only'")),
        (twice, ("scored twice",)),
        (half_measured, ("'p_correct' of 'sciq'", "some runs")),
        (infinite, ("'bits_per_byte' of 'sciq'", "finite")),
        (beyond_one, ("'score' of 'sciq'", "between 0 and 1")),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(study, change, words):
    folders, rows = study
    write_rows(folders.study, change(rows))
    with pytest.raises(UserError) as caught:
        read(folders)
    message = str(caught.value)
    for word in (*words, "items.parquet", "codemix evaluate"):
        assert word in message, message
    assert "\n" not in message


def test_a_file_that_is_no_table_is_refused(study):
    folders, _ = study
    path = folders.study / "items.parquet"
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(UserError, match=r"items\.parquet is not a readable Parquet file"):
        read(folders)


def test_a_column_that_is_missing_is_named(study):
    folders, rows = study
    rows.drop(columns="margin").to_parquet(folders.study / "items.parquet")
    with pytest.raises(UserError, match="column 'margin' is missing"):
        read(folders)


def test_without_a_suite_there_is_nothing(build_study):
    folders = build_study(clusters=5)
    assert load(folders.study, folders.home).suite is None


def test_another_control_and_fewer_seeds(study):
    folders, rows = study
    add_judged(folders)
    results = load(folders.study, folders.home)
    suite = selected(results, Selection(control="balanced_only", arms=["code_to_text"], seeds=[0, 2])).suite
    task = suite.tasks["sciq"]
    assert set(task.values["score"]) == {"balanced_only", "code_to_text"}
    run = rows.query("arm == 'code_to_text' and seed == 2 and task == 'sciq'").sort_values("item")
    np.testing.assert_array_equal(task.values["score"]["code_to_text"][1], run["score"])
    assert len(suite.judged.rows) == 0  # the judges compared with another control
    kept = selected(results, Selection(seeds=[1])).suite.judged.rows
    assert set(kept["seed"]) == {1}
