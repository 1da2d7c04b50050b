"""What is scored: a model on its devices, with the tokenizer that it was trained with."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from flax import nnx
from jax.sharding import Mesh

from codemix.model.transformer import Transformer


class Tokenizer(Protocol):
    """What scoring needs of a tokenizer; those of `codemix.data.tokenizer` have it."""

    @property
    def eos(self) -> int:
        """The id that ends a document, and from which the first token of the next is predicted."""

    @property
    def fingerprint(self) -> str:
        """Of the tokenizer's file."""

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The ids of every text, without the end of document."""

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of the ids."""


@dataclasses.dataclass(frozen=True)
class ScoredModel:
    """A model that benchmarks are asked of.

    Attributes:
        graph: the `Transformer`'s graph.
        params: its parameters, laid out on `mesh`.
        mesh: the devices.
        tokenizer: text to ids and back.
        name: the checkpoint, as messages call it.
    """

    graph: nnx.GraphDef = dataclasses.field(repr=False)
    params: nnx.State = dataclasses.field(repr=False)
    mesh: Mesh
    tokenizer: Tokenizer
    name: str

    def encode(self, text: str) -> list[int]:
        """The ids of one text, without the end of document."""
        return self.tokenizer.encode_batch([text])[0].tolist()

    @property
    def context(self) -> int:
        """Tokens that the model reads at once."""
        transformer: Transformer = nnx.merge(self.graph, self.params)
        return transformer.config.context
