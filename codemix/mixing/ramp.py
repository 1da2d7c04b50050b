"""Ramps: weights that change continuously over a stretch, as segments of constant shares whose counts follow them.

At the share x of its rows, a ramp's weights are start + (end - start)·f(x), with f(x) = x (linear) or (1 - cos πx)/2
(cosine). By then a source is due the integral: rows·(start·x + (end - start)·F(x)), F(x) = x²/2 or x/2 - sin(πx)/2π.

The stretch is cut into at most `PIECES` pieces of whole rows. The rows of a piece are given out one by one to what is
due, each to the source that reaches its next whole row the earliest (the earliest deadline first, which meets all
deadlines that can be met: Liu and Layland 1973). So at every piece's end every source has what it is due, rounded down
or up, however many pieces came before, and no source ever gives rows back. Inside a piece the shares are constant,
which is at most rows / (8·pieces²) · max|f'| · |end - start| rows away from the curve.
"""

import bisect
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Literal

from codemix.mixing.index import Segment

PIECES = 256
Shape = Literal["linear", "cosine"]

_INTEGRALS: dict[str, Callable[[Fraction], Fraction]] = {
    "linear": lambda x: x * x / 2,
    "cosine": lambda x: x / 2 - Fraction(math.sin(math.pi * x) / (2 * math.pi)),
}


def ramp_segments(rows: int, start: Mapping[str, Fraction], end: Mapping[str, Fraction], shape: Shape) -> list[Segment]:
    """The segments of a ramp over `rows` rows, between shares (source -> share, summing to one)."""
    pieces = min(PIECES, rows)
    ends = [rows * piece // pieces for piece in range(pieces + 1)]
    integral = [_INTEGRALS[shape](Fraction(row, rows)) for row in ends]
    integral[-1] = Fraction(1, 2)  # exactly, whatever sin π is in floating point
    due = {
        source: [
            row * (first := start.get(source, Fraction(0))) + rows * (end.get(source, Fraction(0)) - first) * part
            for row, part in zip(ends, integral, strict=True)
        ]
        for source in sorted({*start, *end})
    }
    dealt = dict.fromkeys(due, 0)
    segments: list[Segment] = []
    for piece in range(1, pieces + 1):
        before, dealt = dealt, _dealt(due, piece, ends[piece], dealt)
        length = ends[piece] - ends[piece - 1]
        shares = {source: Fraction(n - before[source], length) for source, n in dealt.items() if n > before[source]}
        segments.append(Segment(length, shares))
    return segments


def _dealt(due: Mapping[str, list[Fraction]], piece: int, rows: int, before: Mapping[str, int]) -> dict[str, int]:
    """What every source has of the first `rows` rows, which end the piece: at least `before`, and what is due rounded
    down; the rows that are left go to those whose next row is due the earliest."""
    dealt = {source: max(before[source], math.floor(amounts[piece])) for source, amounts in due.items()}
    ahead = [source for source, amounts in due.items() if dealt[source] < amounts[piece]]
    ahead.sort(key=lambda source: (bisect.bisect_left(due[source], dealt[source] + 1), source))
    for source in ahead[: rows - sum(dealt.values())]:
        dealt[source] += 1
    return dealt
