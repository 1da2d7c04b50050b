"""The formula of a training token's FLOPs beside what XLA counts in the program."""

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from codemix.model.config import Model
from codemix.model.loss import mean_nll
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

VOCAB, B, T = 1536, 2, 256
BLOCKS = 4  # of queries, each over the keys up to its own end


def counted(model: Model) -> float:
    """FLOPs of loss and gradients as XLA counts them in the program as it was written, for each token. Layers stand
    one after the other and the loss is one chunk, since XLA counts a loop's body once."""

    def loss(module: Transformer, ids_BxS: jax.Array) -> jax.Array:
        predicted_BxT = jnp.ones((B, T), bool)
        on_one = make_mesh({"data": 1})
        hidden_BxTxD = module(ids_BxS[:, :-1])
        return mean_nll(hidden_BxTxD, module.embedding_VxD[...], ids_BxS[:, 1:], predicted_BxT, 1.0, T, on_one)

    made = nnx.eval_shape(lambda: Transformer(model, VOCAB, 0, jnp.float32, nnx.Rngs(0)))
    graph, params = nnx.split(made)
    gradients = jax.jit(jax.value_and_grad(lambda params, ids_BxS: loss(nnx.merge(graph, params), ids_BxS)))
    cost = gradients.lower(params, jax.ShapeDtypeStruct((B, T + 1), jnp.int32)).cost_analysis()
    return cost["flops"] / (B * T)


@pytest.mark.parametrize(
    "change",
    [{}, {"kv_heads": 1}, {"layers": 3}, {"feed_forward": 1024}, {"width": 512, "heads": 8}],
    ids=lambda change: str(change) or "as it is",
)
def test_the_formula_is_what_xla_counts(change: dict) -> None:
    """Within the 1 % that what is no matrix product comes to: norms, rotary angles, softmax, silu. XLA's attention
    here makes the products of 5/8 of the pairs of positions, where the formula counts half of them."""
    shape = {"layers": 2, "width": 256, "heads": 4, "feed_forward": 768, "context": T, "loss_chunk": T} | change
    model = Model(**shape, unroll=shape["layers"])
    attention = 6 * model.layers * T * model.width
    expected = model.flops_per_token(VOCAB) + (2 * (BLOCKS + 1) / (2 * BLOCKS) - 1) * attention
    assert expected < counted(model) < 1.01 * expected
