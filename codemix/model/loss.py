"""Next-token cross-entropy without ever holding all the logits.

With a large vocabulary the logits (B·T·V float32) dwarf everything else. They are made a chunk of positions at a time,
and the training loss computes each chunk's gradient while its logits are there: three matrix products per chunk, none
of them twice. On several devices each makes the logits of its part of the vocabulary, for the positions of all devices
that share it: hidden states travel between devices, and not the embedding and its gradient, which are many times as
large.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec

from codemix.model.partitioning import RULES, sharding, spec

_VOCAB = RULES["logits"]  # mesh axes over which the vocabulary is divided
_GATHERED = tuple(axis for axis in RULES["rows"] if axis in _VOCAB)  # whose devices have rows of their own, too
_REPEATED = tuple(axis for axis in _VOCAB if axis not in _GATHERED)  # whose devices have the same rows
_APART = tuple(axis for axis in RULES["rows"] if axis not in _VOCAB)  # whose devices do without each other


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


@partial(jax.custom_vjp, nondiff_argnames=("scale", "chunk", "mesh"))
def mean_nll(
    h_BxTxD: jax.Array,
    embedding_VxD: jax.Array,
    targets_BxT: jax.Array,
    predicted_BxT: jax.Array,
    scale: float,
    chunk: int,
    mesh: Mesh,
) -> jax.Array:
    """The training loss, in nats per token: the mean of `token_nll` over the targets that `predicted_BxT` (bool) has;
    zero, and without gradient, where it has none. Differentiable in the first two arguments. Rows are divided over the
    devices of `mesh` as the table of axes says."""
    nll_BxT = token_nll(h_BxTxD, embedding_VxD, targets_BxT, scale=scale, chunk=chunk)
    return _weight(predicted_BxT) * jnp.where(predicted_BxT, nll_BxT, 0.0).sum()


def _weight(predicted_BxT: jax.Array) -> jax.Array:
    """Of one predicted target in the mean."""
    return 1.0 / jnp.maximum(predicted_BxT.sum(), 1).astype(jnp.float32)


def _forward(
    h_BxTxD: jax.Array,
    embedding_VxD: jax.Array,
    targets_BxT: jax.Array,
    predicted_BxT: jax.Array,
    scale: float,
    chunk: int,
    mesh: Mesh,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """The loss, and its gradients for the backward pass to hand on."""
    V = embedding_VxD.shape[0]
    missing = -V % math.prod(mesh.shape[axis] for axis in _VOCAB)  # so that every part is as large
    embedding_VxD = embedding_VxD.astype(h_BxTxD.dtype)
    # The model looks embeddings up where they lie: else the compiler does so in the parts, and sends every row for it.
    embedding_VxD = jax.lax.with_sharding_constraint(embedding_VxD, sharding(mesh, "vocab", "embed"))
    padded_VxD = jnp.pad(embedding_VxD, ((0, missing), (0, 0)))
    on_each = jax.shard_map(
        partial(_on_each, vocab=V, scale=scale, chunk=chunk),
        mesh=mesh,
        in_specs=(spec("rows"), spec("logits"), spec("rows"), spec("rows"), PartitionSpec()),
        out_specs=(PartitionSpec(), spec("rows"), spec("logits")),
        check_vma=False,
    )
    loss, d_h_BxTxD, d_padded_VxD = on_each(h_BxTxD, padded_VxD, targets_BxT, predicted_BxT, _weight(predicted_BxT))
    return loss, (d_h_BxTxD, d_padded_VxD[:V])


def _on_each(
    h_BxTxD: jax.Array,
    embedding_UxD: jax.Array,
    targets_BxT: jax.Array,
    predicted_BxT: jax.Array,
    weight: jax.Array,
    *,
    vocab: int,
    scale: float,
    chunk: int,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The loss and its gradients on one device, which has B rows, and U entries of the vocabulary; N positions of a
    chunk are those of all devices that share it."""
    U = embedding_UxD.shape[0]
    over_vocab, gathered, repeated, apart = map(_several, (_VOCAB, _GATHERED, _REPEATED, _APART))
    first = jax.lax.axis_index(over_vocab) * U

    def one(
        carry: tuple[jax.Array, jax.Array], own: tuple[jax.Array, jax.Array, jax.Array]
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        loss, d_embedding_UxD = carry
        h_NxD, targets_N, predicted_N = jax.lax.all_gather(own, gathered, tiled=True)
        logits_NxU = _logits(h_NxD, embedding_UxD, scale)
        if vocab < U * jax.lax.axis_size(_VOCAB):
            logits_NxU = jnp.where(first + jnp.arange(U) < vocab, logits_NxU, -jnp.inf)
        at_N = targets_N - first
        logit_N = jnp.take_along_axis(logits_NxU, at_N.clip(0, U - 1)[:, None], axis=-1)[:, 0]
        logit_N = jnp.where((at_N >= 0) & (at_N < U), logit_N, 0.0)
        largest_N = jax.lax.pmax(logits_NxU.max(axis=-1), over_vocab)
        sum_N = jnp.exp(logits_NxU - largest_N[:, None]).sum(axis=-1)
        sum_N, logit_N = jax.lax.psum(jnp.stack([sum_N, logit_N]), over_vocab)
        log_z_N = largest_N + jnp.log(sum_N)
        nll_N = log_z_N - logit_N
        # d nll / d logits = softmax − one-hot
        is_target_NxU = at_N[:, None] == jnp.arange(U)[None, :]
        weight_N = jnp.where(predicted_N, weight * scale, 0.0)
        d_logits_NxU = (jnp.exp(logits_NxU - log_z_N[:, None]) - is_target_NxU) * weight_N[:, None]
        d_logits_NxU = d_logits_NxU.astype(h_NxD.dtype)
        d_embedding_UxD += jnp.einsum("nu,nd->ud", d_logits_NxU, h_NxD, preferred_element_type=jnp.float32)
        d_h_NxD = jnp.einsum("nu,ud->nd", d_logits_NxU, embedding_UxD, preferred_element_type=jnp.float32)
        d_h_NxD = jax.lax.psum_scatter(jax.lax.psum(d_h_NxD, repeated), gathered, tiled=True)
        loss += jnp.where(predicted_N, nll_N, 0.0).sum() * weight
        return (loss, d_embedding_UxD), d_h_NxD.astype(h_NxD.dtype)

    start = (jnp.float32(0), jnp.zeros(embedding_UxD.shape, jnp.float32))
    chunks = (_chunks(h_BxTxD, chunk), _chunks(targets_BxT, chunk), _chunks(predicted_BxT, chunk))
    sums, d_h = jax.lax.scan(one, start, chunks)
    loss, d_embedding_UxD = jax.lax.psum(sums, apart)
    return loss, _whole(d_h, h_BxTxD.shape[0]), d_embedding_UxD


def _several(axes: tuple[str, ...]) -> tuple[str, ...]:
    """Those mesh axes that have several devices: where none has, nothing is sent and nothing copied."""
    return tuple(axis for axis in axes if jax.lax.axis_size(axis) > 1)


def _backward(
    scale: float, chunk: int, mesh: Mesh, gradients: tuple[jax.Array, jax.Array], d_loss: jax.Array
) -> tuple[jax.Array, jax.Array, None, None]:
    d_h_BxTxD, d_embedding_VxD = gradients
    return d_h_BxTxD * d_loss.astype(d_h_BxTxD.dtype), d_embedding_VxD * d_loss, None, None


mean_nll.defvjp(_forward, _backward)
