"""A source of which only a part may be read: that part again and again, and nothing else changes."""

from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from codemix.mixing.index import MixingIndex, Segment
from codemix.training.feed import batches, row_at, source_seed


@given(st.integers(1, 500), st.integers(1, 500), st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_every_epoch_is_a_permutation_of_the_same_rows(rows: int, limit: int, seed: int, epoch: int) -> None:
    """Exactly `limit` rows, each once in an epoch, and they are those that the unlimited run reads first."""
    limit = min(limit, rows)
    first = [row_at(position, rows, seed) for position in range(limit)]
    here = [row_at(epoch * limit + place, rows, seed, limit) for place in range(limit)]
    assert sorted(here) == sorted(first)
    assert epoch or here == first


def test_the_order_is_another_in_every_epoch() -> None:
    epochs = [tuple(row_at(epoch * 40 + place, 90, 3, 40) for place in range(40)) for epoch in range(6)]
    assert len(set(epochs)) == 6


class Numbered:
    """Rows that hold their own number."""

    def __len__(self) -> int:
        return 60

    def gather(self, rows) -> np.ndarray:
        return np.repeat(np.array(rows, np.uint16)[:, None], 3, axis=1)

    def predicted_of(self, rows) -> np.ndarray:
        return np.ones((len(rows), 2), bool)


def test_batches_read_the_limited_source_again_and_the_other_as_before() -> None:
    index = MixingIndex([Segment(200, {"a": Fraction(1, 2), "b": Fraction(1, 2)})])
    rows = {"a": Numbered(), "b": Numbered()}
    read = {}
    for name, limits in (("whole", {}), ("limited", {"a": 15})):
        dataset = batches(index, rows, 7, 20, range(20), limits)
        together = [dataset[number] for number in range(len(dataset))]
        tokens = np.concatenate([batch["tokens"][:, 0] for batch in together])
        source = np.concatenate([batch["source"] for batch in together])
        read[name] = [tokens[source == number].tolist() for number in (0, 1)]
    assert read["whole"][1] == read["limited"][1]
    assert read["limited"][0][:15] == read["whole"][0][:15]
    assert set(read["limited"][0]) == set(read["whole"][0][:15])
    assert read["limited"][0][15:30] == [row_at(15 + place, 60, source_seed(7, "a"), 15) for place in range(15)]


@pytest.mark.parametrize("limit", [0, 61])
def test_a_limit_that_the_source_does_not_have_is_an_error(limit: int) -> None:
    index = MixingIndex([Segment(20, {"a": Fraction(1)})])
    with pytest.raises(ValueError, match=f"'a' has 60 rows, and {limit} of them are to be read"):
        batches(index, {"a": Numbered()}, 0, 20, range(20), {"a": limit})
