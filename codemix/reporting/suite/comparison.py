"""Every arm against the control on the suite: task by task, and in the means of categories as the paper forms them.

A mean of a category is the mean of its tasks, whatever their numbers of items; the NL mean is that of reasoning and
knowledge, and the total that of reasoning, knowledge and code (arXiv 2408.10914 §2.4, Table 2). What decides is
declared in the plan, a measure at a time; what does not is shown with its interval, and has no verdict.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from codemix.reporting import statistics
from codemix.reporting.suite import estimates
from codemix.reporting.suite.judged import judged_rates
from codemix.reporting.suite.results import Measure, SuiteResults, TaskScores
from codemix.reporting.verdicts import SHOWN_ONLY, verdict

ALL_TASKS = "all"
ABOVE_CHANCE = "above chance"
# mean -> the weight of each category in it
MEANS: Mapping[str, Mapping[str, float]] = {
    "reasoning": {"reasoning": 1.0},
    "knowledge": {"knowledge": 1.0},
    "NL mean": {"reasoning": 1 / 2, "knowledge": 1 / 2},
    "code": {"code": 1.0},
    "total": {"reasoning": 1 / 3, "knowledge": 1 / 3, "code": 1 / 3},
    "beyond": {"beyond": 1.0},
}
_CONTINUOUS = ("bits_per_byte", "p_correct")
_ATTEMPTS = (1, 10, 100)
_FEW_ARMS = 6


@dataclasses.dataclass(frozen=True)
class Compared:
    """An arm beside the control. Shares are in points, 0 to 100; the rest in the measure's unit.

    `differing` items are those on which right and wrong differ; where they are fewer than 25, `p_value` is the larger
    of the interval's and the sign test's (`p_sign`). `detectable` is infinite where even all answers would be too few.
    `reason` says why there is no interval.
    """

    unit: str
    score: float
    score_low: float
    score_high: float
    control_score: float
    control_low: float
    control_high: float
    difference: float
    low: float
    high: float
    p_value: float
    p_sign: float
    detectable: float
    differing: float
    items: int
    seeds: int
    reason: str
    higher_is_better: bool
    decides: bool
    p_holm: float = math.nan
    verdict: str = ""


@dataclasses.dataclass(frozen=True)
class _Pair:
    """One task's values of an arm and the control, seeds × items, with the items' weights."""

    arm_SxI: np.ndarray
    control_SxI: np.ndarray
    weights_I: np.ndarray
    measure: Measure


@dataclasses.dataclass(frozen=True)
class SuiteComparison:
    """Every arm against the control, as frames: see the functions of the same names. `judged` is None where no answers
    were judged."""

    tasks: pd.DataFrame
    means: pd.DataFrame
    above_chance: pd.DataFrame
    clean_subset: pd.DataFrame
    attempts: pd.DataFrame
    judged: pd.DataFrame | None

    @property
    def few_arms(self) -> bool:
        """Whether a figure can show single benchmarks: of many arms, tables do."""
        return 0 < self.tasks["arm"].nunique() <= _FEW_ARMS


def compare_suite(suite: SuiteResults, arms: Sequence[str], control: str) -> SuiteComparison:
    """All comparisons of a suite's results."""
    return SuiteComparison(
        compare_tasks(suite, arms, control),
        compare_means(suite, arms, control),
        above_chance(suite, arms),
        clean_subset(suite, arms, control),
        attempts(suite, arms, control),
        judged_rates(suite.judged) if suite.judged else None,
    )


def compare_tasks(suite: SuiteResults, arms: Sequence[str], control: str) -> pd.DataFrame:
    """A row per arm, task and measure: arm, category, task, measure, chance, why (of the grade), and `Compared`.

    Holm's adjustment is over the rows that decide.
    """
    rows = [
        {
            "arm": arm,
            "category": measure.category,
            "task": measure.task,
            "measure": measure.name,
            "chance": math.nan if measure.chance is None else measure.scale * measure.chance,
            "why": measure.reason,
            **_compared([_pair(suite, measure, arm, control)], [1.0], measure.decides),
        }
        for arm in arms
        if arm != control
        for measure in suite.measures
    ]
    return _judged(rows, ["arm", "category", "task", "measure", "chance", "why"])


