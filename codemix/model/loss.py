"""Next-token cross-entropy without ever holding all the logits.

With a large vocabulary the logits (B·T·V float32) dwarf everything else. They are made a chunk of positions at a time,
and the training loss computes each chunk's gradient while its logits are there: three matrix products per chunk, none
of them twice.
"""

from functools import partial

import jax
import jax.numpy as jnp


def _chunks(x_BxTx: jax.Array, size: int) -> jax.Array:
    """(B, T, …) -> (T / size, B · size, …), to scan over; the rows of a chunk stay on their devices."""
    B, T = x_BxTx.shape[:2]
    chunks = jnp.moveaxis(x_BxTx.reshape(B, T // size, size, *x_BxTx.shape[2:]), 1, 0)
    return chunks.reshape(T // size, B * size, *x_BxTx.shape[2:])


def _whole(chunks: jax.Array, B: int) -> jax.Array:
    """The inverse of `_chunks`."""
    count, rows = chunks.shape[:2]
    x = jnp.moveaxis(chunks.reshape(count, B, rows // B, *chunks.shape[2:]), 0, 1)
    return x.reshape(B, count * (rows // B), *chunks.shape[2:])


def _logits(h_NxD: jax.Array, embedding_VxD: jax.Array, scale: float) -> jax.Array:
    return scale * (h_NxD @ embedding_VxD.astype(h_NxD.dtype).T).astype(jnp.float32)


def _nll_and_normaliser(logits_NxV: jax.Array, targets_N: jax.Array) -> tuple[jax.Array, jax.Array]:
    """−log p of every target, and log Σ exp of the logits."""
    log_z_N = jax.nn.logsumexp(logits_NxV, axis=-1)
    return log_z_N - jnp.take_along_axis(logits_NxV, targets_N[:, None], axis=-1)[:, 0], log_z_N


def token_nll(
    h_BxTxD: jax.Array, embedding_VxD: jax.Array, targets_BxT: jax.Array, *, scale: float, chunk: int
) -> jax.Array:
    """Negative log-likelihood of every target in nats, shape (B, T), float32."""

    def one(chunk_of: tuple[jax.Array, jax.Array]) -> jax.Array:
        h_NxD, targets_N = chunk_of
        return _nll_and_normaliser(_logits(h_NxD, embedding_VxD, scale), targets_N)[0]

    nll = jax.lax.map(one, (_chunks(h_BxTxD, chunk), _chunks(targets_BxT, chunk)))
    return _whole(nll, targets_BxT.shape[0])


@partial(jax.custom_vjp, nondiff_argnames=("scale", "chunk"))
def mean_nll(
    h_BxTxD: jax.Array,
    embedding_VxD: jax.Array,
    targets_BxT: jax.Array,
    predicted_BxT: jax.Array,
    scale: float,
    chunk: int,
) -> jax.Array:
    """The training loss, in nats per token: the mean of `token_nll` over the targets that `predicted_BxT` (bool) has;
    zero, and without gradient, where it has none. Differentiable in the first two arguments."""
    nll_BxT = token_nll(h_BxTxD, embedding_VxD, targets_BxT, scale=scale, chunk=chunk)
    return _boost(predicted_BxT) * jnp.where(predicted_BxT, nll_BxT, 0.0).mean()


def _boost(predicted_BxT: jax.Array) -> jax.Array:
    """What turns a mean over all targets into one over those predicted: exactly 1 where those are all."""
    return predicted_BxT.size / jnp.maximum(predicted_BxT.sum(), 1).astype(jnp.float32)


def _forward(
    h_BxTxD: jax.Array,
    embedding_VxD: jax.Array,
    targets_BxT: jax.Array,
    predicted_BxT: jax.Array,
    scale: float,
    chunk: int,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """The loss, and its gradients for the backward pass to hand on."""
    per_token, boost = 1.0 / targets_BxT.size, _boost(predicted_BxT)

    def one(
        carry: tuple[jax.Array, jax.Array], chunk_of: tuple[jax.Array, jax.Array, jax.Array]
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        loss, d_embedding_VxD = carry
        h_NxD, targets_N, predicted_N = chunk_of
        logits_NxV = _logits(h_NxD, embedding_VxD, scale)
        nll_N, log_z_N = _nll_and_normaliser(logits_NxV, targets_N)
        # d nll / d logits = softmax − one-hot
        is_target_NxV = targets_N[:, None] == jnp.arange(logits_NxV.shape[-1])[None, :]
        weight_N = jnp.where(predicted_N, boost * (per_token * scale), 0.0)
        d_logits_NxV = (jnp.exp(logits_NxV - log_z_N[:, None]) - is_target_NxV) * weight_N[:, None]
        d_logits_NxV = d_logits_NxV.astype(h_NxD.dtype)
        d_embedding_VxD += jnp.einsum("nv,nd->vd", d_logits_NxV, h_NxD, preferred_element_type=jnp.float32)
        loss += jnp.where(predicted_N, nll_N, 0.0).sum() * (boost * per_token)
        return (loss, d_embedding_VxD), d_logits_NxV @ embedding_VxD.astype(h_NxD.dtype)

    start = (jnp.float32(0), jnp.zeros_like(embedding_VxD, dtype=jnp.float32))
    chunks = (_chunks(h_BxTxD, chunk), _chunks(targets_BxT, chunk), _chunks(predicted_BxT, chunk))
    (loss, d_embedding_VxD), d_h = jax.lax.scan(one, start, chunks)
    return loss, (_whole(d_h, h_BxTxD.shape[0]), d_embedding_VxD)


def _backward(
    scale: float, chunk: int, gradients: tuple[jax.Array, jax.Array], d_loss: jax.Array
) -> tuple[jax.Array, jax.Array, None, None]:
    d_h_BxTxD, d_embedding_VxD = gradients
    return d_h_BxTxD * d_loss.astype(d_h_BxTxD.dtype), d_embedding_VxD * d_loss, None, None


mean_nll.defvjp(_forward, _backward)
