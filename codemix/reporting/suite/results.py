"""The suite's scores of a finished study, checked and put into arrays: every arm and seed on the same items."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from codemix.errors import UserError
from codemix.reporting.suite.judged import Judged, load_judged

ITEMS = "items.parquet"
COUNTED = ("score", "acc", "acc_norm")  # right or wrong, or a share of samples that are right
_SHARES = (*COUNTED, "p_correct")
MEASURED = (*_SHARES, "bits_per_byte", "margin")
_FACTS = ("arm", "seed", "task", "item", "hash", "bytes", "contaminated", "samples", "passed")
_AGAIN = "score the study again with `codemix evaluate`"
_SHOWN_ITEMS = 3  # of a task, with what every arm wrote


@dataclasses.dataclass(frozen=True)
class Measure:
    """A measure of a task, as plan.json declares it.

    Attributes:
        task, category: the benchmark, and the mean that it belongs to.
        name: the measure.
        column: of the items table.
        chance: the score of who guesses; None where that says nothing.
        higher_is_better: as it says.
        grade: "decision" or "display".
        reason: for the grade.
    """

    task: str
    category: str
    name: str
    column: str
    chance: float | None
    higher_is_better: bool
    grade: str
    reason: str

    @property
    def decides(self) -> bool:
        return self.grade == "decision"

    @property
    def counted(self) -> bool:
        return self.column in COUNTED

    @property
    def scale(self) -> float:
        """What its values are multiplied by where they are shown: shares are shown as points."""
        return 100.0 if self.column in _SHARES else 1.0

    @property
    def unit(self) -> str:
        if self.column in _SHARES:
            return "points"
        return "bits per byte" if self.column == "bits_per_byte" else "nats per byte"


@dataclasses.dataclass(frozen=True)
class TaskScores:
    """The items of one task, the same for every arm and seed, in the order of their names.

    `values` holds, per column of the items table and arm, seeds × items; an item that no run has a value for is NaN.
    `samples` and `passed` are the same for code that was executed, and empty otherwise. `flags` (items) is 1 where an
    item was found in training documents of any run, 0 where it was not, NaN where it was not audited or cannot be told.
    """

    task: str
    items: np.ndarray
    bytes: np.ndarray
    flags: np.ndarray
    values: Mapping[str, Mapping[str, np.ndarray]]
    samples: Mapping[str, np.ndarray]
    passed: Mapping[str, np.ndarray]
    generations: Sequence[tuple[str, Mapping[str, str]]] = ()

    @property
    def audited(self) -> bool:
        return bool((~np.isnan(self.flags)).any())


@dataclasses.dataclass(frozen=True)
class SuiteResults:
    """`measures` stand in the suite's order, a task's score first; `skipped` are tasks without a score, each with the
    reason; `isolation` is the sandbox's, where code was executed; `published` names the figures to show beside."""

    name: str
    measures: Sequence[Measure]
    tasks: Mapping[str, TaskScores]
    skipped: Sequence[tuple[str, str]]
    isolation: str | None
    published: str | None
    judged: Judged | None = None

    def scores(self) -> list[Measure]:
        """Every task's declared score: what category means are made of."""
        return [measure for measure in self.measures if measure.column == "score"]


def load_suite(folder: Path, plan: Mapping[str, Any]) -> SuiteResults | None:
    """The suite's results in a study's folder; None where the study has no suite, or was not scored on it.

    Raises UserError where the file is broken, or where an arm or seed was not scored on the same items as the control.
    """
    path, declared, judged = folder / ITEMS, plan.get("suite"), load_judged(folder)
    if judged:
        study = plan["study"]
        judged = judged.selected(study["arms"], study["control"], study["seeds"])
    if not declared:
        return None if judged is None else SuiteResults("", [], {}, [], None, None, judged)
    skipped = [(entry["task"], entry["reason"]) for entry in declared["skipped"]]
    measures, tasks = [], {}
    if path.is_file():
        frame = _read(path, plan["study"])
        measures = _measures(path, declared["tasks"], set(frame["task"]), {task for task, _ in skipped})
        rows = {str(task): part for task, part in frame.groupby("task", sort=False)}
        names = dict.fromkeys(measure.task for measure in measures)
        tasks = {name: _task(path, name, rows[name], plan["study"]) for name in names}
    elif not skipped and judged is None:
        return None
    # a measure that no item has is not measured: a task of free answers has no choices
    measured = [
        measure
        for measure in measures
        if any(np.isfinite(values).any() for values in tasks[measure.task].values[measure.column].values())
    ]
    return SuiteResults(
        name=declared["name"],
        measures=measured,
        tasks=tasks,
        skipped=skipped,
        isolation=declared["isolation"],
        published=declared["published"],
        judged=judged,
    )


