"""Decoding a token at a time, with the keys and values of the positions before kept.

A prompt begins with an end-of-document token, from which a document's first token is predicted. Rows are aligned at
their ends: shorter prompts have more such tokens before them, each a document of its own that the prompt does not see.
Rotary positions count along the row, and only their differences matter.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from codemix.model.attention import document_numbers, rotary_angles
from codemix.model.transformer import Block, Transformer


class Cache(NamedTuple):
    """What is kept of the positions so far, S of which have room.

    Attributes:
        keys_LxBxGxSxK, values_LxBxGxSxK: rotated keys, and values.
        document_BxS: the number of each position's document; -1 where nothing is yet.
        length: positions that are taken, the same in every row.
    """

    keys_LxBxGxSxK: jax.Array
    values_LxBxGxSxK: jax.Array
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
    return last_BxD, Cache(keys_LxBxGxSxK, values_LxBxGxSxK, document_BxS, jnp.int32(P))


def extend(model: Transformer, cache: Cache, ids_B: jax.Array) -> tuple[jax.Array, Cache]:
    """Reads one more token of every row. The cache must have room for it.

    Returns:
        The hidden states at those tokens, (B, D), and the cache with them.
    """
    (B,) = ids_B.shape
    document_B = cache.document_BxS.max(axis=1) + (ids_B == model.eos)
    seen_BxS = cache.document_BxS == document_B[:, None]
    angles_1xK2 = _angle(model, cache.length)

    @nnx.scan(in_axes=(0, nnx.Carry, 0, 0), out_axes=(nnx.Carry, 0, 0))
    def through(
        block: Block, x_BxD: jax.Array, keys_BxGxSxK: jax.Array, values_BxGxSxK: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        y_BxD = block.norm(x_BxD)
        q_Bx1xHxK, k_Bx1xGxK, v_Bx1xGxK = block.attention.project(y_BxD, angles_1xK2, B)
        k_BxGx1xK, v_BxGx1xK = jnp.swapaxes(k_Bx1xGxK, 1, 2), jnp.swapaxes(v_Bx1xGxK, 1, 2)
        y_Bx1xHxK = _attend_to(q_Bx1xHxK, keys_BxGxSxK, values_BxGxSxK, k_BxGx1xK, v_BxGx1xK, seen_BxS)
        x_BxD = x_BxD + block.attention.combine(y_Bx1xHxK) + block.feed_forward(y_BxD)
        return x_BxD, k_BxGx1xK, v_BxGx1xK

    x_BxD, k_LxBxGx1xK, v_LxBxGx1xK = through(
        model.blocks, _embedded(model, ids_B), cache.keys_LxBxGxSxK, cache.values_LxBxGxSxK
    )
    # All layers at once, after the loop over them: in place, where each layer's own update would copy the cache.
    place = (0, 0, 0, cache.length, 0)
    grown = Cache(
        jax.lax.dynamic_update_slice(cache.keys_LxBxGxSxK, k_LxBxGx1xK, place),
        jax.lax.dynamic_update_slice(cache.values_LxBxGxSxK, v_LxBxGx1xK, place),
        jax.lax.dynamic_update_slice(cache.document_BxS, document_B[:, None], (0, cache.length)),
        cache.length + 1,
    )
    return model.norm(x_BxD), grown


def next_logits(model: Transformer, hidden_BxD: jax.Array) -> jax.Array:
    """Logits of the next token, float32, (B, V)."""
    logits_BxV = (hidden_BxD @ model.embedding_VxD.astype(model.dtype).T).astype(jnp.float32)
    return model.config.logit_scale * logits_BxV


def _attend_to(
    q_Bx1xHxK: jax.Array,
    keys_BxGxSxK: jax.Array,
    values_BxGxSxK: jax.Array,
    k_BxGx1xK: jax.Array,
    v_BxGx1xK: jax.Array,
    seen_BxS: jax.Array,
) -> jax.Array:
    """Attention of one position to those kept that it sees, and to itself, (B, 1, H, K)."""
    B, _, H, K = q_Bx1xHxK.shape
    G = keys_BxGxSxK.shape[1]
    q_BxGxRxK = (q_Bx1xHxK * K**-0.5).reshape(B, G, H // G, K)

    def scores(k: jax.Array) -> jax.Array:
        return jnp.einsum("bgrk,bgsk->bgrs", q_BxGxRxK, k, preferred_element_type=jnp.float32)

    kept_BxGxRxS = jnp.where(seen_BxS[:, None, None], scores(keys_BxGxSxK), -jnp.inf)
    own_BxGxRx1 = scores(k_BxGx1xK)
    most_BxGxRx1 = jnp.maximum(kept_BxGxRxS.max(axis=-1, keepdims=True), own_BxGxRx1)
    kept_BxGxRxS, own_BxGxRx1 = jnp.exp(kept_BxGxRxS - most_BxGxRx1), jnp.exp(own_BxGxRx1 - most_BxGxRx1)
    y_BxGxRxK = kept_BxGxRxS.astype(v_BxGx1xK.dtype) @ values_BxGxSxK + own_BxGxRx1.astype(v_BxGx1xK.dtype) * v_BxGx1xK
    total_BxGxRx1 = kept_BxGxRxS.sum(axis=-1, keepdims=True) + own_BxGxRx1
    return (y_BxGxRxK / total_BxGxRx1).astype(q_Bx1xHxK.dtype).reshape(B, 1, H, K)


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
