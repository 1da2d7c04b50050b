"""The feed: batch t is a pure function of the schedule, the seed and t."""

from collections.abc import Sequence
from fractions import Fraction

import grain
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from codemix.mixing.index import MixingIndex, Segment
from codemix.training.feed import Batch, batches, iterate, row_at

BATCH_ROWS = 8
HALF = {"code": Fraction(1, 2), "text": Fraction(1, 2)}
MOSTLY_TEXT = {"code": Fraction(1, 10), "text": Fraction(9, 10)}


class NumberedRows:
    """Rows of which every token is `first` + the row's number, and the predictions that count are its binary digits."""

    def __init__(self, first: int, count: int):
        self.first, self.count = first, count

    def __len__(self) -> int:
        return self.count

    def gather(self, rows: Sequence[int]) -> np.ndarray:
        return np.repeat(self.first + np.array(rows, np.uint16)[:, None], 7, axis=1)

    def predicted_of(self, rows: Sequence[int]) -> np.ndarray:
        return np.array(rows)[:, None] >> np.arange(6) & 1 > 0


ROWS = {"code": NumberedRows(1000, 23), "text": NumberedRows(2000, 50), "other": NumberedRows(3000, 9)}
WHOLE = range(BATCH_ROWS)


def arm(*segments: tuple[int, dict[str, Fraction]]) -> MixingIndex:
    return MixingIndex([Segment(rows, shares) for rows, shares in segments])


def all_batches(index: MixingIndex, mine: range = WHOLE, seed: int = 0) -> list[Batch]:
    dataset = batches(index, ROWS, seed, BATCH_ROWS, mine)
    return [dataset[t] for t in range(len(dataset))]


def drawn(index: MixingIndex, source: str, seed: int = 0) -> list[int]:
    """The rows drawn from a source, in order."""
    tokens = np.concatenate([batch["tokens"][:, 0] for batch in all_batches(index, seed=seed)])
    start = ROWS[source].first
    return [int(token) - start for token in tokens if start <= token < start + 1000]


@pytest.mark.parametrize("hosts", [1, 2, 4, 8])
def test_any_number_of_hosts_reads_the_same_batches(hosts: int) -> None:
    """The hosts' parts, one after the other, are the global batch."""
    index = arm((100, HALF), (60, MOSTLY_TEXT))
    share = BATCH_ROWS // hosts
    parts = [all_batches(index, range(host * share, (host + 1) * share)) for host in range(hosts)]
    expected = all_batches(index)
    assert len(expected) == 20
    for t, batch in enumerate(expected):
        for field in ("tokens", "predicted", "source"):
            joined = np.concatenate([part[t][field] for part in parts])  # type: ignore[literal-required]
            np.testing.assert_array_equal(joined, batch[field])  # type: ignore[literal-required]


def test_every_row_has_its_source_and_its_own_predictions() -> None:
    index = arm((100, HALF), (60, {"other": Fraction(1, 2), "text": Fraction(1, 2)}))
    for batch in all_batches(index):
        first = np.array([ROWS[source].first for source in index.sources])[batch["source"]]
        number = batch["tokens"][:, 0] - first
        assert all(0 <= n < 1000 for n in number)
        np.testing.assert_array_equal(batch["predicted"], number[:, None] >> np.arange(6) & 1 > 0)


@given(st.integers(1, 10**6), st.integers(0, 10**10), st.integers(0, 2**32 - 1))
def test_a_source_has_the_order_of_grains_shuffle(rows: int, position: int, seed: int) -> None:
    assert row_at(position, rows, seed) == grain.MapDataset.range(rows).shuffle(seed=seed)[position]


@given(first=st.integers(0, 19), threads=st.sampled_from([0, 2]))
@settings(deadline=None, max_examples=15)
def test_seeking_gives_what_iterating_gives(first: int, threads: int) -> None:
    """Starting in the middle, with or without threads that read ahead, gives the same batches."""
    index = arm((100, HALF), (60, MOSTLY_TEXT))
    dataset = batches(index, ROWS, 0, BATCH_ROWS, WHOLE)
    expected = [dataset[t] for t in range(first, 20)]
    found = list(iterate(dataset, first, 20, threads))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one["tokens"], other["tokens"])
        np.testing.assert_array_equal(one["source"], other["source"])


def test_every_epoch_is_another_permutation_of_all_rows() -> None:
    """Each row of a source exactly once in an epoch; the next epoch has another order."""
    rows = drawn(arm((400, HALF)), "code")
    epochs = [rows[start : start + 23] for start in range(0, 23 * 8, 23)]
    assert all(sorted(epoch) == list(range(23)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)


def test_the_order_within_a_source_does_not_depend_on_the_mixture() -> None:
    """Arms read a source in one order, whatever its weight, beside whatever other sources."""
    alone = drawn(arm((120, {"text": Fraction(1)})), "text")
    for index in (arm((120, HALF)), arm((120, {"other": Fraction(3, 4), "text": Fraction(1, 4)}))):
        mixed = drawn(index, "text")
        assert len(mixed) >= 30
        assert mixed == alone[: len(mixed)]


def test_another_seed_is_another_order() -> None:
    index = arm((100, {"text": Fraction(1)}))
    assert drawn(index, "text", seed=0) != drawn(index, "text", seed=1)


def test_two_sources_of_one_length_are_shuffled_differently() -> None:
    rows = {name: NumberedRows(0, 40) for name in ("a", "b")}
    index = arm((80, {"a": Fraction(1, 2), "b": Fraction(1, 2)}))
    dataset = batches(index, rows, 0, 80, range(80))
    batch = dataset[0]
    a, b = (batch["tokens"][batch["source"] == source, 0].tolist() for source in (0, 1))
    assert sorted(a) == sorted(b)
    assert a != b


def test_arms_that_part_later_begin_with_the_same_batches() -> None:
    """Changing the second phase, even to other sources, leaves every batch of the first as it was."""
    first = (10 * BATCH_ROWS, HALF)
    third = {"other": Fraction(1, 2), "text": Fraction(1, 2)}
    arms = [all_batches(arm(first, (40, shares))) for shares in (HALF, MOSTLY_TEXT, third)]
    for batch, *others in list(zip(*arms, strict=True))[:10]:
        for other in others:
            np.testing.assert_array_equal(batch["tokens"], other["tokens"])
    assert not np.array_equal(arms[0][12]["tokens"], arms[1][12]["tokens"])
