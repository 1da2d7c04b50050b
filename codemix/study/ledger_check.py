"""After the run: what every phase consumed is what the plan's ledger says."""

from typing import Any

from codemix.errors import UserError
from codemix.store.atomic import read_json
from codemix.study.plan import Plan
from codemix.training.job import DONE, phase_folder


def check_ledger(plan: Plan) -> None:
    """Compares the rows that each finished phase drew of every source with the ledger of every arm that has the phase.

    Raises UserError for the first that differs, naming phase and source.
    """
    for run in plan.runs:
        for number, key in enumerate(run.phases):
            promised = {e.source: e.rows for e in plan.ledgers[run.arm] if e.phase == number}
            path = phase_folder(plan.home, key) / DONE
            if not path.exists():
                continue  # its checkpoint was lost, and no other phase needed it since
            done: dict[str, Any] = read_json(path)
            for source in sorted({*promised, *done["consumed_rows"]}):
                consumed = done["consumed_rows"].get(source, 0)
                if consumed != promised.get(source, 0):
                    raise UserError(
                        f"{path}: phase {key} ({done['label']}) consumed {consumed:,} rows of '{source}', and the "
                        f"ledger says {promised.get(source, 0):,}; remove the folder {path.parent}, and run the study "
                        "again."
                    )
