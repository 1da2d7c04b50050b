"""Decoding a token at a time, with the keys and values of the positions before kept.

A prompt begins with an end-of-document token, from which a document's first token is predicted. Rows are aligned at
their ends: shorter prompts have more such tokens before them, each a document of its own that the prompt does not see.
Rotary positions count along the row, and only their differences matter.
"""

import operator
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from codemix.model.attention import document_numbers, rotary_angles
from codemix.model.transformer import Block, Transformer


class Cache(NamedTuple):
    """What is kept of the positions so far, S of which have room.

    Attributes:
        keys_BxGxSxK, values_BxGxSxK: rotated keys, and values, of each layer.
        document_BxS: the number of each position's document; -1 where nothing is yet.
        length: positions that are taken, the same in every row.
    """

    keys_BxGxSxK: tuple[jax.Array, ...]
    values_BxGxSxK: tuple[jax.Array, ...]
    document_BxS: jax.Array
    length: jax.Array


def prefill(model: Transformer, ids_BxP: jax.Array, room: int) -> tuple[jax.Array, Cache]:
    """Reads prompts at once.

    Args:
        model: on any devices.
        ids_BxP: the prompts, aligned at their ends.
        room: positions that the cache has, P and those to come.

    Returns:
        The hidden states of the last positions, (B, D), and the cache.
    """
    B, P = ids_BxP.shape
    document_BxP = document_numbers(ids_BxP, model.eos)
    angles_PxK2 = rotary_angles(P, model.config.head_size, model.config.rotary_base)

    @nnx.scan(in_axes=(0, nnx.Carry), out_axes=(nnx.Carry, 0, 0))
    def through(block: Block, x_NxD: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        y_NxD = block.norm(x_NxD)
        q_BxPxHxK, k_BxPxGxK, v_BxPxGxK = block.attention.project(y_NxD, angles_PxK2, B)
        seen_NxD = block.attention.combine(block.attention.attend(q_BxPxHxK, k_BxPxGxK, v_BxPxGxK, document_BxP))
        x_NxD = x_NxD + seen_NxD + block.feed_forward(y_NxD)
        return x_NxD, _with_room(k_BxPxGxK, room), _with_room(v_BxPxGxK, room)

    x_NxD, keys_LxBxGxSxK, values_LxBxGxSxK = through(model.blocks, _embedded(model, ids_BxP))
    document_BxS = jnp.pad(document_BxP, ((0, 0), (0, room - P)), constant_values=-1)
    last_BxD = model.norm(x_NxD.reshape(B, P, -1)[:, -1])
    return last_BxD, Cache(tuple(keys_LxBxGxSxK), tuple(values_LxBxGxSxK), document_BxS, jnp.int32(P))


def apart(model: Transformer) -> tuple[nnx.State, ...]:
    """The parameters of each block, in arrays of their own: a layer of one array is copied before it is multiplied."""
    blocks = nnx.state(model.blocks)
    return tuple(jax.tree.map(operator.itemgetter(layer), blocks) for layer in range(model.config.layers))


def extend(model: Transformer, blocks: Sequence[nnx.State], cache: Cache, ids_B: jax.Array) -> tuple[jax.Array, Cache]:
    """Reads one more token of every row.

    Args:
        model: on any devices.
        blocks: what `apart` gives of it; taken apart once for many tokens.
        cache: has room for the token.
        ids_B: the token of each row.

    Returns:
        The hidden states at those tokens, (B, D), and the cache with them.
    """
    (B,) = ids_B.shape
    document_B = cache.document_BxS.max(axis=1) + (ids_B == model.eos)
    document_BxS = jax.lax.dynamic_update_slice(cache.document_BxS, document_B[:, None], (0, cache.length))
    seen_BxS = document_BxS == document_B[:, None]
    angles_1xK2 = _angle(model, cache.length)
    graph = nnx.graphdef(model.blocks)
    x_BxD = _embedded(model, ids_B)
    keys, values = [], []
    for state, keys_BxGxSxK, values_BxGxSxK in zip(blocks, cache.keys_BxGxSxK, cache.values_BxGxSxK, strict=True):
        block = nnx.merge(graph, state)
        y_BxD = block.norm(x_BxD)
        q_Bx1xHxK, k_Bx1xGxK, v_Bx1xGxK = block.attention.project(y_BxD, angles_1xK2, B)
        keys.append(_put(keys_BxGxSxK, k_Bx1xGxK, cache.length))
        values.append(_put(values_BxGxSxK, v_Bx1xGxK, cache.length))
        seen_Bx1xHxK = _attend_to(q_Bx1xHxK, keys[-1], values[-1], seen_BxS)
        x_BxD = x_BxD + block.attention.combine(seen_Bx1xHxK) + block.feed_forward(y_BxD)
    return model.norm(x_BxD), Cache(tuple(keys), tuple(values), document_BxS, cache.length + 1)


def next_logits(model: Transformer, hidden_BxD: jax.Array) -> jax.Array:
    """Logits of the next token, float32, (B, V)."""
    logits_BxV = (hidden_BxD @ model.embedding_VxD.astype(model.dtype).T).astype(jnp.float32)
    return model.config.logit_scale * logits_BxV


def most_probable(logits_BxV: jax.Array) -> jax.Array:
    """The token with the largest logit, the first where there are several, (B,) int32: `argmax`, which XLA's CPU
    backend does not vectorise, in a third of its time."""
    V = logits_BxV.shape[-1]
    is_largest_BxV = logits_BxV == logits_BxV.max(axis=-1, keepdims=True)
    return jnp.where(is_largest_BxV, jnp.arange(V, dtype=jnp.int32), V).min(axis=-1)


def _attend_to(
    q_Bx1xHxK: jax.Array, keys_BxGxSxK: jax.Array, values_BxGxSxK: jax.Array, seen_BxS: jax.Array
) -> jax.Array:
    """Attention of one position to those that it sees, itself among them, (B, 1, H, K)."""
    B, _, H, K = q_Bx1xHxK.shape
    G = keys_BxGxSxK.shape[1]
    q_BxGxRxK = (q_Bx1xHxK * K**-0.5).reshape(B, G, H // G, K)
    scores_BxGxRxS = jnp.einsum("bgrk,bgsk->bgrs", q_BxGxRxK, keys_BxGxSxK, preferred_element_type=jnp.float32)
    scores_BxGxRxS = jnp.where(seen_BxS[:, None, None], scores_BxGxRxS, -jnp.inf)
    weights_BxGxRxS = jnp.exp(scores_BxGxRxS - scores_BxGxRxS.max(axis=-1, keepdims=True))
    y_BxGxRxK = weights_BxGxRxS.astype(values_BxGxSxK.dtype) @ values_BxGxSxK
    total_BxGxRx1 = weights_BxGxRxS.sum(axis=-1, keepdims=True)
    return (y_BxGxRxK / total_BxGxRx1).astype(q_Bx1xHxK.dtype).reshape(B, 1, H, K)


def _put(cached_BxGxSxK: jax.Array, new_Bx1xGxK: jax.Array, place: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_slice(cached_BxGxSxK, jnp.swapaxes(new_Bx1xGxK, 1, 2), (0, 0, place, 0))


def _embedded(model: Transformer, ids: jax.Array) -> jax.Array:
    return model.embedding_VxD[...].astype(model.dtype)[ids.reshape(-1)]


def _with_room(x_BxPxGxK: jax.Array, room: int) -> jax.Array:
    """(B, G, S, K), zeros where nothing is yet."""
    x_BxGxPxK = jnp.swapaxes(x_BxPxGxK, 1, 2)
    return jnp.pad(x_BxGxPxK, ((0, 0), (0, 0), (0, room - x_BxGxPxK.shape[2]), (0, 0)))


def _angle(model: Transformer, position: jax.Array) -> jax.Array:
    """The rotary angles of one position, (1, K/2)."""
    K = model.config.head_size
    frequencies_K2 = model.config.rotary_base ** (-jnp.arange(0, K, 2, dtype=jnp.float32) / K)
    return (position.astype(jnp.float32) * frequencies_K2)[None]
