"""Progress that may be shown or not."""

from collections.abc import Callable

from rich.progress import Progress


def track(progress: Progress | None, description: str, total: float | None) -> Callable[[float], None]:
    """A function that advances a new line of `progress`; one that does nothing where there is none."""
    if progress is None:
        return lambda amount: None
    task = progress.add_task(description, total=total)
    return lambda amount: progress.advance(task, amount)
