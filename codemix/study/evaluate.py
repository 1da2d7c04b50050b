"""Scoring the last phase of every run, and putting the scores of a study together."""

from pathlib import Path

from rich.console import Console

from codemix.store.atomic import atomic_path, remove_leftovers
from codemix.store.lock import exclusive
from codemix.store.token_store import TokenStore
from codemix.study.folder import RESULTS, study_folder
from codemix.study.plan import Plan
from codemix.study.progress import counted
from codemix.training.job import LEASE, phase_folder


def final_phases(plan: Plan) -> list[str]:
    """The keys of the phases that runs end with, each once."""
    return list(dict.fromkeys(run.phases[-1] for run in plan.runs))


def is_scored(plan: Plan) -> bool:
    return all(_documents(plan, key).exists() for key in final_phases(plan))


def score_runs(plan: Plan, console: Console) -> None:
    """Scores the last phase of every run, as far as that is not done, and writes the study's results.

    Raises NotFinished where a phase has lost its last checkpoint.
    """
    todo = [key for key in final_phases(plan) if not _documents(plan, key).exists()]
    if todo:
        with counted(console, "scoring held-out documents", len(todo)) as advance:
            for key in todo:
                with exclusive(phase_folder(plan.home, key) / LEASE):  # another study may have the phase, too
                    remove_leftovers(phase_folder(plan.home, key))
                    _score_documents(plan, key)
                advance()
    write_results(plan)


def write_results(plan: Plan) -> None:
    """The scores of every run, in one file: those of this plan, whatever was there."""
    import pandas as pd

    tables = [pd.read_parquet(_documents(plan, run.phases[-1])).assign(arm=run.arm, seed=run.seed) for run in plan.runs]
    with atomic_path(study_folder(plan) / RESULTS) as temporary:
        pd.concat(tables, ignore_index=True).to_parquet(temporary, index=False)


def _score_documents(plan: Plan, key: str) -> None:
    from codemix.evaluation.scoring import score_documents
    from codemix.training.loop import open_trainer
    from codemix.training.resume import final_state

    stores = {source: TokenStore(plan.stores[source]) for source in plan.study.evaluation.sources}
    job = plan.phases[key].job
    trainer = open_trainer(job, stores, plan.study.hardware)
    state = final_state(job, plan.home, trainer)
    scores = score_documents(trainer.graph, state.params, trainer.mesh, stores, plan.study.evaluation)
    with atomic_path(_documents(plan, key)) as temporary:
        scores.to_parquet(temporary, index=False)


def _documents(plan: Plan, key: str) -> Path:
    """The scores of held-out documents by a phase's last checkpoint."""
    return phase_folder(plan.home, key) / "evaluations" / f"{plan.evaluation_key}.parquet"
