"""The suite's items of a study: those of every run in one table, and what is said of them in plan.json."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from codemix.evaluation.measures import measures
from codemix.evaluation.suite import Suite
from codemix.store.atomic import atomic_path, read_json, write_json
from codemix.study.folder import ITEMS, SUITE, study_folder
from codemix.study.plan import Plan
from codemix.study.suite_audit import contaminated_items

if TYPE_CHECKING:
    from codemix.evaluation.suite_scores import TaskOutcome


def write_items_of_runs(
    plan: Plan, suite: Suite, outcomes: Mapping[str, Sequence["TaskOutcome"]], console: Console
) -> None:
    """Writes items.parquet, and to suite.json what was skipped and how programs were kept apart.

    A task that is not scored for every run is left out, with its reason: arms are compared on the same items.

    Args:
        outcomes: key of a run's last phase -> what came of the suite's tasks.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    missing = {
        outcome.task.name: f"{outcome.status} for {plan.phases[key].job.label}: {outcome.reason}"
        for key, found in outcomes.items()
        for outcome in found
        if outcome.items is None
    }
    scored = {key: [one for one in found if one.task.name not in missing] for key, found in outcomes.items()}
    flags = contaminated_items(plan, suite, [task for task in suite.tasks if task.name not in missing], console)
    tables = []
    for run in plan.runs:
        for outcome in scored[run.phases[-1]]:
            table = pq.read_table(outcome.items)
            found = [flags.get((outcome.task.name, item)) for item in table["item"].to_pylist()]
            table = table.set_column(
                table.column_names.index("contaminated"), "contaminated", pa.array(found, pa.bool_())
            )
            facts = {"arm": run.arm, "seed": run.seed, "category": outcome.task.category}
            for name, value in facts.items():
                table = table.append_column(name, pa.array([value] * len(table)))
            tables.append(table)
    folder = items_folder(plan, suite)
    (folder / ITEMS).unlink(missing_ok=True)
    if tables:
        with atomic_path(folder / ITEMS) as temporary:
            pq.write_table(pa.concat_tables(tables), temporary, compression="zstd")
    isolation = next((one.isolation for found in scored.values() for one in found if one.isolation), None)
    skipped = [{"task": task.name, "reason": missing[task.name]} for task in suite.tasks if task.name in missing]
    write_json(folder / SUITE, {"skipped": skipped, "isolation": isolation})
    for entry in skipped:
        console.print(f"{entry['task']} is not scored: {entry['reason']}", highlight=False, soft_wrap=True)


def items_folder(plan: Plan, suite: Suite) -> Path:
    """Where the items of a study's runs are; of a suite that is not the study's own, apart from it."""
    return study_folder(plan) if suite == plan.study.suite else study_folder(plan) / "suites" / suite.name


def suite_record(plan: Plan, suite: Suite) -> dict[str, Any]:
    """What plan.json says of the suite: an entry for every task and measure, and what came of the scoring."""
    parameters = sum(plan.study.scale.model.parameters(plan.vocab_size).values())
    declared = []
    for measure in (measure for task in suite.tasks for measure in measures(task, parameters)):
        entry = dataclasses.asdict(measure)
        declared.append({"name": entry.pop("task"), "measure": entry.pop("name"), **entry})
    came = items_folder(plan, suite) / SUITE
    scored = read_json(came) if came.exists() else {"skipped": [], "isolation": None}
    return {"name": suite.name, "tasks": declared, "published": plan.study.published, **scored}
