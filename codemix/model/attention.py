"""Causal self-attention with rotary positions, inside document boundaries."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from codemix.model.config import Model
from codemix.model.kernels import Attend
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


class Attention(nnx.Module):
    """Attention without biases; `Model.kv_heads` heads of keys and values, each for a group of query heads
    (arXiv 2305.13245)."""

    def __init__(self, config: Model, dtype: DTypeLike, rngs: nnx.Rngs, attend: Attend):
        D, H, G, K = config.width, config.heads, config.groups, config.head_size
        into = nnx.initializers.glorot_normal(in_axis=0, out_axis=(1, 2))
        out = nnx.initializers.glorot_normal(in_axis=(0, 1), out_axis=2)
        axes_in, axes_out = ("embed", "heads", "head"), ("heads", "head", "embed")
        self.query_DxHxK = parameter(into, rngs, (D, H, K), axes_in)
        self.key_DxGxK = parameter(into, rngs, (D, G, K), axes_in)
        self.value_DxGxK = parameter(into, rngs, (D, G, K), axes_in)
        self.out_HxKxD = parameter(out, rngs, (H, K, D), axes_out)
        self.dtype = dtype
        self.attend = attend

    def __call__(self, x_NxD: jax.Array, angles_TxK2: jax.Array, document_BxT: jax.Array) -> jax.Array:
        q_BxTxHxK, k_BxTxGxK, v_BxTxGxK = self.project(x_NxD, angles_TxK2, document_BxT.shape[0])
        return self.combine(self.attend(q_BxTxHxK, k_BxTxGxK, v_BxTxGxK, document_BxT))

    def project(self, x_NxD: jax.Array, angles_TxK2: jax.Array, rows: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Queries (B, T, H, K), keys and values (B, T, G, K), of B = `rows` rows; queries and keys are rotated."""

        def projected(kernel_DxHxK: nnx.Param) -> jax.Array:
            D, H, K = kernel_DxHxK.shape
            y_NxHK = x_NxD @ kernel_DxHxK.astype(self.dtype).reshape(D, H * K)
            return y_NxHK.reshape(rows, -1, H, K)

        q_BxTxHxK = rotate(projected(self.query_DxHxK), angles_TxK2)
        k_BxTxGxK = rotate(projected(self.key_DxGxK), angles_TxK2)
        return q_BxTxHxK, k_BxTxGxK, projected(self.value_DxGxK)

    def combine(self, y_BxTxHxK: jax.Array) -> jax.Array:
        """What the heads found, (N, D)."""
        H, K, D = self.out_HxKxD.shape
        return y_BxTxHxK.reshape(-1, H * K) @ self.out_HxKxD.astype(self.dtype).reshape(H * K, D)
