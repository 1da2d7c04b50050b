"""The mixing index: (schedule, global row number) -> (source, row of that source), in closed form.

Rows are dealt to the sources by a balanced tree of two-way splits. A node that has dealt r rows has given
floor(r·w/W + 1/2) of them to its left side (w of its weight W) and the rest to its right. When r grows by one, exactly
one side grows by one; so exactly one source advances per row, no source is ever more than half a row per level of the
tree away from its share, and finding the source of any row number takes one descent: O(log k) for k sources, in exact
integers, without state. (A chain of such splits, as in `grain.MapDataset.mix`, is the same tree at depth k.)

A schedule is a sequence of segments of constant shares. Positions are carried on: the first row that a segment takes
from a source is the one after the last row that the segments before it took.
"""

import bisect
import dataclasses
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction


@dataclasses.dataclass(frozen=True)
class Segment:
    """A stretch of a schedule: `rows` rows at constant `shares` (source -> share > 0, summing to one)."""

    rows: int
    shares: Mapping[str, Fraction]


@dataclasses.dataclass(frozen=True)
class _Split:
    """A node of the tree: rows go to `left` and `right` as `left_weight` is to `weight - left_weight`."""

    left: "_Split | int"  # another split, or the number of a source
    right: "_Split | int"
    left_weight: int
    weight: int

    def left_count(self, rows: int) -> int:
        """How many of the first `rows` rows went left: rows · left_weight / weight, rounded half up."""
        return (2 * rows * self.left_weight + self.weight) // (2 * self.weight)

    def next(self, rows: int) -> tuple[int, bool]:
        """`left_count(rows)`, and whether the row after those goes left too: one division for both."""
        whole = 2 * self.weight
        count, remainder = divmod(2 * rows * self.left_weight + self.weight, whole)
        return count, remainder + 2 * self.left_weight >= whole


def _tree(sources: Sequence[tuple[int, int]]) -> "_Split | int":
    """The balanced tree over (source number, integer weight) pairs."""
    if len(sources) == 1:
        return sources[0][0]
    middle = len(sources) // 2
    left, right = sources[:middle], sources[middle:]
    left_weight = sum(weight for _, weight in left)
    return _Split(_tree(left), _tree(right), left_weight, left_weight + sum(weight for _, weight in right))


class MixingIndex:
    """Where every row of a run comes from. Pure: the same segments give the same answer anywhere, for any row."""

    def __init__(self, segments: Sequence[Segment]):
        """Raises ValueError for a segment of no rows, or whose shares are not positive or do not sum to one."""
        self.segments = tuple(segments)
        self.sources: tuple[str, ...] = tuple(sorted({source for s in segments for source in s.shares}))
        number = {source: i for i, source in enumerate(self.sources)}
        self._trees: list[_Split | int] = []
        self._starts = [0]  # the first row of every segment, and the end
        self._bases: list[tuple[int, ...]] = [(0,) * len(self.sources)]  # rows of every source dealt before it
        for segment in self.segments:
            shares = sorted(segment.shares.items())
            if segment.rows <= 0 or any(share <= 0 for _, share in shares) or sum(segment.shares.values()) != 1:
                raise ValueError(f"a segment needs rows > 0 and positive shares that sum to one: {segment}")
            denominator = math.lcm(*(share.denominator for _, share in shares))
            tree = _tree([(number[source], int(share * denominator)) for source, share in shares])
            counts = list(self._bases[-1])
            _add_counts(tree, segment.rows, counts)
            self._trees.append(tree)
            self._starts.append(self._starts[-1] + segment.rows)
            self._bases.append(tuple(counts))

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, row: int) -> tuple[int, int]:
        """The number of the source (in `self.sources`) that row `row` comes from, and the position in that source."""
        segment = self._segment(row)
        rest = row - self._starts[segment]
        node = self._trees[segment]
        while not isinstance(node, int):
            left, goes_left = node.next(rest)
            node, rest = (node.left, left) if goes_left else (node.right, rest - left)
        return node, self._bases[segment][node] + rest

    def counts(self, rows: int) -> dict[str, int]:
        """How many of the first `rows` rows come from each source: the ledger's one formula."""
        if rows == len(self):
            return dict(zip(self.sources, self._bases[-1], strict=True))
        segment = self._segment(rows)
        counts = list(self._bases[segment])
        _add_counts(self._trees[segment], rows - self._starts[segment], counts)
        return dict(zip(self.sources, counts, strict=True))

    def _segment(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        return bisect.bisect_right(self._starts, row) - 1


def _add_counts(node: _Split | int, rows: int, counts: list[int]) -> None:
    """Adds to `counts` what each source gets of the first `rows` rows that reach `node`."""
    if isinstance(node, int):
        counts[node] += rows
        return
    left = node.left_count(rows)
    _add_counts(node.left, left, counts)
    _add_counts(node.right, rows - left, counts)
