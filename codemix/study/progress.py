"""A bar for work that is counted."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextlib.contextmanager
def counted(console: Console, what: str, total: int) -> Iterator[Callable[..., None]]:
    """Shows how much of `total` is done; what it gives is called after each, or with how many."""
    with _bars(console) as progress:
        line = progress.add_task(what, total=total)
        yield lambda done=1: progress.advance(line, done)


@contextlib.contextmanager
def measured(console: Console, what: str) -> Iterator[Callable[[str, int], Callable[[float], None]]]:
    """Shows a bar for each part of the work: what it gives is called with a part's name and size, and what that
    returns with how much more of it is done."""
    with contextlib.ExitStack() as shown:
        bars: list[Progress] = []  # none is drawn where there is nothing to do

        def begin(part: str, total: int) -> Callable[[float], None]:
            if not bars:
                bars.append(shown.enter_context(_bars(console)))
            line = bars[0].add_task(f"{what}: {part}", total=total)
            return lambda done: bars[0].advance(line, done)

        yield begin


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console)
