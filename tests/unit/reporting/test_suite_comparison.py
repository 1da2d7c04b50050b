"""The suite's comparison: known answers by hand, the paper's means, what decides, clean subsets, pass@k, judges."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from synthetic_study import ARMS, build_synthetic_study
from synthetic_suite import LARGE, add_judged, add_suite

from codemix.errors import UserError
from codemix.evaluation.code.pass_at_k import pass_at_k as one_problem
from codemix.reporting.statistics import holm
from codemix.reporting.suite import comparison
from codemix.reporting.suite.estimates import sign_p_value
from codemix.reporting.suite.judged import Judged, judged_rates
from codemix.reporting.suite.published import JUDGED, PUBLISHED, check_published, published, published_verdicts
from codemix.reporting.suite.results import Measure, SuiteResults, TaskScores, load_suite


def suite_of(*scored: tuple[str, str, float, dict[str, np.ndarray]], flags=None) -> SuiteResults:
    """A suite of (task, category, chance, scores by arm), all of which decide."""
    tasks, measures = {}, []
    for task, category, chance, by_arm in scored:
        count = next(iter(by_arm.values())).shape[1]
        unknown = np.full(count, np.nan)
        names = np.array([f"{place}" for place in range(count)])
        tasks[task] = TaskScores(task, names, unknown, unknown if flags is None else flags, {"score": by_arm}, {}, {})
        measures.append(Measure(task, category, "acc", "score", chance, True, "decision", "known"))
    return SuiteResults("by hand", measures, tasks, [], None, None)


def row(*answers: int) -> np.ndarray:
    return np.array([answers], dtype=float)


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    folders = build_synthetic_study(tmp_path_factory.mktemp("home"), (0, 1, 2), 5)
    add_suite(folders)
    add_judged(folders)
    return load_suite(folders.study, json.loads((folders.study / "plan.json").read_text(encoding="utf-8")))


def test_means_are_formed_as_the_paper_forms_them():
    """Every task counts the same in its category, and every category in the total, whatever their items."""
    hand = suite_of(
        ("one", "reasoning", 0.0, {"arm": row(1, 1, 0, 0), "control": row(1, 0, 0, 0)}),
        ("two", "reasoning", 0.0, {"arm": row(1, 0), "control": row(1, 0)}),
        ("trivia", "knowledge", 0.0, {"arm": row(1, 0, 0, 0, 0), "control": row(0, 0, 0, 0, 1)}),
        ("eval", "code", 0.0, {"arm": row(1, 1, 1, 0), "control": row(0, 0, 1, 0)}),
    )
    means = comparison.compare_means(hand, ["control", "arm"], "control").set_index("mean")
    assert means["score"].to_dict() == pytest.approx(
        {"reasoning": 50, "knowledge": 20, "NL mean": 35, "code": 75, "total": (50 + 20 + 75) / 3}
    )
    assert means["control_score"].to_dict() == pytest.approx(
        {"reasoning": 37.5, "knowledge": 20, "NL mean": 28.75, "code": 25, "total": (37.5 + 20 + 25) / 3}
    )
    assert means["difference"]["total"] == pytest.approx((12.5 + 0 + 50) / 3)
    assert means["tasks"].tolist() == [2, 1, 3, 1, 4]
    assert means["items"]["total"] == 15
    assert (means["seeds"] == 1).all()


def test_a_mean_with_an_empty_category_is_left_out():
    hand = suite_of(("one", "reasoning", 0.0, {"arm": row(1, 0, 1), "control": row(1, 0, 0)}))
    assert comparison.compare_means(hand, ["control", "arm"], "control")["mean"].tolist() == ["reasoning"]


def test_table_2_has_the_paper_s_own_means():
    """Its NL mean and total follow from its categories, to the digit that is printed: the rule is the paper's."""
    for printed in PUBLISHED["paper_470m"][1].values():
        scores = printed.scores
        if "total" in scores:
            assert (scores["reasoning"] + scores["knowledge"]) / 2 == pytest.approx(scores["NL mean"], abs=0.11)
            three = (scores["reasoning"] + scores["knowledge"] + scores["code"]) / 3
            assert three == pytest.approx(scores["total"], abs=0.11)


