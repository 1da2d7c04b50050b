"""Causal self-attention with rotary positions, inside document boundaries."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from codemix.model.config import Model
from codemix.model.partitioning import parameter


def document_numbers(ids_BxT: jax.Array, eos: int) -> jax.Array:
    """Which document of its row each position belongs to, shape (B, T).

    An end-of-document token is where the next document starts: it is the context from which that document's first
    token is predicted, and it sees nothing of the document that it ended.
    """
    return jnp.cumsum(ids_BxT == eos, axis=1)


def rotary_angles(length: int, head_size: int, base: float) -> jax.Array:
    """Angle of every position and pair of channels, shape (T, K/2) (arXiv 2104.09864 §3.2.2).

    Only differences of positions matter, and documents do not see each other: positions count along the row.
    """
    frequencies_K2 = base ** (-jnp.arange(0, head_size, 2, dtype=jnp.float32) / head_size)
    return jnp.arange(length, dtype=jnp.float32)[:, None] * frequencies_K2


def rotate(x_BxTxHxK: jax.Array, angles_TxK2: jax.Array) -> jax.Array:
    """Rotates neighbouring channels (2i, 2i+1) by their angle: the interleaved form, as in Cohere's models."""
    sin, cos = jnp.sin(angles_TxK2)[:, None, :], jnp.cos(angles_TxK2)[:, None, :]
    even, odd = x_BxTxHxK[..., 0::2].astype(jnp.float32), x_BxTxHxK[..., 1::2].astype(jnp.float32)
    rotated = jnp.stack([even * cos - odd * sin, odd * cos + even * sin], axis=-1)
    return rotated.reshape(x_BxTxHxK.shape).astype(x_BxTxHxK.dtype)


def attend(q_BxTxHxK: jax.Array, k_BxTxHxK: jax.Array, v_BxTxHxK: jax.Array, document_BxT: jax.Array) -> jax.Array:
    """Softmax attention of each position to itself and the earlier ones of its own document, shape (B, T, H, K).

    Queries go in blocks, each over the keys up to its own end, so that half of the masked products are never made; the
    softmax is normalised after it has met the values. On a CPU this is several times faster than
    `jax.nn.dot_product_attention` (tests/benchmarks/blocks.py).
    """
    T = q_BxTxHxK.shape[1]
    size = T // next(blocks for blocks in (8, 4, 2, 1) if T % blocks == 0 and (T // blocks >= 64 or blocks == 1))
    q_BxHxTxK = jnp.swapaxes(q_BxTxHxK * q_BxTxHxK.shape[-1] ** -0.5, 1, 2)
    k_BxHxTxK, v_BxHxTxK = jnp.swapaxes(k_BxTxHxK, 1, 2), jnp.swapaxes(v_BxTxHxK, 1, 2)
    position_T = jnp.arange(T)

    def block(start: int) -> jax.Array:
        queries, keys = slice(start, start + size), slice(0, start + size)
        same_BxQxS = document_BxT[:, queries, None] == document_BxT[:, None, keys]
        seen_BxQxS = same_BxQxS & (position_T[queries, None] >= position_T[keys])
        scores_BxHxQxS = jnp.einsum(
            "bhqk,bhsk->bhqs", q_BxHxTxK[:, :, queries], k_BxHxTxK[:, :, keys], preferred_element_type=jnp.float32
        )
        scores_BxHxQxS = scores_BxHxQxS + jnp.where(seen_BxQxS, 0.0, -1e9)[:, None]
        exp_BxHxQxS = jnp.exp(scores_BxHxQxS - jax.lax.stop_gradient(scores_BxHxQxS.max(axis=-1, keepdims=True)))
        sum_BxHxQx1 = exp_BxHxQxS.sum(axis=-1, keepdims=True)
        y_BxHxQxK = exp_BxHxQxS.astype(v_BxHxTxK.dtype) @ v_BxHxTxK[:, :, keys]
        return (y_BxHxQxK / sum_BxHxQx1).astype(v_BxHxTxK.dtype)

    y_BxHxTxK = jnp.concatenate([block(start) for start in range(0, T, size)], axis=2)
    return jnp.swapaxes(y_BxHxTxK, 1, 2)


class Attention(nnx.Module):
    """Multi-head attention without biases."""

    def __init__(self, config: Model, dtype: DTypeLike, rngs: nnx.Rngs):
        D, H, K = config.width, config.heads, config.head_size
        into = nnx.initializers.glorot_normal(in_axis=0, out_axis=(1, 2))
        out = nnx.initializers.glorot_normal(in_axis=(0, 1), out_axis=2)
        axes_in, axes_out = ("embed", "heads", "head"), ("heads", "head", "embed")
        self.query_DxHxK = parameter(into, rngs, (D, H, K), axes_in)
        self.key_DxHxK = parameter(into, rngs, (D, H, K), axes_in)
        self.value_DxHxK = parameter(into, rngs, (D, H, K), axes_in)
        self.out_HxKxD = parameter(out, rngs, (H, K, D), axes_out)
        self.dtype = dtype

    def __call__(self, x_NxD: jax.Array, angles_TxK2: jax.Array, document_BxT: jax.Array) -> jax.Array:
        def project(kernel_DxHxK: nnx.Param) -> jax.Array:
            D, H, K = kernel_DxHxK.shape
            y_NxHK = x_NxD @ kernel_DxHxK.astype(self.dtype).reshape(D, H * K)
            return y_NxHK.reshape(*document_BxT.shape, H, K)

        q_BxTxHxK = rotate(project(self.query_DxHxK), angles_TxK2)
        k_BxTxHxK = rotate(project(self.key_DxHxK), angles_TxK2)
        y_BxTxHxK = attend(q_BxTxHxK, k_BxTxHxK, project(self.value_DxHxK), document_BxT)
        H, K, D = self.out_HxKxD.shape
        return y_BxTxHxK.reshape(-1, H * K) @ self.out_HxKxD.astype(self.dtype).reshape(H * K, D)
