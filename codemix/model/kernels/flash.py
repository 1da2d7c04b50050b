"""Attention by Pallas' flash kernel for GPUs (arXiv 2205.14135), which never holds the scores.

It knows documents by number, where cuDNN's wants a row's documents in a table of a fixed length or a mask of (T, T).
"""

import functools

import jax
import jax.numpy as jnp
from jax.experimental.pallas.ops.gpu import attention as flash
from jax.sharding import Mesh

from codemix.model.kernels.attend import Attend
from codemix.model.kernels.blocks import attend_in_blocks
from codemix.model.kernels.each_device import on_each_device

_BLOCK = 128  # positions of the kernel's forward pass
_HEADS = (16, 32, 64, 128)  # sizes that it has been made for


def attend_by_flash(mesh: Mesh, interpret: bool = False) -> Attend:
    """`Attend` for the GPUs of a mesh; `interpret` computes the same on any device, slowly.

    In float32 its products would have ten bits; they are left to XLA, as are lengths and head sizes that it has no
    blocks for.
    """
    kernel = on_each_device(mesh, functools.partial(_local, interpret=interpret))

    def attend(q_BxTxHxK: jax.Array, k_BxTxGxK: jax.Array, v_BxTxGxK: jax.Array, document_BxT: jax.Array) -> jax.Array:
        _, T, _, K = q_BxTxHxK.shape
        fits = T % _BLOCK == 0 and K in _HEADS and (interpret or q_BxTxHxK.dtype == jnp.bfloat16)
        return (kernel if fits else attend_in_blocks)(q_BxTxHxK, k_BxTxGxK, v_BxTxGxK, document_BxT)

    return attend


def _local(
    q_BxTxHxK: jax.Array, k_BxTxGxK: jax.Array, v_BxTxGxK: jax.Array, document_BxT: jax.Array, interpret: bool
) -> jax.Array:
    """One device's rows and heads. Heads of keys and values are repeated for those of queries that they serve."""
    H, K = q_BxTxHxK.shape[2:]
    k_BxTxHxK, v_BxTxHxK = (jnp.repeat(x, H // x.shape[2], axis=2) for x in (k_BxTxGxK, v_BxTxGxK))
    return flash.mha(q_BxTxHxK, k_BxTxHxK, v_BxTxHxK, document_BxT, sm_scale=K**-0.5, causal=True, interpret=interpret)