def test_printed_figures_are_those_of_the_arms_and_corrected_where_the_paper_errs():
    found = published("paper_470m", ["text_only", "balanced_to_text", "tuned_uniform"])
    assert list(found) == ["text_only", "balanced_to_text"]
    assert found["text_only"].corrected is None
    assert found["balanced_to_text"].scores["reasoning"] == 53.0
    assert found["balanced_to_text"].corrected == {"reasoning": 52.0, "code": 3.4}
    assert published(None, ["text_only"]) == {}


def test_few_items_that_differ_leave_the_word_to_the_sign_test():
    arm, control = np.zeros((1, 400)), np.zeros((1, 400))
    arm[0, :5] = 1  # five of five: 2/32
    hand = suite_of(("eval", "code", 0.0, {"arm": arm, "control": control}))
    (found,) = comparison.compare_tasks(hand, ["control", "arm"], "control").to_dict("records")
    assert (found["differing"], found["p_sign"]) == (5, pytest.approx(2 / 32))
    assert found["p_value"] == pytest.approx(2 / 32)
    assert found["verdict"] == "no clear difference"
    assert found["difference"] == pytest.approx(1.25)


def test_nothing_right_is_not_certainty():
    nothing = np.zeros((2, 164))
    hand = suite_of(("eval", "code", 0.0, {"arm": nothing, "control": nothing}))
    (found,) = comparison.compare_tasks(hand, ["control", "arm"], "control").to_dict("records")
    assert found["score_low"] == 0
    assert 2 < found["score_high"] < 3  # Wilson for 0 of 164: 2.3
    assert found["low"] < 0 < found["high"]
    assert found["p_value"] == 1
    assert found["detectable"] > 0


def test_tasks_not_above_chance_for_every_arm_are_left_out_of_the_second_means():
    right = np.zeros((1, 100))
    above, at = right.copy(), right.copy()
    above[0, :80], at[0, :50] = 1, 1
    hand = suite_of(
        ("easy", "reasoning", 0.5, {"control": above, "arm": above}),
        ("hard", "reasoning", 0.5, {"control": above, "arm": at}),
    )
    chance = comparison.above_chance(hand, ["control", "arm"]).set_index("task")
    assert chance["passes"].to_dict() == {"easy": True, "hard": False}
    assert chance["arm"]["hard"] == "arm"
    assert chance["low"]["hard"] < 50 < chance["low"]["easy"]
    means = comparison.compare_means(hand, ["control", "arm"], "control")
    assert means[["over", "tasks"]].to_numpy().tolist() == [["all", 2], ["above chance", 1]]
    assert means["score"].tolist() == pytest.approx([65, 80])
    assert means["verdict"].tolist()[1] == "shown only"


def test_only_what_was_declared_decides_and_holm_runs_over_it(suite):
    tasks = comparison.compare_tasks(suite, list(ARMS), "text_only")
    deciding = tasks[tasks["decides"]]
    assert set(deciding["measure"]) == {"bits_per_byte", "p_correct"}
    assert "boolq" not in set(deciding["task"])
    assert deciding["p_holm"].tolist() == pytest.approx(holm(deciding["p_value"].tolist()))
    assert tasks.loc[~tasks["decides"], "p_holm"].isna().all()
    assert set(tasks.loc[~tasks["decides"], "verdict"]) == {"shown only"}
    better = tasks.query("arm == 'balanced_to_text' and task == 'sciq' and measure == 'bits_per_byte'").iloc[0]
    assert (better["verdict"], better["difference"] < 0) == ("better", True)  # fewer bits


def test_from_a_billion_parameters_on_scores_decide(build_study):
    folders = build_study(clusters=5)
    add_suite(folders, LARGE)
    large = load_suite(folders.study, json.loads((folders.study / "plan.json").read_text(encoding="utf-8")))
    means = comparison.compare_means(large, list(ARMS), "text_only")
    assert means.query("measure == 'score' and over == 'all'")["decides"].all()
    assert not means.query("over == 'above chance'")["decides"].any()


