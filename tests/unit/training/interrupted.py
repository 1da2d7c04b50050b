"""Training that something happens to, in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codemix.training import loop
from codemix.training.job import Hardware, Job


class Interrupted(Exception):
    """Ends a phase as an error would, without a word to it."""


def train_until(
    batch: int, happens: Callable[[], None], patch: pytest.MonkeyPatch, job: Job, home: Path, hardware: Hardware
) -> None:
    """Trains, and calls `happens` before the batch of that number, counted from the start of the arm, is read."""
    read = loop.iterate

    def iterate(dataset: Any, first: int, last: int, threads: int = 0) -> Iterator[Any]:
        for number, each in enumerate(read(dataset, first, last, threads), start=first):
            if number == batch:
                happens()
            yield each

    with patch.context() as patched:
        patched.setattr(loop, "iterate", iterate)
        loop.train(job, home, hardware, tell=lambda sentence: None)


def interrupt_before(batch: int, patch: pytest.MonkeyPatch, job: Job, home: Path, hardware: Hardware) -> None:
    """Trains until an error before that batch."""

    def fail() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        train_until(batch, fail, patch, job, home, hardware)
