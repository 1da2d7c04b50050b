"""Judged pairs of answers in sum: every arm against the control, by each judge and by their majority.

Sources: arXiv 2408.10914 §2.2 (win, loss, tie); the exact sign test, and the interval over prompts and seeds as
`codemix.reporting.statistics` has it for every other comparison.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from codemix.reporting.statistics import Influence, estimate

MAJORITY = "majority"

_WORTH = {"win": 1.0, "tie": 0.5, "loss": 0.0}


@dataclasses.dataclass(frozen=True)
class JudgedRow:
    """An arm beside the control, as a judge sees it.

    Attributes:
        arm, control: the two.
        judge: its name; "majority" is what most of several judges say of a pair, and a tie where there are no most.
        wins, losses, ties, no_verdict: of the arm's answers, over prompts and seeds; their sum is all pairs.
        p_value: the exact sign test, two-sided: whether the arm is ahead on as many prompts as the control is. A prompt
            counts once, for who has won it more often over the seeds; NaN where none is won or lost.
        win_rate: wins and half of the ties, as a share of the pairs with a verdict.
        low, high: its 95 % interval over prompts and, of several, seeds; NaN where there is none (one prompt, or the
            same verdict throughout).
        order_consistency: the share of the pairs that were asked about, and answered in both orders, in which both
            orders agree. A coin has 0.5, a judge who always says the same place 0; NaN for a majority.
        prompts, seeds: how many.
    """

    arm: str
    control: str
    judge: str
    wins: int
    losses: int
    ties: int
    no_verdict: int
    p_value: float
    win_rate: float
    low: float
    high: float
    order_consistency: float
    prompts: int
    seeds: int


def summary(judged: pd.DataFrame) -> pd.DataFrame:
    """The columns of `JudgedRow`: per arm in the order of the rows, each judge and, of several, their majority.

    Args:
        judged: home/studies/NAME/judged.parquet, of which arm, control, seed, prompt, judge, verdict, arm_first and
            control_first are read.
    """
    rows = []
    for (arm, control), pairs in judged.groupby(["arm", "control"], sort=False):
        judges = list(pairs.groupby("judge", sort=False))
        rows += [_row(str(arm), str(control), str(judge), part, _order_consistency(part)) for judge, part in judges]
        if len(judges) > 1:
            rows.append(_row(str(arm), str(control), MAJORITY, _majority(pairs), math.nan))
    return pd.DataFrame(rows, columns=[field.name for field in dataclasses.fields(JudgedRow)])


def _row(arm: str, control: str, judge: str, pairs: pd.DataFrame, order_consistency: float) -> JudgedRow:
    counts = pairs["verdict"].value_counts()
    worth = pairs.assign(worth=pairs["verdict"].map(_WORTH)).pivot(index="seed", columns="prompt", values="worth")
    worth_SxP = worth.to_numpy(dtype=float)
    win_rate, low, high = _win_rate(worth_SxP)
    return JudgedRow(
        arm=arm,
        control=control,
        judge=judge,
        wins=int(counts.get("win", 0)),
        losses=int(counts.get("loss", 0)),
        ties=int(counts.get("tie", 0)),
        no_verdict=int(counts.get("no verdict", 0)),
        p_value=_sign_test(worth_SxP),
        win_rate=win_rate,
        low=low,
        high=high,
        order_consistency=order_consistency,
        prompts=worth_SxP.shape[1],
        seeds=worth_SxP.shape[0],
    )


def _sign_test(worth_SxP: np.ndarray) -> float:
    lead_P = np.nansum(worth_SxP - 0.5, axis=0)
    ahead, behind = int((lead_P > 0).sum()), int((lead_P < 0).sum())
    return float(binomtest(ahead, ahead + behind).pvalue) if ahead + behind else math.nan


def _win_rate(worth_SxP: np.ndarray) -> tuple[float, float, float]:
    """The mean over all verdicts, and its interval within 0 and 1."""
    there_SxP = ~np.isnan(worth_SxP)
    verdicts = int(there_SxP.sum())
    if not verdicts:
        return math.nan, math.nan, math.nan
    mean = float(worth_SxP[there_SxP].mean())
    cells_SxP = np.where(there_SxP, worth_SxP - mean, 0.0) / verdicts
    share_P = there_SxP.sum(axis=0) / verdicts
    low, high = estimate(Influence(mean, cells_SxP, share_P, verdicts)).interval
    return mean, max(low, 0.0) if low == low else low, min(high, 1.0) if high == high else high


def _order_consistency(pairs: pd.DataFrame) -> float:
    both = pairs.dropna(subset=["arm_first", "control_first"])
    return float((both["arm_first"] == both["control_first"]).mean()) if len(both) else math.nan


def _majority(pairs: pd.DataFrame) -> pd.DataFrame:
    """A verdict for each seed and prompt: what more than half of the judges say that say anything."""

    def most(verdicts: pd.Series) -> str:
        said = verdicts[verdicts != "no verdict"]
        if said.empty:
            return "no verdict"
        shares = said.value_counts(normalize=True)
        return str(shares.index[0]) if shares.iloc[0] > 0.5 else "tie"

    return pairs.groupby(["seed", "prompt"], sort=False)["verdict"].agg(most).reset_index()