def compare_means(suite: SuiteResults, arms: Sequence[str], control: str) -> pd.DataFrame:
    """A row per arm, mean and measure: arm, mean, measure, over, tasks, and `Compared`.

    `over` is "all" tasks, or those on which all arms are "above chance", where these are not the same. Of scores, all
    tasks are in a mean, and it decides where each of them does; of bits_per_byte and p_correct, only the tasks on which
    they decide. A mean with a category that has no task is left out. Holm's adjustment is over the rows that decide.
    """
    beaten = set(above_chance(suite, arms).query("passes")["task"])
    scores = suite.scores()
    families = [("score", ALL_TASKS, scores)]
    if len(beaten) < len(scores):
        families.append(("score", ABOVE_CHANCE, [measure for measure in scores if measure.task in beaten]))
    for column in _CONTINUOUS:
        chosen = [measure for measure in suite.measures if measure.column == column and measure.decides]
        families.append((column, ALL_TASKS, chosen))
    rows = []
    for arm in arms:
        if arm == control:
            continue
        for name, over, measures in families:
            for mean, categories in MEANS.items():
                inside = [measure for measure in measures if measure.category in categories]
                if {measure.category for measure in inside} != set(categories):
                    continue
                sizes = {category: sum(measure.category == category for measure in inside) for category in categories}
                weights = [categories[measure.category] / sizes[measure.category] for measure in inside]
                decides = over == ALL_TASKS and all(measure.decides for measure in inside)
                rows.append(
                    {
                        "arm": arm,
                        "mean": mean,
                        "measure": name,
                        "over": over,
                        "tasks": len(inside),
                        **_compared([_pair(suite, measure, arm, control) for measure in inside], weights, decides),
                    }
                )
    return _judged(rows, ["arm", "mean", "measure", "over", "tasks"])


def above_chance(suite: SuiteResults, arms: Sequence[str]) -> pd.DataFrame:
    """Which tasks every arm beats chance on: task, chance, arm (the one whose interval reaches lowest), score, low,
    high (in points), passes: whether even that one's 95 % interval lies above chance. Where guessing has no score,
    or one of zero, any right answer beats it."""
    rows = []
    for measure in suite.scores():
        chance = measure.chance or 0.0
        task = suite.tasks[measure.task]
        there = _there(task, measure)
        levels = {arm: _level([_values(task, measure, arm)[:, there]], [1.0], measure) for arm in arms}
        arm = min(levels, key=lambda name: (levels[name][1], levels[name][0]))
        score, low, high = (100 * value for value in levels[arm])
        rows.append((measure.task, 100 * chance, arm, score, low, high, low > 100 * chance))
    return pd.DataFrame(rows, columns=["task", "chance", "arm", "score", "low", "high", "passes"])


def clean_subset(suite: SuiteResults, arms: Sequence[str], control: str) -> pd.DataFrame:
    """The scores without the items that were found in training documents, for every task of which some were: a row per
    arm and task with its score over all and over clean items, and the difference clean − all with its interval; for
    arms beside the control, the same of their difference to it. Points.

    Columns: arm, task, items, flagged, untold (not audited, or too short to tell), clean, score, clean_score, change,
    change_low, change_high, difference, clean_difference, difference_change, difference_change_low,
    difference_change_high, seeds.
    """
    rows = []
    for measure in suite.scores():
        task = suite.tasks[measure.task]
        flags = task.flags[_there(task, measure)]
        flagged, clean = int(np.sum(flags == 1)), int(np.sum(flags == 0))
        if not flagged or clean < 2:
            continue
        for arm in arms:
            own = _change(task, measure, _values(task, measure, arm))
            against = (
                (math.nan,) * 5
                if arm == control
                else _change(task, measure, _values(task, measure, arm) - _values(task, measure, control))
            )
            untold = len(flags) - flagged - clean
            seeds = len(task.values["score"][arm])
            rows.append((arm, measure.task, len(flags), flagged, untold, clean, *own, *against, seeds))
    names = ("score", "clean_score", "change", "change_low", "change_high")
    others = ("difference", "clean_difference", *(f"difference_{name}" for name in names[2:]))
    columns = ["arm", "task", "items", "flagged", "untold", "clean", *names, *others, "seeds"]
    return pd.DataFrame(rows, columns=columns)


def attempts(suite: SuiteResults, arms: Sequence[str], control: str) -> pd.DataFrame:
    """pass@k of the tasks whose programs were written several times: arm, task, k, samples, and `Compared` (of which
    nothing decides but what the task's own score does)."""
    rows = []
    for measure in suite.scores():
        task = suite.tasks[measure.task]
        if not task.samples:
            continue
        there = np.isfinite(next(iter(task.samples.values()))[0])
        written = int(min(np.nanmin(samples) for samples in task.samples.values()))
        for k in _ATTEMPTS:
            if not 1 < written >= k:
                continue
            passes = {arm: pass_at_k(task.samples[arm][:, there], task.passed[arm][:, there], k) for arm in arms}
            for arm in arms:
                if arm != control:
                    pair = _Pair(passes[arm], passes[control], np.ones(passes[arm].shape[1]), measure)
                    rows.append(
                        {
                            "arm": arm,
                            "task": measure.task,
                            "k": k,
                            "samples": written,
                            **_compared([pair], [1.0], decides=False),
                        }
                    )
    return _judged(rows, ["arm", "task", "k", "samples"])


