"""Bits per byte on held-out documents: what is measured, and in which windows.

A document is scored alone. It is cut into windows that overlap, so that past the first window every token is predicted
from at least `context - stride` tokens of its own document, and each token is predicted exactly once. Of a document
whose start is given (an instruction) the rest alone is scored: the nats of its tokens, read after the prompt, over its
bytes.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from codemix.errors import UserError

SCORES_VERSION = 2  # raised when the same checkpoint and stores would give other scores


@dataclasses.dataclass(frozen=True)
class BitsPerByte:
    """The evaluation on held-out documents.

    Attributes:
        sources: whose held-out documents are scored, each on its own.
        documents: of each source at most; drawn from its held-out split by a hash of their identities.
        stride: tokens that each further window predicts, as a share of the context.
        batch_rows: windows scored at once.
    """

    sources: Sequence[str]
    documents: int = 200
    stride: float = 0.5
    batch_rows: int = 32

    def __post_init__(self) -> None:
        if not self.sources:
            raise UserError("BitsPerByte.sources is empty; name at least one task.")
        if self.documents < 1 or self.batch_rows < 1 or not 0 < self.stride <= 1:
            raise UserError(
                "BitsPerByte needs documents ≥ 1, batch_rows ≥ 1 and stride above 0 up to 1; "
                f"it has {self.documents}, {self.batch_rows} and {self.stride}."
            )


@dataclasses.dataclass(frozen=True)
class Window:
    """One row to score. `ids` starts with the context's first token; predictions before `first` are not counted."""

    document: int
    ids: np.ndarray  # up to context + 1 token ids
    first: int  # the first position whose prediction counts


def windows(document: int, ids: np.ndarray, prompt: int, eos: int, context: int, stride: float) -> Iterator[Window]:
    """The windows of one document, whose first token is predicted from the end-of-document token.

    Args:
        document: its number.
        ids: its tokens, without the end-of-document token.
        prompt: how many of them, at its start, are given: they are read, and not predicted.
        eos: the end-of-document token's id.
        context: tokens that a row predicts at most.
        stride: tokens that each further window predicts, as a share of `context`.
    """
    row = np.concatenate([np.array([eos], dtype=np.int64), ids])
    step = max(1, int(context * stride))
    predicted = prompt  # tokens of the document that are predicted or given so far
    while predicted < len(ids):
        end = min(len(ids), max(context, predicted + step))
        start = max(0, end - context)
        yield Window(document, row[start : end + 1], predicted - start)
        predicted = end
