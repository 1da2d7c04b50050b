"""The sentences about the suite, made from its numbers."""

from collections.abc import Mapping, Sequence

import pandas as pd

from codemix.reporting import numbers
from codemix.reporting.suite import tables
from codemix.reporting.suite.published import Printed, PrintedVerdicts
from codemix.reporting.suite.results import SuiteResults
from codemix.reporting.verdicts import BEFORE_CORRECTION, BETTER, NO_INTERVAL, UNCLEAR, WORSE

_OPEN = (UNCLEAR, BEFORE_CORRECTION, NO_INTERVAL)
_JOINED = {"better on": (BETTER,), "worse on": (WORSE,), "not clearly different on": _OPEN}

HOW_TO_READ = (
    "Differences are paired: an arm and the control answer the same items at the same seeds (names and contents of the "
    "items are compared, and a report is refused where they differ). The interval's model is that of bits per byte on "
    "held-out documents, with every item a cluster of its own: it answers for other seeds and other items of the kind.",
    "A mean of a category is the mean of its tasks, whatever their numbers of items; the NL mean is that of reasoning "
    "and knowledge, the total that of reasoning, knowledge and code. Items of different tasks are independent; what a "
    "seed does to several tasks is counted as one draw.",
    "Whether a measure decides was declared for the scale, with its reason. Holm's adjustment is over the means that "
    "decide as one family, and over the single tasks that decide as another; what is shown only has neither p nor "
    "verdict.",
    "Bits per byte are those of the right answer (or the reference solution), summed over items before they are "
    "divided; `p_correct` is the probability of the right choice among the choices. Intervals of scores are Wilson's, "
    "for as many items as the spread over items and seeds amounts to.",
    "Where right and wrong differ on fewer than 25 items, p is the larger of the interval's and of an exact sign "
    "test's; to the variance of differences of right and wrong, half an item on each side is added (Agresti and Min).",
)


def introduction(suite: SuiteResults, seeds: int) -> str:
    """What was scored, on how much."""
    items = sum(len(task.items) for task in suite.tasks.values())
    text = (
        f"The suite `{suite.name}`: {numbers.plural(len(suite.tasks), 'benchmark')} with "
        f"{numbers.plural(items, 'item')}, the same for every arm and seed ({numbers.plural(seeds, 'seed')})."
    )
    if seeds == 1:
        text += " One seed: the intervals reflect items only."
    if suite.isolation:
        text += f" Programs ran in the sandbox; in force: {suite.isolation}."
    return text


def answers(means: pd.DataFrame, control: str) -> list[str]:
    """One sentence per arm and measure about the means that decide."""
    sentences = []
    for arm, rows in means.groupby("arm", sort=False):
        if not rows["verdict"].isin([BETTER, WORSE]).any():
            sentences.append(f"`{arm}`: no clear difference from `{control}` in any mean that decides.")
            continue
        for measure in dict.fromkeys(rows["measure"]):
            of_measure = rows[rows["measure"] == measure]
            parts = []
            for words, verdicts in _JOINED.items():
                chosen = of_measure[of_measure["verdict"].isin(verdicts)].to_dict("records")
                if chosen:
                    named = (row["mean"] if verdicts == _OPEN else _named(row) for row in chosen)
                    parts.append(f"{words} {_list(named)}")
            sentences.append(f"`{arm}`, by {tables.measure_name(measure)}, is {'; '.join(parts)}.")
    return sentences


def skipped(suite: SuiteResults) -> list[str]:
    """The benchmarks without a score."""
    return [f"{task} is not scored: {reason}." for task, reason in suite.skipped]


def chance(frame: pd.DataFrame) -> str:
    """Which tasks the second set of means leaves out."""
    failing = frame.loc[~frame["passes"].astype(bool), "task"]
    if failing.empty:
        return "All arms beat chance on every task, so the means over those alone are the means over all."
    rule = "The paper compared only benchmarks on which all models beat chance (§2.4)."
    if len(failing) == len(frame):
        return f"{rule} Here there is none on which every arm does."
    return (
        f"{rule} Here not every arm does on {_list(failing)}: the means over the others are shown beside those over "
        "all, and decide nothing."
    )


def contamination(suite: SuiteResults, clean: pd.DataFrame) -> list[str]:
    """What the audit says of the suite's items."""
    audited = [name for name, task in suite.tasks.items() if task.audited]
    lines = []
    if without := [name for name in suite.tasks if name not in audited]:
        lines.append(f"Not audited: {_list(without)}. Whether their items are in training documents is unknown.")
    if none := [name for name in audited if not (suite.tasks[name].flags == 1).any()]:
        lines.append(f"No item was found in training documents of {_list(none)}.")
    if found := [name for name in audited if (suite.tasks[name].flags == 1).any()]:
        counts = (f"{name} ({int((suite.tasks[name].flags == 1).sum())})" for name in found)
        lines.append(f"Items found in training documents: {_list(counts)}.")
    if lost := [name for name in found if name not in set(clean["task"])]:
        lines.append(f"Nearly all items of {_list(lost)} were found: there is no clean subset to score.")
    return lines


def printed_notes(printed: Mapping[str, Printed]) -> list[str]:
    """Where the paper's figures stand, and why some are corrected."""
    where: dict[str, list[str]] = {}
    for arm, found in printed.items():
        where.setdefault(found.where, []).append(f"`{arm}`")
    notes = [f"{_list(arms)}: {place}." for place, arms in where.items()]
    return [*notes, *(f"`{arm}` is corrected: {found.note}." for arm, found in printed.items() if found.note)]


def printed_verdicts(printed: Mapping[str, PrintedVerdicts]) -> str:
    """Where the paper's verdicts stand, and what the last column makes of them."""
    places = "; ".join(f"`{arm}`: {found.where}, {_of_pairs(found)}" for arm, found in printed.items())
    return (
        f"The last column is arXiv 2408.10914's, by one judge, Command-R+ ({places}). The paper has no test: the sign "
        "test is codemix's, over the counts that its shares amount to. Its balanced→text and code→text are, by its "
        "other figures, arms with synthetic code."
    )


def _of_pairs(found: PrintedVerdicts) -> str:
    pairs = found.wins + found.losses + found.ties
    return f"{found.wins} wins and {found.losses} losses in {pairs} pairs"


def judged_limits(frame: pd.DataFrame) -> str:
    """How to read the judged answers."""
    text = (
        "Every pair was shown to the judge in both orders, and counts where both verdicts agree; a pair on which they "
        "disagree is a tie. The sign test is exact, over prompts that are no tie; p (Holm) is the larger of its "
        "p-value and of the interval's, adjusted over all rows. A judge has tastes of its own: several judges are "
        "worth more than many prompts."
    )
    if int(frame["unjudged"].sum()):
        text += " Prompts on which a judge gave no verdict at one of the seeds are left out."
    return text


def _named(row: Mapping) -> str:
    cell = tables.difference(row)
    return f"{row['mean']} ({cell.text}, interval {cell.detail})"


def _list(items) -> str:
    words: Sequence[str] = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
