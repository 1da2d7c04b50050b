"""Every arm against the control: one row per arm and held-out source, and one over all sources."""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd

from codemix.reporting import statistics
from codemix.reporting.results import SourceScores, StudyResults
from codemix.reporting.statistics import Estimate, Influence
from codemix.reporting.verdicts import verdict

ALL_SOURCES = "all sources"


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison. BPB is bits per byte (lower is better); changes are in percent of the control's BPB.

    `flag` names sources that are repeated (more than one epoch) on one side of the comparison only; `reason` says why
    there is no interval, where there is none.
    """

    arm: str
    source: str
    bpb: float
    bpb_low: float
    bpb_high: float
    control_bpb: float
    control_bpb_low: float
    control_bpb_high: float
    change_percent: float
    change_low: float
    change_high: float
    p_value: float
    detectable_percent: float
    documents: int
    clusters: int
    seeds: int
    flag: str
    reason: str
    p_holm: float = math.nan
    verdict: str = ""


def compare(results: StudyResults) -> pd.DataFrame:
    """The columns of `Row`; per arm, in the study's order, the row over all sources and then each source.

    The row over all sources is the mean of the sources' log ratios (so its BPB are geometric means). Holm's adjustment
    runs over two families: the rows over all sources, and the rows of single sources.
    """
    absolute = {
        arm: _with_macro([_bits_per_byte(part, arm, results) for part in results.scores]) for arm in results.arms
    }
    sources = [*(part.source for part in results.scores), ALL_SOURCES]
    rows = []
    for arm in results.arms:
        if arm == results.control:
            continue
        changes = _with_macro([_change(part, arm, results) for part in results.scores])
        flag = repetition_flag(results.plan["ledger"], arm, results.control)
        compared = [
            _row(arm, source, change, own, reference, flag)
            for source, change, own, reference in zip(
                sources, changes, absolute[arm], absolute[results.control], strict=True
            )
        ]
        rows += [compared[-1], *compared[:-1]]
    frame = pd.DataFrame(rows, columns=[field.name for field in dataclasses.fields(Row)])
    for family in (frame["source"] == ALL_SOURCES, frame["source"] != ALL_SOURCES):
        frame.loc[family, "p_holm"] = statistics.holm(frame.loc[family, "p_value"].tolist())
    frame["verdict"] = [
        verdict(change < 0, p_value, p_holm)
        for change, p_value, p_holm in frame[["change_percent", "p_value", "p_holm"]].to_numpy()
    ]
    return frame


def repetition_flag(ledger: list[dict[str, Any]], arm: str, control: str) -> str:
    """Names the training sources that one of the two arms sees more than once and the other does not; "" if none."""
    epochs = {name: _final_epochs(ledger, name) for name in (arm, control)}
    parts = []
    for source in sorted(epochs[arm].keys() | epochs[control].keys()):
        own, reference = epochs[arm].get(source, 0.0), epochs[control].get(source, 0.0)
        if (own > 1) != (reference > 1):
            parts.append(f"{source} {own:.1f} epochs (control {reference:.1f})")
    return "; ".join(parts)


def _final_epochs(ledger: list[dict[str, Any]], arm: str) -> dict[str, float]:
    epochs: dict[str, float] = {}
    for line in ledger:
        if line["arm"] == arm and line["epochs"] is not None:
            epochs[line["source"]] = max(epochs.get(line["source"], 0.0), float(line["epochs"]))
    return epochs


def _with_macro(parts: list[Influence]) -> list[Estimate]:
    return [statistics.estimate(part) for part in [*parts, statistics.macro_average(parts)]]


def _change(part: SourceScores, arm: str, results: StudyResults) -> Influence:
    return statistics.influence(part.nll[arm], part.nll[results.control], part.clusters, results.n_clusters)


def _bits_per_byte(part: SourceScores, arm: str, results: StudyResults) -> Influence:
    bits = part.nll[arm] / math.log(2)
    sizes = np.broadcast_to(part.bytes, bits.shape)
    return statistics.influence(bits, sizes, part.clusters, results.n_clusters)


def _row(arm: str, source: str, change: Estimate, own: Estimate, reference: Estimate, flag: str) -> Row:
    bpb_low, bpb_high = own.ratio_interval
    control_low, control_high = reference.ratio_interval
    change_low, change_high = change.percent_interval
    return Row(
        arm=arm,
        source=source,
        bpb=own.ratio,
        bpb_low=bpb_low,
        bpb_high=bpb_high,
        control_bpb=reference.ratio,
        control_bpb_low=control_low,
        control_bpb_high=control_high,
        change_percent=change.percent,
        change_low=change_low,
        change_high=change_high,
        p_value=change.p_value,
        detectable_percent=change.detectable_percent,
        documents=change.documents,
        clusters=change.clusters,
        seeds=change.seeds,
        flag=flag,
        reason=change.reason,
    )