def selected_suite(
    suite: SuiteResults, arms: Sequence[str], control: str, seeds: Sequence[int], rows: Sequence[int]
) -> SuiteResults:
    """The same items for some of the arms and of the seeds; `rows` are the seeds' places among the study's."""
    rows = list(rows)

    def chosen(by_arm: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {arm: by_arm[arm][rows] for arm in arms if arm in by_arm}

    tasks = {
        name: dataclasses.replace(
            task,
            values={column: chosen(by_arm) for column, by_arm in task.values.items()},
            samples=chosen(task.samples),
            passed=chosen(task.passed),
            generations=[(item, {arm: texts[arm] for arm in arms if arm in texts}) for item, texts in task.generations],
        )
        for name, task in suite.tasks.items()
    }
    judged = suite.judged.selected(arms, control, seeds) if suite.judged else None
    return dataclasses.replace(suite, tasks=tasks, judged=judged)


def _measures(path: Path, declared: Sequence[Mapping[str, Any]], there: set[str], skipped: set[str]) -> list[Measure]:
    """The plan's entries, one for every task and measure, of the tasks that were scored."""
    found = []
    for entry in declared:
        facts = dict(entry)
        measure = Measure(task=facts.pop("name"), name=facts.pop("measure"), **facts)
        if measure.task in there:
            found.append(measure)
        elif measure.task not in skipped:
            raise UserError(f"{path}: no run has a score on '{measure.task}', which the suite declares: {_AGAIN}.")
    return found


def _read(path: Path, study: Mapping[str, Any]) -> pd.DataFrame:
    columns = [*_FACTS, *MEASURED]
    try:
        file = pq.ParquetFile(path)
        if lacking := [column for column in (*columns, "generations") if column not in file.schema_arrow.names]:
            raise UserError(f"{path}: column '{lacking[0]}' is missing: {_AGAIN}.")
        frame = file.read(columns=columns).to_pandas()
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not a readable Parquet file ({error}): {_AGAIN}.") from error
    for column in ("arm", "seed", "task", "item", "hash"):
        if frame[column].isna().any():
            raise UserError(f"{path}: column '{column}' has a row without a value: {_AGAIN}.")
    if frame.empty:
        raise UserError(f"{path} holds no items: {_AGAIN}.")
    for column, planned in (("arm", study["arms"]), ("seed", study["seeds"])):
        found, wanted = sorted(set(frame[column])), sorted(planned)
        if found != wanted:
            raise UserError(f"{path}: column '{column}' holds {found}, the plan has {wanted}: {_AGAIN}.")
    if frame.duplicated(["arm", "seed", "task", "item"]).any():
        raise UserError(f"{path}: an item is scored twice by one run: {_AGAIN}.")
    return frame.sort_values(["arm", "seed", "task", "item"], kind="stable", ignore_index=True)


def _task(path: Path, task: str, rows: pd.DataFrame, study: Mapping[str, Any]) -> TaskScores:
    arms, seeds, control = study["arms"], study["seeds"], study["control"]
    runs = dict(list(rows.groupby(["arm", "seed"])))
    for arm in arms:
        for seed in seeds:
            if (arm, seed) not in runs:
                raise UserError(f"{path}: arm '{arm}' at seed {seed} has no score on '{task}': {_AGAIN}.")
    first = runs[control, seeds[0]]
    same = first[["item", "hash", "bytes"]].fillna(-1).to_numpy()
    for (arm, seed), run in runs.items():
        if not np.array_equal(run[["item", "hash", "bytes"]].fillna(-1).to_numpy(), same):
            raise UserError(
                f"{path}: arm '{arm}' at seed {seed} was not scored on the same items of '{task}' as the control "
                f"'{control}': {_AGAIN}."
            )

    def stacked(column: str) -> dict[str, np.ndarray]:
        return {
            arm: np.stack([runs[arm, seed][column].to_numpy(dtype=np.float64, na_value=np.nan) for seed in seeds])
            for arm in arms
        }

    values = {column: stacked(column) for column in MEASURED}
    for column, by_arm in values.items():
        _check_values(path, task, column, by_arm)
    sizes = first["bytes"].to_numpy(dtype=np.float64, na_value=np.nan)
    weighed = np.isfinite(values["bits_per_byte"][control][0])
    if not (sizes[weighed] > 0).all():
        raise UserError(f"{path}: column 'bytes' of '{task}' must be positive where 'bits_per_byte' is: {_AGAIN}.")
    samples, passed = (stacked(column) if rows[column].notna().any() else {} for column in ("samples", "passed"))
    by_run = [run["contaminated"].map({True: 1.0, False: 0.0}).to_numpy(dtype=np.float64) for run in runs.values()]
    flags_RxI = np.stack(by_run)
    flags = np.where(np.isnan(flags_RxI).any(axis=0), np.nan, flags_RxI.max(axis=0))
    return TaskScores(
        task=task,
        items=first["item"].to_numpy(),
        bytes=sizes,
        flags=flags,
        values=values,
        samples=samples,
        passed=passed,
        generations=_generations(path, task, first, arms, seeds[0]),
    )


def _check_values(path: Path, task: str, column: str, by_arm: Mapping[str, np.ndarray]) -> None:
    every_RxI = np.concatenate(list(by_arm.values()))
    if np.isinf(every_RxI).any():
        raise UserError(f"{path}: column '{column}' of '{task}' is not finite: {_AGAIN}.")
    missing_RxI = np.isnan(every_RxI)
    if (missing_RxI.any(axis=0) != missing_RxI.all(axis=0)).any():
        raise UserError(f"{path}: column '{column}' of '{task}' has no value at some runs and one at others: {_AGAIN}.")
    if column in _SHARES and ((every_RxI < 0) | (every_RxI > 1)).any():
        raise UserError(f"{path}: column '{column}' of '{task}' must lie between 0 and 1: {_AGAIN}.")


def _generations(
    path: Path, task: str, rows: pd.DataFrame, arms: Sequence[str], seed: int
) -> list[tuple[str, dict[str, str]]]:
    """What every arm wrote for a few items, at the first seed: those whose hashes come first, a draw that no score
    has a part in."""
    chosen = rows.sort_values(["hash", "item"])["item"].head(_SHOWN_ITEMS).tolist()
    wanted = [("task", "=", task), ("item", "in", chosen), ("seed", "=", seed)]
    found = pq.read_table(path, columns=["arm", "item", "generations"], filters=wanted).to_pylist()
    texts = {(row["item"], row["arm"]): row["generations"][0] for row in found if row["generations"]}
    shown = [(item, {arm: texts[item, arm] for arm in arms if (item, arm) in texts}) for item in chosen]
    return [(item, by_arm) for item, by_arm in shown if by_arm]
