"""Whether the home folder can take what a study will write, asked before anything is spent."""

import os
import shutil

from codemix.errors import UserError
from codemix.study.costs import storage
from codemix.study.plan import Plan

_OVERHEAD = 1.2


def check_home(plan: Plan) -> None:
    """Raises UserError where the home cannot be written, or has too little room for the study's checkpoints."""
    home = plan.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"--home {home}: the folder cannot be written ({error.strerror}); give another with --home or CODEMIX_HOME."
        ) from error
    needed = bytes_needed(plan)
    free = shutil.disk_usage(home).free
    if free < needed:
        raise UserError(
            f"--home {home}: the disk has {free / 1e6:,.0f} MB free, this study writes about {needed / 1e6:,.0f} MB; "
            "make room, or give another folder with --home or CODEMIX_HOME."
        )


def bytes_needed(plan: Plan) -> int:
    """Of the checkpoints of the phases to train (float32 parameters and two moments each; of the phase that is
    running more than one) and of the token stores to prepare (a token for every two bytes of text at most)."""
    checkpoints = storage(plan).checkpoint * (len(plan.missing_phases) + plan.study.hardware.keep_checkpoints)
    budgets = [plan.study.corpora.source(task).budget_bytes or 0 for task in plan.missing_tasks]
    return int(_OVERHEAD * (checkpoints + 2 * sum(budgets)))
