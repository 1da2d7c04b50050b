"""A study's plan as jobs that wait for each other."""

import re

from codemix.launch.jobs import LaunchJob, Work
from codemix.store.fingerprint import fingerprint
from codemix.study.costs import cost
from codemix.study.folder import study_folder
from codemix.study.plan import Plan
from codemix.study.run import Request, is_finished

FOLDER = "launch"


def work_of(plan: Plan, request: Request, slices: int = 1, commit: str | None = None) -> Work:
    """The jobs that the study still needs: its token stores, each missing phase, then evaluation and report.

    Names are made from the phases' keys and the home, so that what is launched twice has one name.
    """
    home = fingerprint(plan.home.absolute())[:6]
    jobs: list[LaunchJob] = []
    if plan.missing_tasks:
        stores = fingerprint(sorted(plan.stores[task].name for task in plan.missing_tasks))
        jobs.append(LaunchJob(f"codemix-{stores}-{home}", "prepare", "token stores", ("prepare",)))
    first = [job.name for job in jobs]
    names = {key: f"codemix-{key}-{home}" for key in plan.missing_phases}
    for key, name in names.items():
        phase = plan.phases[key]
        costs = cost(plan, phase.tokens)
        parent = phase.job.parent
        jobs.append(
            LaunchJob(
                name,
                "phase",
                phase.job.label,
                ("train", "--phase", key),
                (names[parent],) if parent in names else tuple(first),
                costs.chip_hours,
                costs.hours,
                costs.dollars,
            )
        )
    if not is_finished(plan):
        needed = tuple(dict.fromkeys(names[run.phases[-1]] for run in plan.runs if run.phases[-1] in names))
        jobs.append(
            LaunchJob(f"codemix-{plan.key}-{home}", "finish", "evaluation and report", ("run",), needed or tuple(first))
        )
    slug = re.sub("[^a-z0-9]+", "-", plan.study.name.lower()).strip("-")[:16].strip("-")
    return Work(
        f"codemix-{slug}-{home}",
        *(tuple(jobs), request.file, request.overrides, plan.home, request.data, study_folder(plan) / FOLDER),
        slices,
        commit,
    )
