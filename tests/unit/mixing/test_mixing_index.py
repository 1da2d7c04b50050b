"""The mixing index: shares at every prefix, one source per row, positions that carry on, seeking."""

import bisect
import math
from fractions import Fraction
from itertools import accumulate

import grain
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from codemix.mixing.index import MixingIndex, Segment

NAMES = "abcdefg"


def shares_of(weights: dict[str, int]) -> dict[str, Fraction]:
    total = sum(weights.values())
    return {source: Fraction(weight, total) for source, weight in weights.items() if weight}


weights_over_sources = st.dictionaries(
    st.sampled_from(NAMES), st.one_of(st.integers(1, 10), st.integers(1, 10**6)), min_size=1
)
segments_of = st.lists(
    st.builds(lambda rows, weights: Segment(rows, shares_of(weights)), st.integers(1, 120), weights_over_sources),
    min_size=1,
    max_size=4,
)
huge_segments = st.lists(
    st.builds(lambda rows, weights: Segment(rows, shares_of(weights)), st.integers(1, 10**12), weights_over_sources),
    min_size=1,
    max_size=4,
)


def levels(segment: Segment) -> int:
    """Depth of the balanced tree of splits over the segment's sources."""
    return math.ceil(math.log2(len(segment.shares)))


def due(segments: list[Segment], rows: int) -> tuple[dict[str, Fraction], Fraction]:
    """What every source is due of the first `rows` rows, and how far from it the index may be."""
    amounts: dict[str, Fraction] = dict.fromkeys(NAMES, Fraction(0))
    allowed = Fraction(0)
    for segment in segments:
        here = min(rows, segment.rows)
        for source, share in segment.shares.items():
            amounts[source] += here * share
        rows -= here
        if here:
            allowed += Fraction(levels(segment), 2)
    return amounts, allowed


@given(segments_of)
def test_every_prefix_has_its_shares(segments: list[Segment]) -> None:
    """At every prefix, no source is further than half a row per tree level and segment from what it is due."""
    index = MixingIndex(segments)
    for rows in range(len(index) + 1):
        amounts, allowed = due(segments, rows)
        for source, count in index.counts(rows).items():
            assert abs(count - amounts[source]) <= allowed


@given(segments_of)
def test_rows_come_one_by_one_without_gap_or_repeat(segments: list[Segment]) -> None:
    """Each row is the next row of exactly one source, across segments too, and `counts` says the same as iterating."""
    index = MixingIndex(segments)
    taken = dict.fromkeys(index.sources, 0)
    for row in range(len(index)):
        assert index.counts(row) == taken
        number, position = index[row]
        source = index.sources[number]
        assert position == taken[source]
        taken[source] += 1
    assert index.counts(len(index)) == taken


@given(huge_segments, st.data())
def test_any_row_of_1e12_agrees_with_the_counts_beside_it(segments: list[Segment], data: st.DataObject) -> None:
    """Seeking equals iterating at row numbers that nobody iterates to."""
    index = MixingIndex(segments)
    row = data.draw(st.integers(0, len(index) - 1))
    before, after = index.counts(row), index.counts(row + 1)
    number, position = index[row]
    assert position == before[index.sources[number]]
    assert {s: after[s] - before[s] for s in index.sources} == {
        s: int(i == number) for i, s in enumerate(index.sources)
    }
    amounts, allowed = due(segments, row)
    assert all(abs(before[source] - amounts[source]) <= allowed for source in index.sources)


@given(segments_of)
def test_a_segment_draws_only_from_its_own_sources(segments: list[Segment]) -> None:
    """A source without weight in a segment gets none of its rows."""
    index = MixingIndex(segments)
    ends = list(accumulate(segment.rows for segment in segments))
    for row in range(len(index)):
        assert index.sources[index[row][0]] in segments[bisect.bisect_right(ends, row)].shares


@given(segments_of, segments_of)
def test_what_comes_later_changes_nothing_before_it(first: list[Segment], second: list[Segment]) -> None:
    """Two arms that begin alike have the same rows up to where they part."""
    alone, longer = MixingIndex(first), MixingIndex([*first, *second])
    for row in range(len(alone)):
        (a, position), (b, longer_position) = alone[row], longer[row]
        assert (alone.sources[a], position) == (longer.sources[b], longer_position)


@pytest.mark.parametrize("rows", [10**6, 10**9, 10**12])
def test_a_weight_of_one_in_a_million_is_honoured(rows: int) -> None:
    """The count of a source of weight 1e-6 is within a few rows of its due, over up to 1e12 rows."""
    tiny = Fraction(1, 10**6)
    rest = (1 - tiny) / 4
    index = MixingIndex([Segment(rows, {"tiny": tiny, **{f"s{i}": rest for i in range(4)}})])
    assert abs(index.counts(rows)["tiny"] - rows * tiny) <= Fraction(3, 2)


@pytest.mark.parametrize(
    "segment",
    [
        Segment(0, {"a": Fraction(1)}),
        Segment(5, {"a": Fraction(1, 2)}),
        Segment(5, {"a": Fraction(1), "b": Fraction(0)}),
        Segment(5, {"a": Fraction(2), "b": Fraction(-1)}),
    ],
)
def test_a_segment_that_means_nothing_is_refused(segment: Segment) -> None:
    with pytest.raises(ValueError, match="a segment needs"):
        MixingIndex([segment])


@pytest.mark.parametrize("row", [-1, 5, 10**12])
def test_a_row_beyond_the_end_is_an_error(row: int) -> None:
    with pytest.raises(IndexError):
        MixingIndex([Segment(5, {"a": Fraction(1)})])[row]


@given(weights_over_sources)
@settings(max_examples=15)
def test_grain_deals_the_same_counts(weights: dict[str, int]) -> None:
    """`grain.MapDataset.mix`, a chain of such splits, is within one row per split of the tree at every prefix."""
    shares = shares_of(weights)
    rows = 150
    index = MixingIndex([Segment(rows, shares)])
    parents = [grain.MapDataset.source([number] * rows) for number in range(len(index.sources))]
    mixed = grain.MapDataset.mix(parents, weights=[float(shares[source]) for source in index.sources])
    dealt = dict.fromkeys(index.sources, 0)
    for row in range(min(rows, len(mixed))):
        dealt[index.sources[mixed[row]]] += 1
        ours = index.counts(row + 1)
        assert all(abs(ours[source] - dealt[source]) <= len(shares) - 1 for source in shares)
