"""Attention by Pallas' splash kernel, which skips what the causal mask hides and never holds the scores."""

import functools

import jax
import jax.numpy as jnp
from jax.experimental.pallas.ops.tpu.splash_attention import splash_attention_kernel as splash
from jax.experimental.pallas.ops.tpu.splash_attention import splash_attention_mask as masks
from jax.sharding import Mesh

from codemix.model.kernels.attend import Attend
from codemix.model.kernels.blocks import attend_in_blocks
from codemix.model.kernels.each_device import on_each_device

FOUND = "attention"  # what the kernel finds, as policies of rematerialisation know it
_LANES = 128  # of a TPU's vector unit: blocks of positions are multiples of it
_BLOCK = 512  # positions; what MaxText runs the kernel with


def attend_by_splash(mesh: Mesh, interpret: bool = False) -> Attend:
    """`Attend` for the TPUs of a mesh; `interpret` computes the same on any device, slowly."""
    kernel = on_each_device(mesh, functools.partial(_local, interpret=interpret))

    def attend(q_BxTxHxK: jax.Array, k_BxTxGxK: jax.Array, v_BxTxGxK: jax.Array, document_BxT: jax.Array) -> jax.Array:
        short = q_BxTxHxK.shape[1] % _LANES  # or odd windows, as scoring may have
        return (attend_in_blocks if short else kernel)(q_BxTxHxK, k_BxTxGxK, v_BxTxGxK, document_BxT)

    return attend


def _local(
    q_BxTxHxK: jax.Array, k_BxTxGxK: jax.Array, v_BxTxGxK: jax.Array, document_BxT: jax.Array, interpret: bool
) -> jax.Array:
    """One device's rows and heads."""
    _, T, H, K = q_BxTxHxK.shape
    block = next(size for size in (_BLOCK, 256, _LANES) if T % size == 0)
    sizes = splash.BlockSizes(
        block_q=block, block_kv=block, block_kv_compute=block,
        block_q_dkv=block, block_kv_dkv=block, block_kv_dkv_compute=block,
        block_q_dq=block, block_kv_dq=block,
    )  # fmt: skip
    mask = masks.MultiHeadMask([masks.CausalMask((T, T)) for _ in range(H)])
    kernel = splash.make_splash_mha_single_device(
        mask, block_sizes=sizes, interpret=interpret, residual_checkpoint_name=FOUND
    )

    def one(q_TxHxK: jax.Array, k_TxGxK: jax.Array, v_TxGxK: jax.Array, document_T: jax.Array) -> jax.Array:
        q_HxTxK, k_GxTxK, v_GxTxK = (jnp.swapaxes(x, 0, 1) for x in (q_TxHxK * K**-0.5, k_TxGxK, v_TxGxK))
        return jnp.swapaxes(kernel(q_HxTxK, k_GxTxK, v_GxTxK, splash.SegmentIds(document_T, document_T)), 0, 1)

    return jax.vmap(one)(q_BxTxHxK, k_BxTxGxK, v_BxTxGxK, document_BxT)
