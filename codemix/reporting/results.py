"""What a finished study left in its folder, checked and put into arrays."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from codemix.errors import UserError
from codemix.reporting.suite.results import SuiteResults, load_suite
from codemix.store import atomic

RESULT_COLUMNS = ("arm", "seed", "source", "document", "cluster", "nll", "bytes", "tokens")
LOOKS = "looks.parquet"  # arm, seed, step, tokens, what (a source or a benchmark), measure, value
_PLAN_FIELDS = (
    "study",
    "command",
    "versions",
    "gin",
    "model",
    "sources",
    "phases",
    "runs",
    "ledger",
    "sharing",
    "warnings",
)


@dataclasses.dataclass(frozen=True)
class SourceScores:
    """The held-out documents of one source, scored by every arm at every seed.

    `nll` holds, per arm, seeds × documents in nats; `bytes` and `tokens` (documents) are the documents' sizes;
    `clusters` (documents) numbers the cluster of each document, the same number for one cluster in every source.
    """

    source: str
    bytes: np.ndarray
    tokens: np.ndarray
    clusters: np.ndarray
    nll: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class StudyResults:
    """`plan` is plan.json; `curves` holds, per arm and seed, a frame with the columns step, tokens and loss; `looks` of
    what was scored during training, a row per look, source or benchmark, and measure; `audit`, a row per benchmark and
    source, what of it is in the source's documents; `suite`, what its benchmarks gave."""

    plan: dict[str, Any]
    scores: list[SourceScores]
    n_clusters: int
    curves: dict[tuple[str, int], pd.DataFrame]
    audit: pd.DataFrame | None = None
    suite: SuiteResults | None = None
    looks: pd.DataFrame | None = None

    @property
    def study(self) -> dict[str, Any]:
        return self.plan["study"]

    @property
    def control(self) -> str:
        return self.study["control"]

    @property
    def arms(self) -> list[str]:
        return self.study["arms"]

    @property
    def seeds(self) -> list[int]:
        return self.study["seeds"]

    def phases_of(self, arm: str) -> list[dict[str, Any]]:
        """The phases of `arm` in order, as at its first seed."""
        keys = next(run["phases"] for run in self.plan["runs"] if run["arm"] == arm)
        by_key = {phase["key"]: phase for phase in self.plan["phases"]}
        return [by_key[key] for key in keys]


def load(study_folder: Path, home: Path) -> StudyResults:
    """Reads plan.json, results.parquet and, where it has a suite, items.parquet of `study_folder`, and the phases'
    metrics.jsonl under `home`.

    Raises UserError where a file is missing or broken, or where arms cannot be compared: other documents, seeds or
    sizes.
    """
    plan = _load_plan(study_folder / "plan.json")
    path = study_folder / "results.parquet"
    frame = _load_frame(path, plan["study"])
    cluster_numbers, cluster_names = pd.factorize(frame["cluster"], sort=True)
    frame["cluster"] = cluster_numbers
    scores = [
        _source_scores(path, str(source), rows, plan["study"]) for source, rows in frame.groupby("source", sort=True)
    ]
    order = {source: place for place, source in enumerate(plan["sources"])}
    scores.sort(key=lambda part: (order.get(part.source, len(order)), part.source))
    curves = {(run["arm"], run["seed"]): _load_curve(home, run) for run in plan["runs"]}
    audit, suite = _load_audit(study_folder / "audit" / "totals.parquet"), load_suite(study_folder, plan)
    return StudyResults(plan, scores, len(cluster_names), curves, audit, suite, _load_looks(study_folder / LOOKS))


def _load_looks(path: Path) -> pd.DataFrame | None:
    """What was scored during training; None where nothing was."""
    frame = pd.read_parquet(path) if path.exists() else None
    return None if frame is None or frame.empty else frame


def _load_audit(path: Path) -> pd.DataFrame | None:
    """What the audit counted, a row per benchmark and source; None where none was asked for."""
    return pd.read_parquet(path) if path.exists() else None


