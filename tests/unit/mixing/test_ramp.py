"""Ramps: counts follow the integral of the weights, one source per row, and errors never add up."""

import math
from fractions import Fraction
from itertools import accumulate, pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from codemix.mixing.index import MixingIndex, Segment
from codemix.mixing.ramp import PIECES, Shape, ramp_segments

NAMES = "abcdefg"
SHAPES: tuple[Shape, ...] = ("linear", "cosine")


def shares_of(weights: dict[str, int]) -> dict[str, Fraction]:
    total = sum(weights.values())
    return {source: Fraction(weight, total) for source, weight in weights.items() if weight}


shares = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 1000), min_size=1).map(shares_of)
shapes = st.sampled_from(SHAPES)


def due(rows: int, row: int, start: dict[str, Fraction], end: dict[str, Fraction], shape: Shape) -> dict[str, float]:
    """What every source is due of the first `row` rows: the weights summed up, by the trapezoid rule where curved."""
    x = row / rows
    part = x * x / 2 if shape == "linear" else x / 2 - math.sin(math.pi * x) / (2 * math.pi)
    return {
        source: rows * (float(start.get(source, 0)) * x + float(end.get(source, 0) - start.get(source, 0)) * part)
        for source in {*start, *end}
    }


@given(st.integers(1, 10**5), shares, shares, shapes)
@settings(deadline=None)
def test_every_piece_ends_less_than_a_row_from_what_is_due(
    rows: int, start: dict[str, Fraction], end: dict[str, Fraction], shape: Shape
) -> None:
    """However many pieces came before, whatever the sources that come and go, and with whole rows that fit."""
    segments = ramp_segments(rows, start, end, shape)
    assert len(segments) == min(PIECES, rows)
    assert sum(segment.rows for segment in segments) == rows
    index = MixingIndex(segments)
    for row in accumulate(segment.rows for segment in segments):
        amounts = due(rows, row, start, end, shape)
        assert all(abs(count - amounts[source]) < 1 + 1e-6 for source, count in index.counts(row).items())


@given(st.integers(1, 3000), shares, shares, shapes)
@settings(deadline=None, max_examples=40)
def test_every_prefix_is_a_few_rows_from_what_is_due_and_one_source_advances_per_row(
    rows: int, start: dict[str, Fraction], end: dict[str, Fraction], shape: Shape
) -> None:
    """Half a row for each level of the tree, a row for the pieces' ends, and the arc above a piece's chord."""
    index = MixingIndex(ramp_segments(rows, start, end, shape))
    allowed = 1 + math.ceil(math.log2(max(2, len(index.sources)))) / 2 + rows / (8 * PIECES**2) * math.pi / 2 + 1e-6
    taken = dict.fromkeys(index.sources, 0)
    for row in range(rows):
        amounts = due(rows, row, start, end, shape)
        assert all(abs(count - amounts[source]) <= allowed for source, count in taken.items())
        number, position = index[row]
        assert position == taken[index.sources[number]]
        taken[index.sources[number]] += 1
    assert taken == index.counts(rows)


@given(st.integers(1, 10**12), shares, shares, shapes, st.data())
@settings(deadline=None, max_examples=30)
def test_seeking_equals_iterating_at_any_row(
    rows: int, start: dict[str, Fraction], end: dict[str, Fraction], shape: Shape, data: st.DataObject
) -> None:
    index = MixingIndex(ramp_segments(rows, start, end, shape))
    row = data.draw(st.integers(0, rows - 1))
    before, after = index.counts(row), index.counts(row + 1)
    number, position = index[row]
    assert position == before[index.sources[number]]
    assert {source: after[source] - before[source] for source in after} == {
        source: int(place == number) for place, source in enumerate(index.sources)
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_a_weight_that_rises_is_read_ever_more(shape: Shape) -> None:
    """From nothing to all: the middle is a half, each tenth has more of it than the one before, the last nearly all."""
    rows = 10_000
    index = MixingIndex(ramp_segments(rows, {"text": Fraction(1)}, {"code": Fraction(1)}, shape))
    code = [index.counts(row)["code"] for row in range(0, rows + 1, rows // 10)]
    tenths = [after - before for before, after in pairwise(code)]
    assert tenths == sorted(tenths)
    assert code[-1] == rows // 2
    # of the first tenth, by the integral: 1/20 of it (linear), and 0.0082 of it (cosine)
    assert tenths[0] == pytest.approx({"linear": 50, "cosine": 8.2}[shape], abs=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ramp_between_equal_shares_is_constant(shape: Shape) -> None:
    half = {"text": Fraction(1, 2), "code": Fraction(1, 2)}
    ramp, constant = MixingIndex(ramp_segments(5000, half, half, shape)), MixingIndex([Segment(5000, half)])
    for row in range(0, 5001, 7):
        assert abs(ramp.counts(row)["text"] - constant.counts(row)["text"]) <= 1


def test_equal_ramps_are_equal_segments() -> None:
    """Whatever the order in which the sources are named."""
    start, end = {"a": Fraction(1, 3), "b": Fraction(2, 3)}, {"b": Fraction(1)}
    backwards = dict(reversed(start.items()))
    assert ramp_segments(1000, start, end, "cosine") == ramp_segments(1000, backwards, end, "cosine")
