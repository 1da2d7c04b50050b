"""Progress that may be shown or not."""

from collections.abc import Callable

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

PREPARING = (  # everything that prepare counts is bytes of text
    TextColumn("{task.description}"),
    BarColumn(),
    DownloadColumn(),
    TransferSpeedColumn(),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)


def track(progress: Progress | None, description: str, total: float | None) -> Callable[..., None]:
    """A function (amount, total=None) that advances a new line of `progress`, `total` being a better estimate of the
    whole; one that does nothing where there is no progress to show."""
    if progress is None:
        return lambda amount, total=None: None
    task = progress.add_task(description, total=total)

    def advance(amount: float, total: float | None = None) -> None:
        progress.update(task, advance=amount, total=total)  # a total of None leaves it as it is

    return advance