def test_every_number_has_its_interval_items_and_seeds(suite):
    compared = comparison.compare_suite(suite, list(ARMS), "text_only")
    for frame in (compared.tasks, compared.means, compared.attempts):
        assert len(frame)
        for low, value, high in (
            ("score_low", "score", "score_high"),
            ("control_low", "control_score", "control_high"),
            ("low", "difference", "high"),
        ):
            assert (frame[low] <= frame[value] + 1e-9).all()
            assert (frame[value] <= frame[high] + 1e-9).all()
        assert (frame["seeds"] == 3).all()
        assert (frame["items"] > 0).all()
        assert (frame["detectable"] > 0).all()
    gaps = compared.tasks["score"] - compared.tasks["control_score"]
    np.testing.assert_allclose(gaps, compared.tasks["difference"], atol=1e-9)


def test_bits_per_byte_are_summed_before_they_are_divided(suite):
    tasks = comparison.compare_tasks(suite, list(ARMS), "text_only")
    found = tasks.query("arm == 'code_to_text' and task == 'copa' and measure == 'bits_per_byte'").iloc[0]
    task = suite.tasks["copa"]
    bits = task.values["bits_per_byte"]["code_to_text"] * task.bytes
    assert found["score"] == pytest.approx(bits.sum() / (3 * task.bytes.sum()))


def test_clean_scores_leave_out_what_was_found():
    flags = np.array([1, 1, 0, 0, 0, np.nan])
    hand = suite_of(
        ("sciq", "reasoning", 0.25, {"arm": row(1, 1, 0, 0, 1, 1), "control": row(1, 0, 0, 0, 0, 1)}), flags=flags
    )
    found = comparison.clean_subset(hand, ["control", "arm"], "control").set_index("arm")
    assert found.loc["arm", ["items", "flagged", "untold", "clean"]].tolist() == [6, 2, 1, 3]
    assert found.loc["arm", ["score", "clean_score", "change"]].tolist() == pytest.approx(
        [100 * 4 / 6, 100 / 3, 100 * (1 / 3 - 4 / 6)]
    )
    assert found.loc["arm", ["difference", "clean_difference"]].tolist() == pytest.approx([100 / 3, 100 / 3])
    assert math.isnan(found.loc["control", "difference"])
    assert found.loc["arm", "change_low"] < found.loc["arm", "change"] < found.loc["arm", "change_high"]


def test_items_without_a_score_are_left_out_everywhere():
    """A sandbox that lost a problem, say: it counts for nobody."""
    gone = float("nan")
    by_arm = {"arm": np.array([[1, 1, 0, gone]]), "control": np.array([[1, 0, 0, gone]])}
    hand = suite_of(("eval", "code", 0.0, by_arm), flags=np.array([1.0, 0.0, 0.0, 0.0]))
    compared = comparison.compare_suite(hand, ["control", "arm"], "control")
    assert compared.tasks[["score", "control_score", "items"]].to_numpy().tolist() == [
        [pytest.approx(200 / 3), pytest.approx(100 / 3), 3]
    ]
    assert compared.means["items"].tolist() == [3]
    assert compared.above_chance["score"].tolist() == [pytest.approx(100 / 3)]
    assert compared.clean_subset[["items", "flagged", "clean", "clean_score"]].to_numpy().tolist() == [
        [3, 1, 2, 0],
        [3, 1, 2, 50],
    ]


def test_verdicts_beside_another_control_compare_to_nothing(suite):
    other = dataclasses.replace(suite, judged=suite.judged.selected(list(ARMS), "code_to_text", [0, 1, 2]))
    compared = comparison.compare_suite(other, list(ARMS), "code_to_text")
    assert len(compared.judged) == 0
    assert len(compared.tasks)


def test_what_was_read_lifts_the_score_and_the_clean_subset_shows_it(suite):
    found = comparison.clean_subset(suite, list(ARMS), "text_only")
    assert set(found["task"]) == {"sciq"}
    assert (found["change_high"] < 0).all()


def test_pass_at_k_is_the_estimate_of_every_problem():
    for n in range(1, 21):
        for c, k in itertools.product(range(n + 1), range(1, n + 1)):
            found = comparison.pass_at_k(np.array([[float(n)]]), np.array([[float(c)]]), k)
            assert found[0, 0] == pytest.approx(one_problem(n, c, k), abs=1e-12), (n, c, k)


