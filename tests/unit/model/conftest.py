"""A decoder small enough to be checked number by number."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from codemix.model.config import Model
from codemix.model.transformer import Transformer

jax.config.update("jax_disable_most_optimizations", True)  # the programs run once: compiling is what takes time
VOCAB, EOS = 50, 0


@functools.cache
def _build(config: Model) -> Transformer:
    return nnx.jit(lambda: Transformer(config, VOCAB, EOS, jnp.float32, nnx.Rngs(0)))()


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Transformer]:
    """A `Transformer` of 2 layers, 16 wide; fields of its `Model` can be given, and the same seed always."""

    def make(**fields: object) -> Transformer:
        shape = {"layers": 2, "width": 16, "heads": 2, "feed_forward": 24, "context": 16, "loss_chunk": 8}
        return _build(Model(**{**shape, **fields}))  # type: ignore[arg-type]

    return make
