"""Judged answers: how often an arm's was preferred to the control's, with an interval over prompts and seeds.

A verdict counts where the judge chose the same answer in both orders; where it did not, the pair is a tie. Source:
arXiv 2408.10914 §2.4 for the measure; the sign test and the interval are what that study lacks.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from codemix.errors import UserError
from codemix.reporting import statistics
from codemix.reporting.suite import estimates
from codemix.reporting.suite.majority import with_majority
from codemix.reporting.verdicts import verdict

JUDGED = "judged.parquet"
_COLUMNS = ("judge", "arm", "control", "seed", "prompt", "verdict", "arm_first", "control_first")
_TEXTS = ("instruction", "arm_answer", "control_answer")
_SHOWN_PROMPTS = 3
_VALUES = {"win": 1.0, "loss": -1.0, "tie": 0.0, "no verdict": np.nan}
_AGAIN = "judge the study again with `codemix judge`"


@dataclasses.dataclass(frozen=True)
class Judged:
    """`rows` has a row per judge, arm, control, seed and prompt; `answers` are the first prompts with what every arm
    answered at the first seed."""

    rows: pd.DataFrame
    answers: Sequence[tuple[str, Mapping[str, str]]] = ()

    def selected(self, arms: Sequence[str], control: str, seeds: Sequence[int]) -> "Judged":
        """The verdicts on some of the arms beside `control`; none where they were judged beside another."""
        kept = self.rows["arm"].isin(arms) & (self.rows["control"] == control) & self.rows["seed"].isin(seeds)
        answers = [(prompt, {arm: by_arm[arm] for arm in arms if arm in by_arm}) for prompt, by_arm in self.answers]
        return Judged(self.rows[kept], answers)


def load_judged(folder: Path) -> Judged | None:
    """The verdicts in a study's folder, those of the judges' majority among them; None where nothing was judged. Raises
    UserError where the file is broken."""
    path = folder / JUDGED
    if not path.is_file():
        return None
    try:
        rows = pd.read_parquet(path, columns=[*_COLUMNS, *_TEXTS])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is not a readable table of verdicts ({error}): {_AGAIN}.") from error
    if unknown := sorted(set(rows["verdict"]) - set(_VALUES)):
        raise UserError(f"{path}: column 'verdict' holds {unknown[0]!r}, which is no verdict: {_AGAIN}.")
    if rows.duplicated(["judge", "arm", "control", "seed", "prompt"]).any():
        raise UserError(f"{path}: a judge has two verdicts on one pair: {_AGAIN}.")
    return Judged(with_majority(rows[list(_COLUMNS)]), _answers(rows))


def _answers(rows: pd.DataFrame) -> list[tuple[str, dict[str, str]]]:
    prompts = list(dict.fromkeys(rows["prompt"]))[:_SHOWN_PROMPTS]
    first = rows[rows["prompt"].isin(prompts) & (rows["seed"] == rows["seed"].iloc[0])] if len(rows) else rows
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for row in first.to_dict("records"):
        _, by_arm = found.setdefault(row["prompt"], (row["instruction"], {}))
        by_arm |= {row["arm"]: row["arm_answer"], row["control"]: row["control_answer"]}
    return [found[prompt] for prompt in prompts]


def judged_rates(judged: Judged) -> pd.DataFrame:
    """A row per judge and arm: wins, losses, ties (pairs of all seeds), win, loss, tie (percent), difference (win −
    loss, in points), low, high, p_value (of the interval), p_sign (exact, on prompts that are not tied), p_holm,
    consistent (percent of the pairs asked about on which both orders agree), unjudged (pairs without a verdict),
    prompts, seeds, verdict.

    A prompt that lacks a verdict at one of the seeds is left out at all. `p_holm` is Holm's adjustment of the larger
    of the two p-values, over all rows.
    """
    rows = []
    for (judge, arm), pairs in judged.rows.groupby(["judge", "arm"], sort=False):
        table = pairs.assign(value=pairs["verdict"].map(_VALUES)).pivot(index="seed", columns="prompt", values="value")
        whole = table.dropna(axis="columns")
        values_SxI = whole.to_numpy()
        asked = pairs[pairs["arm_first"].notna() & pairs["control_first"].notna()]
        unjudged = int((pairs["verdict"] == "no verdict").sum())
        found = {
            "judge": judge,
            "arm": arm,
            **{name: int((values_SxI == value).sum()) for name, value in (("wins", 1), ("losses", -1), ("ties", 0))},
            "consistent": 100 * float((asked["arm_first"] == asked["control_first"]).mean()),
            "unjudged": unjudged,
            "prompts": values_SxI.shape[1],
            "seeds": values_SxI.shape[0],
        }
        rows.append({**found, **_difference(values_SxI)})
    names = ["judge", "arm", "wins", "losses", "ties", "win", "loss", "tie", "difference", "low", "high", "p_value"]
    frame = pd.DataFrame(rows, columns=[*names, "p_sign", "consistent", "unjudged", "prompts", "seeds"])
    larger = frame[["p_value", "p_sign"]].max(axis="columns")
    frame["p_holm"] = statistics.holm(larger.tolist())
    frame["verdict"] = [
        verdict(difference > 0, p_value, p_holm)
        for difference, p_value, p_holm in zip(frame["difference"], larger, frame["p_holm"], strict=True)
    ]
    return frame


def _difference(values_SxI: np.ndarray) -> dict[str, float]:
    if not values_SxI.size:
        return {}
    shares = {name: 100 * float((values_SxI == value).mean()) for name, value in (("win", 1), ("loss", -1), ("tie", 0))}
    part = estimates.difference(values_SxI, np.zeros_like(values_SxI), np.ones(values_SxI.shape[1]), counted=True)
    found = estimates.weighted([part], [1.0])
    low, high = estimates.share_interval(found)
    return {
        **shares,
        "difference": 100 * found.value,
        "low": 100 * low,
        "high": 100 * high,
        "p_value": found.p_value,
        "p_sign": estimates.sign_test(values_SxI)[1],
    }
