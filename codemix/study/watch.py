"""Scoring while phases are trained: what `Study.during_training` asks for, between two steps, on the training mesh.

home/phases/KEY/evaluations/step_N/during_training.json says what a look came to, or why it failed; the items of the
suite are beside it, in a folder of the suite's name.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemix.store.atomic import atomic_path, read_json, write_json
from codemix.store.fingerprint import fingerprint
from codemix.study.evaluate import heldout_stores, model_after, suite_folder
from codemix.study.folder import LOOKS, study_folder
from codemix.study.plan import Plan
from codemix.training.job import phase_folder

if TYPE_CHECKING:
    from codemix.evaluation.model import ScoredModel
    from codemix.training.step import Trainer, TrainState

LOOK = "during_training.json"  # written last


class ScoringWatcher:
    """The `Watcher` of a phase. A look that fails is recorded as failed, and training goes on."""

    def __init__(self, plan: Plan, key: str, tell: Callable[[str], None]):
        assert plan.study.during_training is not None
        self._plan, self._key, self._tell = plan, key, tell
        self._asked = plan.study.during_training
        self._every = self._asked.every_steps(plan.study.scale.tokens_per_step)

    def is_due(self, step: int) -> bool:
        return step % self._every == 0

    def look(self, step: int, trainer: "Trainer", state: "TrainState") -> None:
        from codemix.training.processes import chosen, is_leader

        path, key = look_file(self._plan, self._key, step), look_key(self._plan)
        if chosen(lambda: int(path.exists() and read_json(path)["key"] == key)):
            return
        began = time.perf_counter()
        found: dict[str, Any] = {"key": key, "step": step, "tokens": step * self._plan.study.scale.tokens_per_step}
        try:
            model = model_after(self._plan, self._key, step, trainer, state.params)
            found |= {"documents": self._documents(model), **self._suite(model, step)}
        except Exception as error:  # a benchmark must not end a run of weeks
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            found["failed"] = reason
            self._tell(f"scoring after step {step:,} failed ({reason}); training goes on.")
        if is_leader():
            write_json(path, {**found, "seconds": round(time.perf_counter() - began, 3)})

    def _documents(self, model: "ScoredModel") -> dict[str, float]:
        """source -> bits per byte."""
        if not self._asked.documents:
            return {}
        from codemix.evaluation.scoring import score_documents

        evaluation = dataclasses.replace(self._plan.study.evaluation, documents=self._asked.documents)
        scores = score_documents(model.graph, model.params, model.mesh, heldout_stores(self._plan), evaluation)
        sums = scores.groupby("source", sort=False)[["nll", "bytes"]].sum()
        return {str(source): row["nll"] / math.log(2) / row["bytes"] for source, row in sums.iterrows()}

    def _suite(self, model: "ScoredModel", step: int) -> dict[str, Any]:
        """What the suite came to: the means of what is measured on each task, and the tasks without a score."""
        if self._asked.suite is None:
            return {}
        from codemix.evaluation.items import read_items
        from codemix.evaluation.suite_scores import score_suite

        suite, means, missing = self._asked.suite, {}, {}
        for outcome in score_suite(model, suite, suite_folder(self._plan.home, self._key, step, suite)):
            if outcome.items is None:
                missing[outcome.task.name] = f"{outcome.status}: {outcome.reason}"
            else:
                columns = read_items(outcome.items).to_pandas()[["score", "bits_per_byte", "p_correct"]]
                means[outcome.task.name] = {**columns.mean().dropna().to_dict(), "items": len(columns)}
        return {"suite": means, "missing": missing}


def look_file(plan: Plan, key: str, step: int) -> Path:
    return phase_folder(plan.home, key) / "evaluations" / f"step_{step}" / LOOK


def look_key(plan: Plan) -> str:
    """Of what `Study.during_training` asks."""
    from codemix.evaluation.bits_per_byte import SCORES_VERSION
    from codemix.evaluation.suite_key import suite_key

    asked = plan.study.during_training
    assert asked is not None
    stores = {source: plan.stores[source].name for source in plan.study.evaluation.sources}
    suite = asked.suite and suite_key(asked.suite)
    return fingerprint([suite, asked.documents, plan.study.evaluation.stride, stores, SCORES_VERSION])


def write_looks(plan: Plan) -> None:
    """Writes what was scored while the study's runs were trained to looks.parquet: arm, seed, step, tokens, what (a
    source or a task), measure, value. Looks that failed are not in it."""
    path = study_folder(plan) / LOOKS
    path.unlink(missing_ok=True)
    if plan.study.during_training is None:
        return
    import pandas as pd

    columns = ["arm", "seed", "step", "tokens", "what", "measure", "value"]
    rows = [
        (run.arm, run.seed, found["step"], found["tokens"], *value)
        for run in plan.runs
        for key in run.phases
        for found in _found(plan, key)
        for value in _values(found)
    ]
    with atomic_path(path) as temporary:
        pd.DataFrame(rows, columns=columns).to_parquet(temporary, index=False)


def _found(plan: Plan, key: str) -> Iterator[dict[str, Any]]:
    job, wanted = plan.phases[key].job, look_key(plan)
    folder = phase_folder(plan.home, key) / "evaluations"
    steps = sorted(int(path.parent.name.removeprefix("step_")) for path in folder.glob(f"step_*/{LOOK}"))
    for step in steps:
        found = read_json(look_file(plan, key, step))
        if found["key"] == wanted and "failed" not in found and job.first_step < step <= job.last_step:
            yield found


def _values(found: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    for source, bits_per_byte in found["documents"].items():
        yield source, "bits_per_byte", bits_per_byte
    for task, means in found.get("suite", {}).items():
        yield from ((task, measure, value) for measure, value in means.items() if measure != "items")
