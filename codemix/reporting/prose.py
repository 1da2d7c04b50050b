"""The sentences of a report, made from its numbers."""

from collections import Counter

import pandas as pd

from codemix.reporting import numbers
from codemix.reporting.comparison import ALL_SOURCES
from codemix.reporting.results import StudyResults
from codemix.reporting.verdicts import BEFORE_CORRECTION, BETTER, NO_INTERVAL, UNCLEAR, WORSE

_JOINED = {BETTER: "better on", WORSE: "worse on", UNCLEAR: "not clearly different on"}

HOW_TO_READ = (
    "Bits per byte (BPB) is the negative log-likelihood of the held-out documents in bits, divided by their UTF-8 "
    "bytes; both are summed over all documents and seeds first. Lower is better: a negative change is an improvement.",
    "The interval holds the values of the true change that the data do not contradict at the 5 % level. It answers: if "
    "other seeds had been drawn and other documents of the same kind held out, where would the change lie?",
    "It is paired: an arm and the control are compared on the same documents at the same seeds, so what makes a "
    "document hard for both drops out. Documents of one cluster (the package or repository they came from) count as "
    "one, because they resemble each other.",
    "Method: the log ratio of the two BPB, linearised per seed and cluster; variance of a mean over two crossed random "
    "factors (seeds + clusters − their cell term, never below the larger factor); Student's t with the quantiles of "
    "both factors weighted by their variances (Cochran and Cox), with the effective number of clusters (1 / Σ share²).",
    "“p (Holm)” is the two-sided p-value after Holm's adjustment, over the rows of single sources as one family and "
    "over the rows of all sources as another. A verdict needs an adjusted p below 0.05. “Detectable” is the smallest "
    "true change that a study like this one would find four times in five.",
    f"“{ALL_SOURCES}” is the mean of the sources' log ratios with equal weights; its BPB are geometric means.",
)


def question(results: StudyResults) -> str:
    """What was asked, in one sentence or two."""
    study, seeds = results.study, len(results.seeds)
    arms = [arm for arm in results.arms if arm != results.control]
    return (
        f"Does training on other mixtures of sources than the control `{results.control}` change how well a model "
        f"predicts text it has not seen? {numbers.plural(len(arms), 'arm')} ({_list(f'`{arm}`' for arm in arms)}) and "
        f"the control were trained at the scale `{study['scale']}` on the corpora `{study['corpora']}` with "
        f"{numbers.plural(seeds, 'seed')} each, and scored on the same held-out documents."
    )


def answer(comparison: pd.DataFrame, results: StudyResults) -> list[str]:
    """One sentence per arm, in the study's order."""
    return [_arm_answer(str(arm), rows, results.control) for arm, rows in comparison.groupby("arm", sort=False)]


def _arm_answer(arm: str, rows: pd.DataFrame, control: str) -> str:
    single = rows[rows["source"] != ALL_SOURCES]
    parts = []
    for verdict, words in _JOINED.items():
        chosen = single[single["verdict"].isin([verdict, BEFORE_CORRECTION] if verdict == UNCLEAR else [verdict])]
        if len(chosen):
            parts.append(f"{words} {_list(_named_change(row) for row in chosen.to_dict('records'))}")
    if (without := single[single["verdict"] == NO_INTERVAL]).size:
        parts.append(f"not judged on {_list(without['source'])}, for want of an interval")
    if set(single["verdict"]) <= {UNCLEAR, BEFORE_CORRECTION}:
        changes = _list(_named_change(row) for row in single.to_dict("records"))
        sentence = f"`{arm}`: no clear difference from `{control}` on any source: {changes}."
    else:
        sentence = f"`{arm}` is {'; '.join(parts)}."
    flag = rows["flag"].iloc[0]
    return f"{sentence} Repetition may explain part of it: {flag}." if flag else sentence


def _named_change(row: dict) -> str:
    interval = numbers.interval(row["change_low"], row["change_high"])
    return f"{row['source']} ({numbers.change(row['change_percent'])}\u00a0%, interval {interval})"