def test_pass_at_1_is_the_score(suite):
    attempts = comparison.attempts(suite, list(ARMS), "text_only")
    assert sorted(set(attempts["k"])) == [1, 10]
    tasks = comparison.compare_tasks(suite, list(ARMS), "text_only").query("measure == 'pass@1'").set_index("arm")
    first = attempts[attempts["k"] == 1].set_index("arm")
    assert first["score"].to_dict() == pytest.approx(tasks["score"].to_dict())
    assert (attempts[attempts["k"] == 10].set_index("arm")["score"] > first["score"]).all()


def test_judged_counts_of_the_paper():
    """arXiv 2408.10914 Fig. 9: 64 wins, 51 losses, 84 ties of 199; by §1.7's arithmetic +6.5 ± 10.5, p = 0.26."""
    verdicts = ["win"] * 64 + ["loss"] * 51 + ["tie"] * 84
    first = {"win": ("arm", "arm"), "loss": ("control", "control"), "tie": ("arm", "control")}
    rows = [
        {"judge": "j", "arm": "code_to_text", "control": "text_only", "seed": 0, "prompt": str(place)}
        | {"verdict": verdict, "arm_first": first[verdict][0], "control_first": first[verdict][1]}
        for place, verdict in enumerate(verdicts)
    ]
    (found,) = judged_rates(Judged(pd.DataFrame(rows))).to_dict("records")
    assert (found["wins"], found["losses"], found["ties"], found["prompts"]) == (64, 51, 84, 199)
    assert found["difference"] == pytest.approx(6.53, abs=0.01)
    assert (found["high"] - found["low"]) / 2 == pytest.approx(10.6, abs=0.15)
    assert found["p_sign"] == pytest.approx(0.264, abs=0.002)
    assert found["consistent"] == pytest.approx(100 * 115 / 199)
    assert found["verdict"] == "no clear difference"


def test_none_of_the_paper_s_verdicts_for_code_is_clear():
    """§1.7's arithmetic: p = 0.26, 0.28, 0.67, 0.68 and 0.67; the cooldown's are clear."""
    code = [*published_verdicts("paper_470m", ["code_to_text", "balanced_to_text"], "text_only").values()]
    cooled = ["balanced_only_cooldown_code", "balanced_to_text_cooldown_code", "code_to_text_cooldown_code"]
    code += published_verdicts("paper_470m", cooled, "text_only_cooldown_code").values()
    assert [round(sign_p_value(found.wins, found.losses), 2) for found in code] == [0.26, 0.28, 0.67, 0.68, 0.67]
    for found in published_verdicts("paper_470m", cooled, "balanced_to_text").values():
        assert sign_p_value(found.wins, found.losses) < 0.001
    assert all(found.wins + found.losses + found.ties == 199 for found in JUDGED["paper_470m"].values())
    assert published_verdicts("paper_470m", ["code_to_text"], "balanced_only") == {}


def test_a_prompt_without_a_verdict_is_left_out_and_counted(suite):
    rates = judged_rates(suite.judged).set_index(["judge", "arm"])
    assert rates["prompts"].to_dict()["a-judge", "code_to_text"] == 40
    assert rates["prompts"].to_dict()["b-judge", "code_to_text"] == 39
    assert rates["unjudged"].to_dict()["b-judge", "code_to_text"] == 1
    assert np.allclose(rates[["win", "loss", "tie"]].sum(axis=1), 100)


def test_a_suite_of_which_all_was_skipped_compares_to_nothing(suite):
    empty = dataclasses.replace(suite, measures=[], tasks={}, judged=None)
    compared = comparison.compare_suite(empty, list(ARMS), "text_only")
    assert compared.judged is None
    frames = (compared.tasks, compared.means, compared.above_chance, compared.clean_subset, compared.attempts)
    assert all(len(frame) == 0 for frame in frames)


def test_figures_that_no_paper_has_are_refused():
    check_published("paper_2b8")
    with pytest.raises(UserError, match=r"Study\.published is 'paper'; there are paper_470m, paper_2b8"):
        check_published("paper")
