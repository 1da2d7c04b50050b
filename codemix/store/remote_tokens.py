"""Token files in a bucket: what is asked for and no more, by range requests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codemix.errors import UserError


class RemoteTokens:
    """A file of token ids in a bucket, sliced as an array is; a slice is one request."""

    def __init__(self, path: Path, dtype: np.dtype, tokens: int):
        self.path, self.dtype, self.tokens = path, dtype, tokens

    def __len__(self) -> int:
        return self.tokens

    def __getitem__(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(self.tokens)
        return read_ranges([(self, start, max(start, stop))])[0]


def read_ranges(ranges: Sequence[tuple[RemoteTokens, int, int]]) -> list[np.ndarray]:
    """Tokens `start` to `stop` (exclusive) of several files of one bucket, all requested at once.

    Raises:
        UserError: a file that is missing, shorter than its manifest says, or not to be read.
    """
    if not ranges:
        return []
    paths = [tokens.path for tokens, _, _ in ranges]
    size = ranges[0][0].dtype.itemsize
    starts, stops = [start * size for _, start, _ in ranges], [stop * size for _, _, stop in ranges]
    found = paths[0].fs.cat_ranges([path.path for path in paths], starts, stops, on_error="return")  # type: ignore[attr-defined]
    arrays = []
    for content, (tokens, start, stop) in zip(found, ranges, strict=True):
        if isinstance(content, Exception) or len(content) != (stop - start) * size:
            told = content if isinstance(content, Exception) else f"{len(content)} bytes instead of {stop - start}"
            raise UserError(
                f"{tokens.path}: tokens {start:,} to {stop:,} cannot be read ({told}); run the command again, and if "
                f"that does not help remove {tokens.path.parents[1]} and run `codemix prepare` again."
            )
        arrays.append(np.frombuffer(content, tokens.dtype))
    return arrays
