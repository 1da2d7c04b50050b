"""The ledger: what a run draws, read off the mixing index."""

from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given

from codemix.mixing.index import MixingIndex, Segment
from codemix.mixing.ledger import ledger

HALF = {"text": Fraction(1, 2), "code": Fraction(1, 2)}


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 99)), min_size=1, max_size=4), st.integers(1, 8192))
def test_entries_sum_to_what_the_arm_draws(phases: list[tuple[int, int]], context: int) -> None:
    """Over all entries, rows and tokens are the arm's; each source's last `rows_so_far` is its sum."""
    segments = [Segment(n, {"text": Fraction(p, 100), "code": Fraction(100 - p, 100)}) for n, p in phases]
    index = MixingIndex(segments)
    ends = [sum(rows for rows, _ in phases[: i + 1]) for i in range(len(phases))]
    entries = ledger(index, ends, context, {"text": 7, "code": None})
    for number, (rows, _) in enumerate(phases):
        assert sum(entry.rows for entry in entries if entry.phase == number) == rows
    assert sum(entry.tokens for entry in entries) == ends[-1] * context
    for source in index.sources:
        own = [entry for entry in entries if entry.source == source]
        assert not own or own[-1].rows_so_far == sum(entry.rows for entry in own) == index.counts(ends[-1])[source]


def test_epochs_count_from_the_start_of_the_arm() -> None:
    """Repetition is counted over the phases together, against what the store holds."""
    index = MixingIndex([Segment(100, HALF), Segment(100, {"text": Fraction(1)})])
    first, second, third = ledger(index, [100, 200], 16, {"text": 100, "code": None})
    assert (first.source, first.epochs) == ("code", None)
    assert (second.source, second.rows, second.tokens, second.epochs) == ("text", 50, 800, 0.5)
    assert (third.phase, third.source, third.rows, third.rows_so_far, third.epochs) == (1, "text", 100, 150, 1.5)
