"""Scores of one checkpoint on a suite, for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from codemix.evaluation.suite_scores import TaskOutcome

_MEASURES = {"score": "score", "p_correct": "p correct", "bits_per_byte": "bits per byte"}


def show_scores(outcomes: Sequence["TaskOutcome"], title: str, console: Console) -> None:
    """A row for every task: means over its items, with the standard error of the mean over items."""
    from codemix.evaluation.items import read_items

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0))
    for heading in ("task", "category", "measure", "items", *_MEASURES.values(), "chance"):
        table.add_column(heading, justify="left" if heading in ("task", "category", "measure") else "right")
    for outcome in outcomes:
        task = outcome.task
        if outcome.items is None:
            table.add_row(task.name, task.category, task.measure, "–", outcome.status)
            continue
        frame = read_items(outcome.items).to_pandas()
        means, errors = frame[list(_MEASURES)].mean(), frame[list(_MEASURES)].sem()
        cells = [f"{means[name]:.3f} ± {errors[name]:.3f}" if means.notna()[name] else "" for name in _MEASURES]
        table.add_row(task.name, task.category, task.measure, f"{len(frame):,}", *cells, f"{task.chance:.2f}")
    console.print(table)
    console.print("± is the standard error over items: it says nothing of what another seed would give.")
    if isolation := next((outcome.isolation for outcome in outcomes if outcome.isolation), None):
        console.print(f"Programs were run in the sandbox: {isolation}.", highlight=False, soft_wrap=True)
    for outcome in outcomes:
        if outcome.items is None:
            line = f"{outcome.task.name} is not scored ({outcome.status}): {outcome.reason}"
            console.print(line, highlight=False, soft_wrap=True)
