"""The ledger: tokens drawn, unique tokens and epochs, per source and phase of an arm.

Read off the mixing index, so that what is promised before a run and what the feed draws come from one formula.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from codemix.mixing.index import MixingIndex


@dataclasses.dataclass(frozen=True)
class LedgerEntry:
    """What one phase of an arm draws from one source. One row predicts `context` tokens."""

    phase: int  # position in the arm, from 0
    source: str
    rows: int
    tokens: int
    rows_so_far: int  # by the end of the phase, from the start of the arm
    available_rows: int | None  # None while the source is not prepared

    @property
    def epochs(self) -> float | None:
        """Passes over the source by the end of the phase; above 1, tokens have been repeated."""
        return None if self.available_rows is None else self.rows_so_far / self.available_rows


def ledger(
    index: MixingIndex, phase_ends: Sequence[int], context: int, available_rows: Mapping[str, int | None]
) -> list[LedgerEntry]:
    """The ledger of an arm.

    Args:
        index: the arm's mixing index, over all its phases.
        phase_ends: the row number at which every phase ends, in order.
        context: tokens that one row predicts.
        available_rows: source -> rows that its token store holds, or None if it is not there yet.
    """
    entries = []
    before = dict.fromkeys(index.sources, 0)
    for phase, end in enumerate(phase_ends):
        so_far = index.counts(end)
        for source in index.sources:
            rows = so_far[source] - before[source]
            if rows:
                entries.append(
                    LedgerEntry(phase, source, rows, rows * context, so_far[source], available_rows.get(source))
                )
        before = so_far
    return entries