def _load_plan(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"{path} is missing: run the study with `codemix run`, which writes it.")
    try:
        plan = atomic.read_json(path)
    except ValueError as error:
        raise UserError(f"{path} is not JSON ({error}): run the study again with `codemix run`.") from error
    if plan.get("format") != 1:
        raise UserError(f"{path}: field 'format' is {plan.get('format')!r}, this codemix reads 1: run the study again.")
    for field in _PLAN_FIELDS:
        if field not in plan:
            raise UserError(f"{path}: field '{field}' is missing: run the study again with `codemix run`.")
    study = plan["study"]
    if study["control"] not in study["arms"]:
        raise UserError(f"{path}: the control '{study['control']}' is not among the arms: add it to the study.")
    ran = {(run["arm"], run["seed"]) for run in plan["runs"]}
    for arm in study["arms"]:
        for seed in study["seeds"]:
            if (arm, seed) not in ran:
                raise UserError(f"{path}: field 'runs' lacks arm '{arm}' at seed {seed}: run the study again.")
    return plan


def _load_frame(path: Path, study: dict[str, Any]) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"{path} is missing: evaluate the study with `codemix evaluate` or `codemix run`.")
    again = "evaluate the study again with `codemix evaluate`"
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not a readable Parquet file ({error}): {again}.") from error
    for column in RESULT_COLUMNS:
        if column not in frame:
            raise UserError(f"{path}: column '{column}' is missing: {again}.")
        if frame[column].isna().any():
            row = frame[frame[column].isna()].iloc[0]
            where = f"arm '{row['arm']}', seed {row['seed']}, document '{row['document']}'"
            raise UserError(f"{path}: column '{column}' has no value at {where}: {again}.")
    if frame.empty:
        raise UserError(f"{path} holds no documents: give the evaluation held-out documents, then {again}.")
    if not np.isfinite(frame["nll"]).all() or (frame["nll"] < 0).any():
        raise UserError(f"{path}: column 'nll' must be finite and not negative: {again}.")
    if (frame["bytes"] <= 0).any():
        raise UserError(f"{path}: column 'bytes' must be positive: leave empty documents out, then {again}.")
    for column, planned in (("arm", study["arms"]), ("seed", study["seeds"])):
        found, wanted = sorted(set(frame[column])), sorted(planned)
        if found != wanted:
            raise UserError(f"{path}: column '{column}' holds {found}, the plan has {wanted}: {again}.")
    if frame.duplicated(["arm", "seed", "source", "document"]).any():
        raise UserError(f"{path}: a document is scored twice by one run: {again}.")
    return frame.sort_values(["arm", "seed", "source", "document"], kind="stable", ignore_index=True)


def _source_scores(path: Path, source: str, rows: pd.DataFrame, study: dict[str, Any]) -> SourceScores:
    facts = ["document", "cluster", "bytes", "tokens"]
    runs = dict(list(rows.groupby(["arm", "seed"])))
    first = runs.get((study["control"], study["seeds"][0]), rows.iloc[:0])[facts].to_numpy()
    nll = {}
    for arm in study["arms"]:
        by_seed = []
        for seed in study["seeds"]:
            run = runs.get((arm, seed))
            if run is None or not np.array_equal(run[facts].to_numpy(), first):
                raise UserError(
                    f"{path}: arm '{arm}' at seed {seed} was not scored on the same documents of '{source}' "
                    f"as the control '{study['control']}': evaluate the study again with `codemix evaluate`."
                )
            by_seed.append(run["nll"].to_numpy(dtype=np.float64))
        nll[arm] = np.stack(by_seed)
        if not (nll[arm].sum() > 0):
            raise UserError(f"{path}: arm '{arm}' has no loss at all on '{source}': evaluate the study again.")
    sizes = runs[(study["control"], study["seeds"][0])]
    return SourceScores(
        source=source,
        bytes=sizes["bytes"].to_numpy(dtype=np.int64),
        tokens=sizes["tokens"].to_numpy(dtype=np.int64),
        clusters=sizes["cluster"].to_numpy(dtype=np.int64),
        nll=nll,
    )


def _load_curve(home: Path, run: dict[str, Any]) -> pd.DataFrame:
    rows: dict[int, tuple[int, int, float]] = {}
    for key in run["phases"]:
        for row in _read_metrics(home / "phases" / key / "metrics.jsonl"):
            rows[row[0]] = row  # a resumed phase may log a step twice: the later record counts
    return pd.DataFrame([rows[step] for step in sorted(rows)], columns=["step", "tokens", "loss"])


def _read_metrics(path: Path) -> list[tuple[int, int, float]]:
    if not path.is_file():
        raise UserError(f"{path} is missing: train the phase again with `codemix run`.")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            rows.append((int(record["step"]), int(record["tokens"]), float(record["loss"])))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path}, line {number}: not a metrics record ({error}): train the phase again.") from error
    if not rows:
        raise UserError(f"{path} holds no records: train the phase again with `codemix run`.")
    return rows
