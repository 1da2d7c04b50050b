"""A bar for work that is counted."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextlib.contextmanager
def counted(console: Console, what: str, total: int) -> Iterator[Callable[[], None]]:
    """Shows how much of `total` is done; what it gives is called after each."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        line = progress.add_task(what, total=total)
        yield lambda: progress.advance(line)
