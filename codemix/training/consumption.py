"""What a phase consumed, counted from the batches themselves, and compared with what the ledger promised."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jax.experimental import multihost_utils

from codemix.training.feed import Batch
from codemix.training.job import Job
from codemix.training.processes import are_several


class Consumption:
    """Rows of every source that the phase has consumed, over all hosts and restarts."""

    def __init__(self, job: Job, counted: np.ndarray, before: dict[str, int]):
        """`counted`: of the rows that this host reads of a batch, which it counts, bool. `before`: the counts in the
        checkpoint that the phase resumes from; empty at its start."""
        self._job = job
        self._counted = counted
        self._before = np.array([before.get(source, 0) for source in job.index.sources])
        self._here = np.zeros_like(self._before)  # by this host, since it started

    def add(self, batch: Batch) -> None:
        self._here += np.bincount(batch["source"][self._counted], minlength=len(self._here))

    def total(self) -> dict[str, int]:
        """Counts by source, all hosts together. Every host must call it."""
        here = self._here
        if are_several():
            here = multihost_utils.process_allgather(here).sum(axis=0)
        return dict(zip(self._job.index.sources, map(int, self._before + here), strict=True))

    def check(self) -> dict[str, int]:
        """The total, once it is known to be what the ledger says of the phase. Raises RuntimeError if it is not."""
        consumed, promised = self.total(), rows_between(self._job, self._job.first_step, self._job.last_step)
        if consumed != promised:
            raise RuntimeError(f"phase {self._job.key} consumed {consumed} rows, the ledger says {promised}")
        return consumed


def rows_between(job: Job, first: int, last: int) -> dict[str, int]:
    """source -> rows that the steps after `first`, up to and with `last`, draw."""
    before, after = (job.index.counts(step * job.batch_rows) for step in (first, last))
    return {source: after[source] - before[source] for source in after}


def rows_passed_over(job: Job, stretches: Iterable[dict[str, Any]]) -> dict[str, int]:
    """source -> rows of the steps of `stretches` (`Monitor.passed_over`), each step once."""
    rows = dict.fromkeys(job.index.sources, 0)
    for step in {step for stretch in stretches for step in range(stretch["first"], stretch["last"] + 1)}:
        for source, drawn in rows_between(job, step - 1, step).items():
            rows[source] += drawn
    return rows
