"""Next-token cross-entropy without ever holding all the logits.

With a large vocabulary the logits (B·T·V float32) dwarf everything else. They are made a chunk of positions at a time,
and the training loss computes each chunk's gradient while its logits are there: three matrix products per chunk, none
of them twice.
"""

from functools import partial

import jax
import jax.numpy as jnp


def _chunks(x_BxTx: jax.Array, size: int) -> jax.Array:
    """(B, T, …) -> (T / size, B, size, …), to scan over."""
    B, T = x_BxTx.shape[:2]
    return jnp.moveaxis(x_BxTx.reshape(B, T // size, size, *x_BxTx.shape[2:]), 1, 0)


def _logits(h_BxCxD: jax.Array, embedding_VxD: jax.Array, scale: float) -> jax.Array:
    product = jnp.einsum("bcd,vd->bcv", h_BxCxD, embedding_VxD.astype(h_BxCxD.dtype))
    return scale * product.astype(jnp.float32)


def _nll(logits_BxCxV: jax.Array, targets_BxC: jax.Array) -> jax.Array:
    chosen_BxC = jnp.take_along_axis(logits_BxCxV, targets_BxC[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits_BxCxV, axis=-1) - chosen_BxC


def token_nll(
    h_BxTxD: jax.Array, embedding_VxD: jax.Array, targets_BxT: jax.Array, *, scale: float, chunk: int
) -> jax.Array:
    """Negative log-likelihood of every target in nats, shape (B, T), float32."""

    def one(chunk_of: tuple[jax.Array, jax.Array]) -> jax.Array:
        h_BxCxD, targets_BxC = chunk_of
        return _nll(_logits(h_BxCxD, embedding_VxD, scale), targets_BxC)

    nll_NxBxC = jax.lax.map(one, (_chunks(h_BxTxD, chunk), _chunks(targets_BxT, chunk)))
    return jnp.moveaxis(nll_NxBxC, 0, 1).reshape(targets_BxT.shape)


@partial(jax.custom_vjp, nondiff_argnames=("scale", "chunk"))
def mean_nll(
    h_BxTxD: jax.Array, embedding_VxD: jax.Array, targets_BxT: jax.Array, scale: float, chunk: int
) -> jax.Array:
    """Mean of `token_nll`: the training loss, in nats per token. Differentiable in the first two arguments."""
    return token_nll(h_BxTxD, embedding_VxD, targets_BxT, scale=scale, chunk=chunk).mean()


def _forward(
    h_BxTxD: jax.Array, embedding_VxD: jax.Array, targets_BxT: jax.Array, scale: float, chunk: int
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """The loss, and its gradients for the backward pass to hand on."""
    per_token = 1.0 / targets_BxT.size

    def one(carry: tuple[jax.Array, jax.Array], chunk_of: tuple[jax.Array, jax.Array]):
        loss, d_embedding_VxD = carry
        h_BxCxD, targets_BxC = chunk_of
        logits_BxCxV = _logits(h_BxCxD, embedding_VxD, scale)
        log_z_BxC = jax.nn.logsumexp(logits_BxCxV, axis=-1)
        chosen_BxC = jnp.take_along_axis(logits_BxCxV, targets_BxC[..., None], axis=-1)[..., 0]
        # d nll / d logits = softmax − one-hot
        is_target_BxCxV = targets_BxC[..., None] == jnp.arange(logits_BxCxV.shape[-1])
        d_logits_BxCxV = (jnp.exp(logits_BxCxV - log_z_BxC[..., None]) - is_target_BxCxV) * (per_token * scale)
        d_logits_BxCxV = d_logits_BxCxV.astype(h_BxCxD.dtype)
        d_h_BxCxD = jnp.einsum("bcv,vd->bcd", d_logits_BxCxV, embedding_VxD.astype(h_BxCxD.dtype))
        d_embedding_VxD += jnp.einsum("bcv,bcd->vd", d_logits_BxCxV, h_BxCxD, preferred_element_type=jnp.float32)
        return (loss + (log_z_BxC - chosen_BxC).sum() * per_token, d_embedding_VxD), d_h_BxCxD

    start = (jnp.float32(0), jnp.zeros_like(embedding_VxD, dtype=jnp.float32))
    (loss, d_embedding_VxD), d_h_NxBxCxD = jax.lax.scan(
        one, start, (_chunks(h_BxTxD, chunk), _chunks(targets_BxT, chunk))
    )
    return loss, (jnp.moveaxis(d_h_NxBxCxD, 0, 1).reshape(h_BxTxD.shape), d_embedding_VxD)


def _backward(
    scale: float, chunk: int, gradients: tuple[jax.Array, jax.Array], d_loss: jax.Array
) -> tuple[jax.Array, jax.Array, None]:
    d_h_BxTxD, d_embedding_VxD = gradients
    return d_h_BxTxD * d_loss.astype(d_h_BxTxD.dtype), d_embedding_VxD * d_loss, None


mean_nll.defvjp(_forward, _backward)
