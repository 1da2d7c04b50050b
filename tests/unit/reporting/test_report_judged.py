"""Verdicts in sum: counted by hand, tested exactly, and covered as often as promised."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from codemix.reporting.judged import MAJORITY, summary

_CHOICES = {
    "win": ("arm", "arm"),
    "loss": ("control", "control"),
    "tie": ("arm", "control"),
    "no verdict": (None, "arm"),
}


def frame(verdicts: Sequence[Sequence[str]], judge: str = "j", arm: str = "code") -> pd.DataFrame:
    """Rows of verdicts by seed and prompt."""
    return pd.DataFrame(
        {
            "arm": arm,
            "control": "text",
            "seed": seed,
            "prompt": f"p{prompt}",
            "judge": judge,
            "verdict": verdict,
            "arm_first": _CHOICES[verdict][0],
            "control_first": _CHOICES[verdict][1],
        }
        for seed, row in enumerate(verdicts)
        for prompt, verdict in enumerate(row)
    )


def only(judged: pd.DataFrame) -> pd.Series:
    [(_, row)] = summary(judged).iterrows()
    return row


def test_counts_and_rates_by_hand() -> None:
    row = only(frame([["win"] * 6 + ["loss"] * 2 + ["tie"] * 4 + ["no verdict"]]))
    assert (row.arm, row.control, row.judge) == ("code", "text", "j")
    assert (row.wins, row.losses, row.ties, row.no_verdict, row.prompts, row.seeds) == (6, 2, 4, 1, 13, 1)
    assert row.win_rate == pytest.approx((6 + 4 / 2) / 12)
    assert row.order_consistency == pytest.approx(8 / 12)
    assert row.p_value == pytest.approx(2 * binom.cdf(2, 8, 0.5))
    assert row.low < row.win_rate < row.high


def test_the_papers_own_counts() -> None:
    """69 wins, 56 losses, 74 ties of 199 (arXiv 2408.10914 §3.1): no difference can be told."""
    row = only(frame([["win"] * 69 + ["loss"] * 56 + ["tie"] * 74]))
    assert row.p_value == pytest.approx(0.28, abs=0.005)
    assert (row.win_rate, row.low, row.high) == pytest.approx((0.533, 0.477, 0.588), abs=0.002)


def test_a_prompt_counts_once_in_the_sign_test() -> None:
    one, three = only(frame([["win"] * 9 + ["loss"] * 2])), only(frame([["win"] * 9 + ["loss"] * 2] * 3))
    assert one.p_value == three.p_value
    assert (three.wins, three.losses, three.seeds) == (27, 6, 3)
    undone = only(frame([["win", "loss", "win"], ["loss", "win", "win"]]))
    assert undone.p_value == 1.0  # one prompt is won, two are undecided over the seeds


def test_seeds_that_disagree_widen_the_interval() -> None:
    agree = only(frame([["win", "loss"] * 20] * 3))
    disagree = only(frame([["win"] * 30 + ["loss"] * 10, ["win", "loss"] * 20, ["loss"] * 30 + ["win"] * 10]))
    assert agree.win_rate == disagree.win_rate == 0.5
    assert disagree.high - disagree.low > 1.5 * (agree.high - agree.low)


@pytest.mark.parametrize("verdicts", [["win"] * 5, ["tie"] * 5, ["no verdict"] * 5, ["win"]])
def test_what_has_no_interval(verdicts: list[str]) -> None:
    row = only(frame([verdicts]))
    assert math.isnan(row.low)
    assert math.isnan(row.high)
    assert math.isnan(row.win_rate) == (verdicts[0] == "no verdict")
    assert math.isnan(row.p_value) == (verdicts[0] != "win")


def test_the_majority_of_several_judges() -> None:
    said = (
        ["win", "win", "loss", "tie", "no verdict", "no verdict"],
        ["win", "loss", "loss", "win", "no verdict", "no verdict"],
        ["loss", "tie", "loss", "win", "win", "no verdict"],
    )
    table = summary(pd.concat([frame([verdicts], judge=f"j{number}") for number, verdicts in enumerate(said)]))
    assert table["judge"].tolist() == ["j0", "j1", "j2", MAJORITY]
    row = table.iloc[-1]  # win, tie, loss, win, win, none
    assert (row.wins, row.losses, row.ties, row.no_verdict) == (3, 1, 1, 1)
    assert math.isnan(row.order_consistency)


def test_arms_are_in_the_order_of_the_rows() -> None:
    table = summary(pd.concat([frame([["win", "tie"]], arm=arm) for arm in ("b", "a")]))
    assert table["arm"].tolist() == ["b", "a"]


def test_the_interval_covers() -> None:
    """Seeds and prompts both shift the chance of a win: the true rate is in the interval as often as promised."""
    random = np.random.default_rng(0)
    covered, repetitions = 0, 300
    for _ in range(repetitions):
        lean = 0.15 * random.standard_normal((4, 1)) + 0.8 * random.standard_normal((1, 120))
        score = lean + random.standard_normal((4, 120))
        worth = np.where(score > 0.4, "win", np.where(score < -0.4, "loss", "tie"))
        row = only(frame(worth.tolist()))
        covered += row.low <= 0.5 <= row.high  # by symmetry
    assert 0.91 <= covered / repetitions <= 0.99
