"""What each position of a text looks at: the attention weights, which training never holds."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from codemix.api.checkpoint import Checkpoint
from codemix.errors import UserError
from codemix.model.attention import document_numbers, rotary_angles
from codemix.model.transformer import Block, Transformer


@dataclasses.dataclass(frozen=True)
class AttentionWeights:
    """Of one layer, over one text.

    Attributes:
        pieces: the text of every position's token; the first is the end of document that a document begins with.
        weights_HxTxT: of every head, how much position t (second axis) takes from position s (third); rows sum to 1.
    """

    pieces: list[str]
    weights_HxTxT: np.ndarray


def attention_weights(checkpoint: Checkpoint, text: str, layer: int) -> AttentionWeights:
    """The attention of one layer while the model reads a text, of as many of its tokens as the context has room for.

    Args:
        checkpoint: the model.
        text: a document, or its beginning.
        layer: from 0; -1 is the last.

    Raises:
        UserError: a layer that the model does not have.
    """
    layers = checkpoint.config.layers
    if not -layers <= layer < layers:
        raise UserError(f"layer {layer}: the model has {layers}; give 0 to {layers - 1}.")
    eos = nnx.merge(checkpoint.graph, checkpoint.params).eos
    ids = np.concatenate([[eos], checkpoint.encode(text)])[: checkpoint.config.context].astype(np.int32)
    weights_HxTxT = _weights_of(checkpoint.graph)(checkpoint.params, ids[None], layer % layers)
    return AttentionWeights(["", *checkpoint.pieces(ids[1:])], np.asarray(weights_HxTxT))


@functools.lru_cache(maxsize=4)
def _weights_of(graph: nnx.GraphDef):
    """The compiled function (params, ids_1xT, layer) -> weights_HxTxT."""

    @jax.jit
    def weights(params: nnx.State, ids_1xT: jax.Array, layer: jax.Array) -> jax.Array:
        return layer_attention(nnx.merge(graph, params), ids_1xT, layer)[0]

    return weights


def layer_attention(model: Transformer, ids_BxT: jax.Array, layer: jax.Array) -> jax.Array:
    """The weights of one layer, (B, H, T, T), float32: softmax(q·k / √K) over the positions of the same document up to
    each one, of the model's own queries and keys (arXiv 1706.03762 §3.2.1)."""
    B, T = ids_BxT.shape
    document_BxT = document_numbers(ids_BxT, model.eos)
    angles_TxK2 = rotary_angles(T, model.config.head_size, model.config.rotary_base)

    @nnx.scan(in_axes=(0, nnx.Carry), out_axes=(nnx.Carry, 0))
    def through(block: Block, x_NxD: jax.Array) -> tuple[jax.Array, jax.Array]:
        return block(x_NxD, angles_TxK2, document_BxT), x_NxD

    start_NxD = model.embedding_VxD[...].astype(model.dtype)[ids_BxT.reshape(-1)]
    _, into_LxNxD = through(model.blocks, start_NxD)
    graph, blocks = nnx.split(model.blocks)
    block = nnx.merge(graph, jax.tree.map(lambda leaf: leaf[layer], blocks))
    q_BxTxHxK, k_BxTxGxK, _ = block.attention.project(block.norm(into_LxNxD[layer]), angles_TxK2, B)
    H, G, K = q_BxTxHxK.shape[2], k_BxTxGxK.shape[2], q_BxTxHxK.shape[3]
    k_BxTxHxK = jnp.repeat(k_BxTxGxK, H // G, axis=2)
    scores_BxHxTxT = jnp.einsum("bthk,bshk->bhts", q_BxTxHxK, k_BxTxHxK, preferred_element_type=jnp.float32) * K**-0.5
    before_TxT = jnp.tril(jnp.ones((T, T), dtype=bool))
    seen_BxTxT = before_TxT & (document_BxT[:, :, None] == document_BxT[:, None, :])
    return jax.nn.softmax(jnp.where(seen_BxTxT[:, None], scores_BxHxTxT, -jnp.inf), axis=-1)
