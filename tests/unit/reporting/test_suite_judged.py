"""Verdicts in sum, and what most of several judges say."""

import math
from collections.abc import Sequence

import pandas as pd
import pytest

from codemix.reporting.suite.judged import Judged, judged_rates
from codemix.reporting.suite.majority import MAJORITY, with_majority

_CHOICES = {
    "win": ("arm", "arm"),
    "loss": ("control", "control"),
    "tie": ("arm", "control"),
    "no verdict": (None, "arm"),
}


def rows(verdicts: Sequence[Sequence[str]], judge: str = "j", arm: str = "code") -> pd.DataFrame:
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


def test_the_papers_own_counts() -> None:
    """69 wins, 56 losses, 74 ties of 199 (arXiv 2408.10914 §3.1): no difference can be told."""
    [(_, row)] = judged_rates(Judged(rows([["win"] * 69 + ["loss"] * 56 + ["tie"] * 74]))).iterrows()
    assert row.p_sign == pytest.approx(0.28, abs=0.005)
    assert (row.difference, row.low, row.high) == pytest.approx((6.5, -4.5, 17.6), abs=0.2)
    assert row.consistent == pytest.approx(100 * 125 / 199)


def test_one_judge_is_no_majority() -> None:
    alone = rows([["win", "tie"]])
    pd.testing.assert_frame_equal(with_majority(alone), alone)


def test_the_majority_of_several_judges() -> None:
    said = (
        ["win", "win", "loss", "tie", "no verdict", "no verdict"],
        ["win", "loss", "loss", "win", "no verdict", "no verdict"],
        ["loss", "tie", "loss", "win", "win", "no verdict"],
    )
    table = with_majority(pd.concat([rows([verdicts], judge=f"j{number}") for number, verdicts in enumerate(said)]))
    most = table[table["judge"] == MAJORITY]
    assert most["verdict"].tolist() == ["win", "tie", "loss", "win", "win", "no verdict"]
    rates = judged_rates(Judged(table)).set_index("judge")
    assert rates.index.tolist() == ["j0", "j1", "j2", MAJORITY]
    assert rates.loc[MAJORITY, ["wins", "losses", "ties", "unjudged"]].tolist() == [3, 1, 1, 1]
    assert math.isnan(rates.loc[MAJORITY, "consistent"])


def test_a_majority_is_of_one_seed_and_arm() -> None:
    judges = [
        pd.concat([rows([["win"], ["loss"]], judge=judge, arm="a"), rows([["loss"], ["win"]], judge=judge, arm="b")])
        for judge in ("x", "y")
    ]
    most = with_majority(pd.concat(judges)).query("judge == @MAJORITY").set_index(["arm", "seed"])["verdict"]
    assert most.to_dict() == {("a", 0): "win", ("a", 1): "loss", ("b", 0): "loss", ("b", 1): "win"}