def counted(comparison: pd.DataFrame) -> str:
    """On how much the numbers rest."""
    total = comparison[comparison["source"] == ALL_SOURCES].iloc[0]
    return (
        f"All changes are relative changes in bits per byte with 95 % intervals, paired over "
        f"{numbers.plural(int(total['documents']), 'document')} in {numbers.plural(int(total['clusters']), 'cluster')} "
        f"and {numbers.plural(int(total['seeds']), 'seed')}."
    )


def limits(comparison: pd.DataFrame, results: StudyResults) -> list[str]:
    """What the study does not show."""
    study, seeds = results.study, len(results.seeds)
    tokens = sum(phase["tokens"] for phase in results.phases_of(results.control))
    parameters = numbers.short_count(results.plan["model"].get("parameters"))
    lines = [
        f"One scale: `{study['scale']}`, {parameters} parameters, {numbers.short_count(tokens)} training tokens in the "
        "control. Effects of code in pre-training have changed size and sign with scale; a small model predicts a "
        "large one only as far as several scales agree.",
        "Bits per byte measures prediction of text like the held-out documents. It is not a score on tasks.",
        f"The held-out documents are of the corpora `{study['corpora']}`: other text may answer otherwise.",
    ]
    if seeds == 1:
        lines.insert(
            0, "One seed: the intervals reflect documents only. How much another seed would change is unknown."
        )
    elif seeds < 5:
        lines.append(
            f"{numbers.plural(seeds, 'seed')}: the noise between seeds is itself known only roughly, which the "
            "intervals pay for in width."
        )
    if displacing := _displacing(results):
        lines.append(
            f"{_list(f'`{arm}`' for arm in displacing)} read as many tokens as the control in all, and so fewer of "
            f"{_list(_displaced(results))}: a difference is one of what they read and of what they did not."
        )
    if comparison["flag"].any():
        lines.append(
            "Some arms repeat a source that the control does not, or the reverse (named in the table): there the "
            "mixture and the repetition change together, and this study cannot tell them apart."
        )
    if shared := _shared_with_control(results):
        lines.append(
            f"{_list(f'`{arm}`' for arm in shared)} and the control begin with the same trained phase, so their "
            "difference is conditional on it."
        )
    return lines


def audited(totals: pd.DataFrame) -> str:
    """What the audit looked for, and how often it found something."""
    searched = totals.groupby("source")["searched"].first()
    return (
        f"The items of {totals['benchmark'].nunique()} benchmarks were looked for in {searched.sum():,} documents of "
        f"{_list(searched.index)}, by n-grams: {totals['matched'].sum():,} times an item, or a part of one, is in a "
        "source. A score on what is found here is partly one of memory."
    )


def sharing(results: StudyResults) -> str:
    """What training shared phases once saved."""
    sharing = results.plan["sharing"]
    return (
        f"Trained arm by arm, the study would have cost {numbers.short_count(sharing['tokens_arm_by_arm'])} tokens. "
        f"Phases that several arms begin with were trained once: {numbers.short_count(sharing['tokens_trained'])} "
        f"tokens, {numbers.percent(sharing['saved_share'])} saved."
    )


def _shared_with_control(results: StudyResults) -> list[str]:
    keys = {phase["key"] for phase in results.phases_of(results.control)}
    return [
        arm
        for arm in results.arms
        if arm != results.control and any(phase["key"] in keys for phase in results.phases_of(arm))
    ]


def _tokens_read(results: StudyResults, arm: str) -> Counter[str]:
    """source -> tokens that the arm reads of it."""
    read: Counter[str] = Counter()
    for entry in results.plan["ledger"]:
        if entry["arm"] == arm:
            read[entry["source"]] += entry["tokens"]
    return read


def _displacing(results: StudyResults) -> list[str]:
    """The arms that read the control's total, but less of a source that the control reads."""
    control = _tokens_read(results, results.control)
    reads = {arm: _tokens_read(results, arm) for arm in results.arms if arm != results.control}
    return [arm for arm, read in reads.items() if read.total() == control.total() and control - read]


def _displaced(results: StudyResults) -> list[str]:
    """The sources of which those arms read less."""
    control = _tokens_read(results, results.control)
    return sorted({source for arm in _displacing(results) for source in control - _tokens_read(results, arm)})


def _list(items) -> str:
    """a, b and c."""
    words = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
