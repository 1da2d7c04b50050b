"""Scoring checkpoints, and putting the scores of a study together.

home/phases/KEY/evaluations/SCORES-KEY.parquet        held-out documents, by the phase's last checkpoint
home/phases/KEY/evaluations/step_N/SUITE/TASK.parquet items of a benchmark, by the state after step N
home/studies/NAME/results.parquet, items.parquet      the same of every run of a study, with arm and seed;
                  suites/SUITE/items.parquet          by a suite that is not the study's own
"""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from codemix.errors import UserError
from codemix.evaluation.suite import Suite
from codemix.store.atomic import atomic_path, remove_leftovers
from codemix.store.lock import exclusive
from codemix.store.token_store import TokenStore
from codemix.study.folder import RESULTS, study_folder
from codemix.study.plan import Plan
from codemix.study.progress import counted, measured
from codemix.study.suite_items import write_items_of_runs
from codemix.training.job import LEASE, phase_folder

if TYPE_CHECKING:
    from codemix.evaluation.model import ScoredModel
    from codemix.evaluation.suite_scores import TaskOutcome
    from codemix.training.step import Trainer


def final_phases(plan: Plan) -> list[str]:
    """The keys of the phases that runs end with, each once."""
    return list(dict.fromkeys(run.phases[-1] for run in plan.runs))


def is_scored(plan: Plan) -> bool:
    """Whether the held-out documents are scored by every run's last checkpoint."""
    return all(_has_documents(plan, key) for key in final_phases(plan))


def score_runs(plan: Plan, console: Console) -> None:
    """Scores the last phase of every run, as far as that is not done, and writes the study's results.

    Raises NotFinished where a phase has lost its last checkpoint.
    """
    from codemix.training.processes import by_leader, chosen

    todo = [key for key in final_phases(plan) if not chosen(partial(_has_documents, plan, key))]
    if todo:
        with counted(console, "scoring held-out documents", len(todo)) as advance:
            for key in todo:
                with _held(plan, key):
                    _score_documents(plan, key)
                advance()
    by_leader(lambda: write_results(plan))
    if plan.study.suite:
        score_suite_of_runs(plan, plan.study.suite, console)


def score_suite_of_runs(plan: Plan, suite: Suite, console: Console) -> None:
    """Scores the last phase of every run on a suite, as far as that is not done, and writes the items of all.

    Raises NotFinished where a phase has lost its last checkpoint.
    """
    from codemix.training.processes import by_leader

    outcomes = {key: score_phase(plan, key, suite, console) for key in final_phases(plan)}
    by_leader(lambda: write_items_of_runs(plan, suite, outcomes, console))


def score_phase(
    plan: Plan, key: str, suite: Suite, console: Console, step: int | None = None
) -> Sequence["TaskOutcome"]:
    """Scores a checkpoint of a phase on a suite, as far as that is not done.

    Args:
        step: of the checkpoint, counted from the start of the arm; by default that of the phase's end.

    Raises:
        NotFinished, UserError: as `scored_model`.
    """
    from codemix.evaluation.suite_scores import score_suite

    job = plan.phases[key].job
    folder = suite_folder(plan.home, key, job.last_step if step is None else step, suite)
    with _held(plan, key), measured(console, f"{suite.name}: {job.label}") as begin:
        return score_suite(scored_model(plan, key, step), suite, folder, begin)


def scored_model(plan: Plan, key: str, step: int | None = None) -> "ScoredModel":
    """The model that a phase saved at `step`, by default at its end.

    Raises:
        NotFinished: the phase is not trained to its end, or has lost its last checkpoint.
        UserError: there is no whole checkpoint of that step.
    """
    from codemix.training.checkpoint import restore
    from codemix.training.processes import chosen
    from codemix.training.resume import final_state
    from codemix.training.saved import newest_whole

    job, trainer = plan.phases[key].job, _trainer(plan, key)
    if step is None or step == job.last_step:
        return model_after(plan, key, job.last_step, trainer, final_state(job, plan.home, trainer).params)
    told: list[str] = []
    if not chosen(lambda: int(newest_whole(plan.home, key, step, told) == step)):
        raise UserError(
            " ".join(told) or f"--step {step}: {job.label} has no checkpoint of that step; give one that it has."
        )
    return model_after(plan, key, step, trainer, restore(plan.home, key, step, trainer, job).state.params)


def suite_folder(home: Path, key: str, step: int, suite: Suite) -> Path:
    """Where the items of a suite are that the state after `step` was scored on."""
    return phase_folder(home, key) / "evaluations" / f"step_{step}" / suite.name


def model_after(plan: Plan, key: str, step: int, trainer: "Trainer", params: Any) -> "ScoredModel":
    """The parameters of a phase after `step`, with the study's tokenizer."""
    from codemix.data.tokenizer_loading import load_tokenizer
    from codemix.evaluation.model import ScoredModel

    store = TokenStore(next(iter(plan.stores.values())))
    tokenizer = load_tokenizer(plan.data / store.manifest["tokenizer"]["path"])
    return ScoredModel(trainer.graph, params, trainer.mesh, tokenizer, f"{key} after step {step}")


def write_results(plan: Plan) -> None:
    """The scores of every run, in one file: those of this plan, whatever was there."""
    import pandas as pd

    tables = [pd.read_parquet(_documents(plan, run.phases[-1])).assign(arm=run.arm, seed=run.seed) for run in plan.runs]
    with atomic_path(study_folder(plan) / RESULTS) as temporary:
        pd.concat(tables, ignore_index=True).to_parquet(temporary, index=False)


def _trainer(plan: Plan, key: str) -> "Trainer":
    from codemix.training.loop import open_trainer

    return open_trainer(plan.phases[key].job, heldout_stores(plan), plan.study.hardware)


def heldout_stores(plan: Plan) -> dict[str, TokenStore]:
    """source -> token store, of those whose held-out documents are scored."""
    return {source: TokenStore(plan.stores[source]) for source in plan.study.evaluation.sources}


def _score_documents(plan: Plan, key: str) -> None:
    from codemix.evaluation.scoring import score_documents
    from codemix.training.processes import is_leader

    model = scored_model(plan, key)
    scores = score_documents(model.graph, model.params, model.mesh, heldout_stores(plan), plan.study.evaluation)
    if is_leader():
        with atomic_path(_documents(plan, key)) as temporary:
            scores.to_parquet(temporary, index=False)


@contextlib.contextmanager
def _held(plan: Plan, key: str) -> Iterator[None]:
    """The phase's folder, which another study may have, too. What a killed writer left is removed."""
    from codemix.training.processes import by_leader, led

    folder = phase_folder(plan.home, key)
    with led(lambda: exclusive(folder / LEASE)):
        by_leader(lambda: remove_leftovers(folder))
        yield


def _has_documents(plan: Plan, key: str) -> bool:
    return _documents(plan, key).exists()


def _documents(plan: Plan, key: str) -> Path:
    """The scores of held-out documents by a phase's last checkpoint."""
    return phase_folder(plan.home, key) / "evaluations" / f"{plan.evaluation_key}.parquet"
