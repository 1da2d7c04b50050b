"""Jobs to launch, and what they cost, for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from codemix.launch.jobs import Work, schedule
from codemix.reporting.numbers import plural


def jobs_table(work: Work) -> Table:
    """The jobs in the order in which they are given, and what each waits for."""
    numbers = {job.name: str(number) for number, job in enumerate(work.jobs, start=1)}
    table = _table(("", "job", "after", "chip-hours", "hours", "USD"))
    for job in work.jobs:
        after = ", ".join(numbers[name] for name in job.parents)
        costs = (_number(job.chip_hours), _number(job.hours), _number(job.dollars))
        table.add_row(numbers[job.name], job.label, after, *costs)
    return table


def bill_line(work: Work, chip: str) -> str:
    """What the phases take together; evaluation, and waiting for machines, not counted."""
    phases = [job for job in work.jobs if job.kind == "phase"]
    chip_hours, dollars = _sum(job.chip_hours for job in phases), _sum(job.dollars for job in phases)
    if chip_hours is None:
        return f"{plural(len(phases), 'phase')}; Hardware.peak_flops or .utilisation is not given, so no chip-hours."
    price = "Hardware.price is not given" if dollars is None else f"{dollars:,.2f} USD"
    hours = max((place.end for place in schedule(phases, work.slices)), default=0.0)
    return (
        f"{plural(len(phases), 'phase')}: {chip_hours:,.2f} chip-hours of {chip}, {price}; "
        f"{hours:,.2f} hours on {plural(work.slices, 'slice')}."
    )


def status_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The jobs of a launch, and the engine's word for each."""
    table = _table(("job", "what", "number", "state", "engine says", "said last"))
    for row in rows:
        table.add_row(*(str(row.get(name) or "") for name in ("job", "label", "handle", "state", "engine", "told")))
    return table


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value or 0.0 for value in known)
