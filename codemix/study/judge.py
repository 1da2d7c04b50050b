"""Judging a study's answers: every arm beside the control, seed by seed, by each judge."""

from collections.abc import Mapping, Sequence

import pandas as pd
from rich.console import Console

from codemix.chat.cache import Cache
from codemix.chat.client import Client
from codemix.errors import UserError
from codemix.evaluation.judge.config import Judging
from codemix.evaluation.judge.prompts import Prompt, pick_prompts
from codemix.store.atomic import read_json, remove_leftovers, write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.lock import exclusive
from codemix.study.evaluate import final_phases, scored_model
from codemix.study.folder import JUDGED, study_folder
from codemix.study.plan import Plan
from codemix.study.progress import counted
from codemix.training.job import LEASE, phase_folder

JUDGEMENTS = "judgements"  # in the home: what judges were asked and said, by content


def judge_study(plan: Plan, judging: Judging, console: Console) -> pd.DataFrame:
    """Has every run answer the prompts, and every arm's answers judged beside the control's with the same seed.

    Answers are kept with their phase, and what judges say in the home, so that a run that was stopped goes on, and the
    same run again asks nothing. The rows are written to judged.parquet in the study's folder.

    Returns:
        The rows, with the columns of `codemix.evaluation.judge.table.JUDGED_SCHEMA`.

    Raises:
        UserError: prompts that are missing or too few, phases that are not trained, or an endpoint that answers nobody.
    """
    from codemix.evaluation.judge.judging import judge_pair
    from codemix.evaluation.judge.table import judged_row, write_judged

    prompts = pick_prompts(judging)
    _check_trained(plan)
    answers = _answers(plan, judging, prompts, console)
    runs = {(run.arm, run.seed): answers[run.phases[-1]] for run in plan.runs}
    control = plan.study.control
    arms = [arm for arm in plan.study.arms if arm != control]
    if not arms:
        raise UserError(f"Study.arms has nothing beside the control, '{control}'; name an arm to compare with it.")
    rows = []
    for judge in judging.judges:
        client = Client(judge, Cache(plan.home / JUDGEMENTS))
        pairs = [(arm, seed) for arm in arms for seed in plan.study.seeds]
        with counted(console, f"{judge.name} judges", len(pairs) * len(prompts)) as advance:
            for arm, seed in pairs:
                own, controls = runs[arm, seed], runs[control, seed]
                judgements = judge_pair(judge, client, prompts, own, controls, advance)
                rows += [
                    judged_row(*pair, own, controls, arm_name=arm, control_name=control, seed=seed, judge=judge.name)
                    for pair in zip(judgements, prompts, strict=True)
                ]
    path = study_folder(plan) / JUDGED
    with exclusive(study_folder(plan) / LEASE):
        write_judged(path, sorted(rows, key=lambda row: arms.index(row["arm"])))
    return pd.read_parquet(path)


def _answers(plan: Plan, judging: Judging, prompts: Sequence[Prompt], console: Console) -> dict[str, Mapping[str, str]]:
    """The last phase of every run -> the id of a prompt -> its answer. What was answered before is read."""
    from codemix.evaluation.journal import Journal
    from codemix.evaluation.judge.answers import ANSWERS_VERSION, answer

    how = [judging.stop, judging.max_tokens, judging.temperature, judging.top_p, judging.seed, judging.batch_rows]
    key = fingerprint([ANSWERS_VERSION, how, [prompt.text(judging) for prompt in prompts]])
    keys = final_phases(plan)
    files = {phase: phase_folder(plan.home, phase) / "evaluations" / f"answers-{key}.json" for phase in keys}
    if todo := [phase for phase in keys if not files[phase].exists()]:
        with counted(console, "answering the prompts", len(todo) * len(prompts)) as advance:
            for phase in todo:
                with exclusive(phase_folder(plan.home, phase) / LEASE):  # another study may have the phase, too
                    remove_leftovers(phase_folder(plan.home, phase))
                    journal = Journal(files[phase].with_suffix(".journal.jsonl"), key)
                    written = answer(scored_model(plan, phase), judging, prompts, journal, advance)
                    write_json(files[phase], written)
                    journal.remove()
    return {phase: read_json(files[phase]) for phase in keys}


def _check_trained(plan: Plan) -> None:
    if plan.missing_tasks or plan.missing_phases:
        raise UserError(
            f"{len(plan.missing_phases)} of the {len(plan.phases)} phases are not trained; run `codemix run` with the "
            "study first."
        )
