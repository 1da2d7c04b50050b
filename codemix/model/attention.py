"""Causal self-attention with rotary positions, inside document boundaries."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from codemix.model.config import Model


def document_mask(ids_BxT: jax.Array, eos: int) -> jax.Array:
    """Which positions each position may see: itself and the earlier ones of its own document. Shape (B, 1, T, T).

    An end-of-document token is where the next document starts: it is the context from which that document's first
    token is predicted, and it sees nothing of the document that it ended.
    """
    document_BxT = jnp.cumsum(ids_BxT == eos, axis=1)
    same_BxTxT = document_BxT[:, :, None] == document_BxT[:, None, :]
    causal_TxT = jnp.tril(jnp.ones((ids_BxT.shape[1],) * 2, dtype=bool))
    return (same_BxTxT & causal_TxT)[:, None]


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
    """Multi-head attention without biases."""

    def __init__(self, config: Model, dtype: DTypeLike, rngs: nnx.Rngs):
        D, H, K = config.width, config.heads, config.head_size
        into = nnx.initializers.glorot_normal(in_axis=0, out_axis=(1, 2))
        out = nnx.initializers.glorot_normal(in_axis=(0, 1), out_axis=2)
        axes_in, axes_out = ("embed", "heads", "head"), ("heads", "head", "embed")
        self.query_DxHxK = nnx.Param(into(rngs.params(), (D, H, K)), out_sharding=axes_in)
        self.key_DxHxK = nnx.Param(into(rngs.params(), (D, H, K)), out_sharding=axes_in)
        self.value_DxHxK = nnx.Param(into(rngs.params(), (D, H, K)), out_sharding=axes_in)
        self.out_HxKxD = nnx.Param(out(rngs.params(), (H, K, D)), out_sharding=axes_out)
        self.dtype = dtype

    def __call__(self, x_BxTxD: jax.Array, angles_TxK2: jax.Array, mask_Bx1xTxT: jax.Array) -> jax.Array:
        def project(kernel_DxHxK: nnx.Param) -> jax.Array:
            return jnp.einsum("btd,dhk->bthk", x_BxTxD, kernel_DxHxK.astype(self.dtype))

        q_BxTxHxK = rotate(project(self.query_DxHxK), angles_TxK2)
        k_BxTxHxK = rotate(project(self.key_DxHxK), angles_TxK2)
        y_BxTxHxK = jax.nn.dot_product_attention(
            q_BxTxHxK, k_BxTxHxK, project(self.value_DxHxK), mask=mask_Bx1xTxT, implementation="xla"
        )
        return jnp.einsum("bthk,hkd->btd", y_BxTxHxK, self.out_HxKxD.astype(self.dtype))
