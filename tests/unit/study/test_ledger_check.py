"""After a run, what phases say they consumed is what the ledger promised."""

from collections.abc import Callable

import pytest

from codemix.errors import UserError
from codemix.store.atomic import read_json, write_json
from codemix.study.ledger_check import check_ledger
from codemix.study.plan import Plan
from codemix.training.consumption import rows_between
from codemix.training.job import DONE, phase_folder

PlanWith = Callable[..., Plan]


@pytest.fixture
def finished(plan_with: PlanWith) -> Plan:
    """A plan whose phases have all consumed what their own mixing indices deal."""
    plan = plan_with()
    for key, phase in plan.phases.items():
        rows = rows_between(phase.job, phase.job.first_step, phase.job.last_step)
        write_json(phase_folder(plan.home, key) / DONE, {"label": phase.job.label, "consumed_rows": rows})
    return plan


def test_what_was_promised_passes(finished: Plan) -> None:
    check_ledger(finished)


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_row_too_many_or_too_few_names_phase_and_source(finished: Plan, difference: int) -> None:
    for key in list(finished.phases)[:3]:
        path = phase_folder(finished.home, key) / DONE
        done = read_json(path)
        for source, rows in done["consumed_rows"].items():
            write_json(path, {**done, "consumed_rows": {**done["consumed_rows"], source: rows + difference}})
            with pytest.raises(UserError, match=rf"phase {key} .*consumed {rows + difference:,} rows of '{source}'"):
                check_ledger(finished)
        write_json(path, done)
    check_ledger(finished)


def test_a_source_that_was_never_to_be_read_is_told(finished: Plan) -> None:
    path = phase_folder(finished.home, next(iter(finished.phases))) / DONE
    done = read_json(path)
    write_json(path, {**done, "consumed_rows": {**done["consumed_rows"], "elsewhere": 2}})
    with pytest.raises(UserError, match="consumed 2 rows of 'elsewhere', and the ledger says 0"):
        check_ledger(finished)
