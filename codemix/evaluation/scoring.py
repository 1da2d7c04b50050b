"""Scores held-out documents: (negative log-likelihood, bytes) of every one."""

import functools
import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xxhash
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte, Window, windows
from codemix.model.loss import token_nll
from codemix.model.partitioning import spec
from codemix.model.transformer import Transformer
from codemix.store.token_store import TokenStore


def score_documents(
    graph: nnx.GraphDef,
    params: nnx.State,
    mesh: Mesh,
    stores: Mapping[str, TokenStore],
    evaluation: BitsPerByte,
    advance: Callable[[float], None] = lambda rows: None,
) -> pd.DataFrame:
    """Scores the held-out documents of every source of `evaluation`.

    Args:
        graph: the `Transformer`'s graph, with `params` its parameters laid out on `mesh`.
        stores: source -> token store.
        advance: called with the number of windows scored.

    Returns:
        One row per document: source, document, cluster, and of what follows its prompt nll (nats), bytes (of UTF-8)
        and tokens.
    """
    model = nnx.merge(graph, params)
    documents = [
        ({**document, "source": source}, ids)
        for source in evaluation.sources
        for document, ids in held_out_documents(stores[source], evaluation.documents)
    ]
    rows = [
        window
        for number, (document, ids) in enumerate(documents)
        for window in windows(number, ids, document["prompt"], model.eos, model.config.context, evaluation.stride)
    ]
    nll = window_nll(graph, params, mesh, rows, len(documents), evaluation.batch_rows, advance)
    if not documents:
        raise UserError(
            f"BitsPerByte.sources names {', '.join(evaluation.sources)}, whose held-out documents have nothing to "
            "predict; name sources whose documents are more than a prompt."
        )
    table = pd.DataFrame([document for document, _ in documents])
    scored = {"bytes": table["bytes"] - table["prompt_bytes"], "tokens": table["tokens"] - table["prompt"]}
    return table.assign(nll=nll, **scored)[["source", "document", "cluster", "nll", "bytes", "tokens"]]


def window_nll(
    graph: nnx.GraphDef,
    params: nnx.State,
    mesh: Mesh,
    rows: list[Window],
    documents: int,
    batch_rows: int,
    advance: Callable[[float], None] = lambda rows: None,
) -> np.ndarray:
    """The nats of every document whose windows these are, float64, (documents,); the rest as in `score_documents`."""
    model = nnx.merge(graph, params)
    context, eos = model.config.context, model.eos
    nll = np.zeros(documents)
    score = _scorer(graph, mesh)
    for batch in _batches(rows, batch_rows):
        length = _padded_length(max(len(window.ids) for window in batch) - 1, context)
        ids_BxS = np.full((batch_rows, length + 1), eos, dtype=np.int32)
        first_B, last_B = np.zeros((2, batch_rows), dtype=np.int32)
        for row, window in enumerate(batch):
            ids_BxS[row, : len(window.ids)] = window.ids
            first_B[row], last_B[row] = window.first, len(window.ids) - 1
        nll_B = np.asarray(score(params, ids_BxS, first_B, last_B), dtype=np.float64)
        np.add.at(nll, [window.document for window in batch], nll_B[: len(batch)])
        advance(len(batch))
    return nll


def held_out_documents(store: TokenStore, limit: int) -> list[tuple[dict[str, Any], np.ndarray]]:
    """`limit` held-out documents with text to predict, drawn by a hash of their identities, so that they are of all
    parts of the source: what the store says of each, and its token ids."""
    sequence = store.sequence("heldout")
    scored = (d for d in sequence.documents() if d["tokens"] > d["prompt"] and d["bytes"] > d["prompt_bytes"])
    drawn = heapq.nsmallest(limit, scored, key=lambda d: xxhash.xxh3_64_intdigest(d["document"].encode()))
    chosen = sorted(drawn, key=lambda document: document["start"])
    times: Counter[str] = Counter()
    for document in chosen:  # results are paired by identity, which a corpus may have given twice
        times[document["document"]] += 1
        if times[document["document"]] > 1:
            document["document"] += f" ({times[document['document']]})"
    return [(d, sequence.read(d["start"], d["start"] + d["tokens"])) for d in chosen]


def _batches(rows: list[Window], size: int) -> Iterator[list[Window]]:
    """Windows of similar length together: short documents are not padded to the whole context."""
    ordered = sorted(rows, key=lambda window: len(window.ids))
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def _padded_length(length: int, context: int) -> int:
    """A quarter, a half or the whole of the context: few shapes to compile, little padding."""
    return next(part for part in (context // 4, context // 2, context) if part >= length)


@functools.cache
def _scorer(graph: nnx.GraphDef, mesh: Mesh) -> Callable[..., jax.Array]:
    """The compiled function (params, ids_BxS, first_B, last_B) -> nats of every row's counted predictions, (B,)."""

    def score(params: nnx.State, ids_BxS: jax.Array, first_B: jax.Array, last_B: jax.Array) -> jax.Array:
        model: Transformer = nnx.merge(graph, params)
        ids_BxS = jax.lax.with_sharding_constraint(ids_BxS, NamedSharding(mesh, spec("rows", None)))
        T = ids_BxS.shape[1] - 1
        nll_BxT = token_nll(
            model(ids_BxS[:, :-1]),
            model.embedding_VxD[...],
            ids_BxS[:, 1:],
            scale=model.config.logit_scale,
            chunk=math.gcd(model.config.loss_chunk, T),
        )
        position_T = jnp.arange(T)
        counted_BxT = (position_T >= first_B[:, None]) & (position_T < last_B[:, None])
        return jnp.where(counted_BxT, nll_BxT, 0.0).sum(axis=1)

    return jax.jit(score, out_shardings=NamedSharding(mesh, PartitionSpec()))