def pass_at_k(samples_SxI: np.ndarray, passed_SxI: np.ndarray, k: int) -> np.ndarray:
    """The unbiased estimate for every problem: 1 − C(n−c, k)/C(n, k) (arXiv 2107.03374, eq. 1)."""
    return 1 - special.binom(samples_SxI - passed_SxI, k) / special.binom(samples_SxI, k)


def _values(task: TaskScores, measure: Measure, arm: str) -> np.ndarray:
    return task.values[measure.column][arm]


def _there(task: TaskScores, measure: Measure) -> np.ndarray:
    """The items that have a value; they are the same at every run."""
    return np.isfinite(next(iter(task.values[measure.column].values()))[0])


def _weights(task: TaskScores, measure: Measure) -> np.ndarray:
    """Bits per byte are summed before they are divided; of all else, every item counts the same."""
    return task.bytes if measure.column == "bits_per_byte" else np.ones(len(task.items))


def _pair(suite: SuiteResults, measure: Measure, arm: str, control: str) -> _Pair:
    task = suite.tasks[measure.task]
    own, reference, there = _values(task, measure, arm), _values(task, measure, control), _there(task, measure)
    return _Pair(own[:, there], reference[:, there], _weights(task, measure)[there], measure)


def _compared(pairs: Sequence[_Pair], weights: Sequence[float], decides: bool) -> dict[str, Any]:
    """The columns of `Compared`."""
    measure = pairs[0].measure
    parts = [
        estimates.difference(pair.arm_SxI, pair.control_SxI, pair.weights_I, pair.measure.counted) for pair in pairs
    ]
    found = estimates.weighted(parts, weights)
    differing, p_sign, p_value = math.nan, math.nan, found.p_value
    if len(pairs) == 1 and measure.counted:
        differing, p_sign = estimates.sign_test(pairs[0].arm_SxI - pairs[0].control_SxI)
        if differing < estimates.FEW:
            p_value = max(p_value, p_sign)
    shares = [pair.weights_I for pair in pairs]
    own = _level([pair.arm_SxI for pair in pairs], weights, measure, shares)
    reference = _level([pair.control_SxI for pair in pairs], weights, measure, shares)
    share = measure.unit == "points"
    low, high = estimates.share_interval(found) if share else found.interval
    detectable = math.inf if share and found.detectable > 1 else measure.scale * found.detectable
    names = ("score", "score_low", "score_high", "control_score", "control_low", "control_high")
    shown = dict(zip((*names, "difference", "low", "high"), (*own, *reference, found.value, low, high), strict=True))
    return {
        "unit": measure.unit,
        **{name: measure.scale * value for name, value in shown.items()},
        "p_value": p_value,
        "p_sign": p_sign,
        "detectable": detectable,
        "differing": differing,
        "items": found.documents,
        "seeds": found.seeds,
        "reason": found.reason,
        "higher_is_better": measure.higher_is_better,
        "decides": decides,
    }


def _level(
    values: Sequence[np.ndarray],
    weights: Sequence[float],
    measure: Measure,
    items_weights: Sequence[np.ndarray] | None = None,
) -> tuple[float, float, float]:
    """A score, or a mean of scores, with its interval."""
    items_weights = items_weights or [np.ones(value.shape[1]) for value in values]
    parts = [estimates.mean(value, weight) for value, weight in zip(values, items_weights, strict=True)]
    found = estimates.weighted(parts, weights)
    interval = estimates.proportion_interval(found, parts, weights) if measure.unit == "points" else found.interval
    return (found.value, *interval)


def _change(task: TaskScores, measure: Measure, values_SxI: np.ndarray) -> tuple[float, float, float, float, float]:
    """Over all items, over clean ones, clean − all, and its interval; in points."""
    there = _there(task, measure)
    values_SxI, clean_I = values_SxI[:, there], task.flags[there] == 0
    part = estimates.subset_less_all(values_SxI, np.ones(values_SxI.shape[1]), clean_I)
    interval = estimates.share_interval(estimates.weighted([part], [1.0]))
    everything = float(values_SxI.mean())
    return tuple(100 * value for value in (everything, everything + part.value, part.value, *interval))  # type: ignore[return-value]


def _judged(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    """The rows with Holm's adjustment over those that decide, and verdicts."""
    frame = pd.DataFrame(rows, columns=[*names, *(field.name for field in dataclasses.fields(Compared))])
    deciding = frame["decides"].astype(bool)
    frame.loc[deciding, "p_holm"] = statistics.holm(frame.loc[deciding, "p_value"].tolist())
    frame["verdict"] = [
        verdict((row["difference"] > 0) == row["higher_is_better"], row["p_value"], row["p_holm"])
        if row["decides"]
        else SHOWN_ONLY
        for row in frame.to_dict("records")
    ]
    return frame
