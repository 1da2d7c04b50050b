"""The same results asked another question are those of a study of that question."""

import pandas as pd
import pytest
from synthetic_study import Folders

from codemix.errors import UserError
from codemix.reporting.comparison import compare
from codemix.reporting.results import load
from codemix.reporting.selection import Selection, selected


def test_nothing_asked_is_everything(finished_study: Folders) -> None:
    results = load(finished_study.study, finished_study.home)
    pd.testing.assert_frame_equal(compare(selected(results, Selection())), compare(results))


def test_another_control_turns_the_difference_round(finished_study: Folders) -> None:
    """log(a/b) = −log(b/a), interval and all."""
    results = load(finished_study.study, finished_study.home)
    other = next(arm for arm in results.arms if arm != results.control)
    there = compare(results).query("arm == @other").set_index("source")
    back = compare(selected(results, Selection(control=other, arms=[results.control]))).set_index("source")
    assert set(back["arm"]) == {results.control}
    for column, opposite in (("change_percent", "change_percent"), ("change_low", "change_high")):
        expected = 100 * (1 / (1 + there[opposite] / 100) - 1)
        pd.testing.assert_series_equal(back[column], expected.loc[back.index], check_names=False, rtol=1e-9)
    pd.testing.assert_series_equal(back["p_value"], there["p_value"].loc[back.index])


def test_fewer_seeds_are_a_study_of_fewer_seeds(finished_study: Folders, build_study) -> None:
    results = load(finished_study.study, finished_study.home)
    first = results.seeds[:2]
    frame = pd.read_parquet(finished_study.study / "results.parquet").query("seed in @first")
    found = selected(results, Selection(seeds=first))
    for part in found.scores:
        for arm in found.arms:
            assert part.nll[arm].shape[0] == 2
            of_arm = frame[(frame["arm"] == arm) & (frame["source"] == part.source)]
            assert part.nll[arm].sum() == pytest.approx(of_arm["nll"].sum())
    assert {seed for _, seed in found.curves} == set(first)
    assert (compare(found)["seeds"] == 2).all()


def test_fewer_sources_leave_those_that_stay_as_they_are(finished_study: Folders) -> None:
    results = load(finished_study.study, finished_study.home)
    source = results.scores[0].source
    columns = ["bpb", "change_percent", "change_low", "change_high", "p_value"]
    some = compare(selected(results, Selection(sources=[source]))).query("source == @source")
    every = compare(results).query("source == @source")
    pd.testing.assert_frame_equal(some[columns].reset_index(drop=True), every[columns].reset_index(drop=True))


def test_a_name_that_the_study_does_not_have() -> None:
    for selection, sentence in (
        (Selection(control="c"), "control: the study has no 'c'; it has a, b."),
        (Selection(arms=["a", "x"]), "arms: the study has no 'x'; it has a, b."),
        (Selection(sources=[]), "sources: the study has no 'nothing'; it has text."),
        (Selection(seeds=[7]), "seeds: the study has no 7; it has 0, 1."),
    ):
        with pytest.raises(UserError) as told:
            selection.check(["a", "b"], ["text"], [0, 1])
        assert str(told.value) == sentence
