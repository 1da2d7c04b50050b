"""Single tokens: their loss where they stand, and those whose embeddings are close."""

import functools
import math
from collections.abc import Callable, Sequence

import jax
import numpy as np
import pandas as pd
from flax import nnx
from jax.sharding import Mesh

from codemix.api.checkpoint import Checkpoint
from codemix.errors import UserError
from codemix.evaluation.scoring import held_out_documents
from codemix.model.loss import token_nll
from codemix.model.partitioning import sharding

_ROWS = 32  # documents that are read at once


def token_losses(checkpoint: Checkpoint, source: str, documents: int = 64) -> pd.DataFrame:
    """The loss of every token of held-out documents of a source, each as far as one context goes: of the first
    `documents` that `BitsPerByte` scores.

    Returns:
        A row per token: document, position (from 0), token (its text), id and nll (nats). A prompt's tokens are left
        out: they are given.
    """
    store, context = checkpoint.store(source), checkpoint.config.context
    chosen = held_out_documents(store, documents)
    nll_of, rows = _compiled(checkpoint.graph, checkpoint.mesh), []
    for start in range(0, len(chosen), _ROWS):
        batch = [(document, ids[:context]) for document, ids in chosen[start : start + _ROWS]]
        ids_BxS = np.full((math.lcm(_ROWS, checkpoint.mesh.size), context + 1), store.eos, dtype=np.int32)
        for row, (_, ids) in enumerate(batch):
            ids_BxS[row, 1 : 1 + len(ids)] = ids
        nll_BxT = np.asarray(nll_of(checkpoint.params, ids_BxS))
        for row, (document, ids) in enumerate(batch):
            predicted = slice(document["prompt"], len(ids))
            position = np.arange(len(ids))[predicted]
            table = {"position": position, "id": ids[predicted], "nll": nll_BxT[row, predicted]}
            rows.append(pd.DataFrame(table).assign(document=document["document"]))
    frame = pd.concat(rows, ignore_index=True)
    names = {token: checkpoint.tokenizer.decode([token]) for token in frame["id"].unique()}
    return frame.assign(token=frame["id"].map(names))[["document", "position", "token", "id", "nll"]]


def neighbours(checkpoint: Checkpoint, texts: Sequence[str], count: int = 6) -> pd.DataFrame:
    """The tokens whose embeddings point most nearly the same way.

    Args:
        checkpoint: the model.
        texts: of single tokens, with the space before them where they have one.
        count: neighbours of each.

    Returns:
        A row per neighbour, nearest first: token, neighbour, cosine.

    Raises:
        UserError: a text is not one token.
    """
    ids = []
    for text in texts:
        encoded = checkpoint.encode(text)
        if len(encoded) != 1:
            parts = ", ".join(map(repr, checkpoint.pieces(encoded)))
            raise UserError(f"{text!r} is not one token of this tokenizer but {parts}; give one of these.")
        ids.append(int(encoded[0]))
    unit_VxD = unit_embeddings(checkpoint)
    cosine_QxV = unit_VxD[ids] @ unit_VxD.T
    rows = []
    for text, token, cosine_V in zip(texts, ids, cosine_QxV, strict=True):
        nearest = [other for other in np.argsort(-cosine_V)[: count + 1] if other != token][:count]
        rows += [
            {"token": text, "neighbour": checkpoint.tokenizer.decode([other]), "cosine": float(cosine_V[other])}
            for other in nearest
        ]
    return pd.DataFrame(rows)


def unit_embeddings(checkpoint: Checkpoint) -> np.ndarray:
    """The embedding of every token around their mean, at length 1: (V, D), float32. Without the mean, which all tokens
    share, the angles between them tell more (arXiv 1702.01417)."""
    embedding_VxD = np.asarray(checkpoint.arrays()["embedding_VxD"])
    centred_VxD = embedding_VxD - embedding_VxD.mean(axis=0)
    return centred_VxD / np.maximum(np.linalg.norm(centred_VxD, axis=1, keepdims=True), 1e-12)


def token_counts(checkpoint: Checkpoint, source: str) -> np.ndarray:
    """How often each token is in the held-out documents of a source, (V,)."""
    store = checkpoint.store(source)
    sequence = store.sequence("heldout")
    return np.bincount(sequence.read(0, len(sequence)), minlength=store.vocab_size)


@functools.lru_cache(maxsize=4)
def _compiled(graph: nnx.GraphDef, mesh: Mesh) -> Callable[[nnx.State, np.ndarray], jax.Array]:
    """(params, ids_Bx(T+1)) -> nats of every prediction, (B, T)."""

    @jax.jit
    def nll(params: nnx.State, ids_BxS: jax.Array) -> jax.Array:
        model = nnx.merge(graph, params)
        ids_BxS = jax.lax.with_sharding_constraint(ids_BxS, sharding(mesh, "rows", None))
        chunk = min(model.config.loss_chunk, model.config.context)
        hidden_BxTxD, embedding_VxD = model(ids_BxS[:, :-1]), model.embedding_VxD[...]
        return token_nll(hidden_BxTxD, embedding_VxD, ids_BxS[:, 1:], scale=model.config.logit_scale, chunk=chunk)

    return nll
