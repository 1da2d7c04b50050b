"""Log-likelihoods of continuations, in batches, on the devices that hold the model.

Continuations of one item (its choices) have most of their tokens in common: what they share is read once, and each goes
on from there (`codemix.model.branches`). Logits are made where a token is predicted that counts, and nowhere else.
Every process of a run on several hosts calls this with the same requests, and has the same results.
"""

import collections
import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from codemix.evaluation.journal import Journal
from codemix.evaluation.model import ScoredModel
from codemix.model.branches import read_branches
from codemix.model.decoding import most_probable
from codemix.model.partitioning import sharding
from codemix.model.transformer import Transformer

_LOGITS = 1 << 24  # float32 numbers in memory at once: 64 MB
_SCORES = 1 << 27  # of attention
_COMPILING = 0.1  # batches in the time that one more shape costs: it is compiled once, for every checkpoint


@dataclasses.dataclass(frozen=True)
class Request:
    """A continuation to score.

    Attributes:
        item: requests of one item follow each other, and share what their ids begin with.
        context: ids that are given, at least one.
        continuation: ids that are scored, at least one, and no more than the model's context has. Where both are too
            long together, the context's start is left out.
    """

    item: int
    context: tuple[int, ...]
    continuation: tuple[int, ...]


class LogLikelihood(NamedTuple):
    """Of a continuation: its log-probability in nats, and whether each of its tokens is the most probable one."""

    log_p: float
    greedy: bool


class _Shape(NamedTuple):
    """Of a batch's rows."""

    prefix: int
    branches: int
    length: int  # of a branch, in tokens that are read

    @property
    def tokens(self) -> int:
        return self.prefix + self.branches * self.length

    def holds(self, other: "_Shape") -> bool:
        return all(mine >= theirs for mine, theirs in zip(self, other, strict=True))


@dataclasses.dataclass(frozen=True)
class _Row:
    """A prefix and the branches after it, each with the number of its request and how many of its tokens count."""

    prefix: tuple[int, ...]
    branches: tuple[tuple[int, tuple[int, ...], int], ...]

    @property
    def shape(self) -> _Shape:
        read = max(len(ids) for _, ids, _ in self.branches) - 1  # a branch's last token is predicted, and not read
        return _Shape(_padded(len(self.prefix), 32), _padded(len(self.branches), 1), _padded(read, 8) if read else 0)


def log_likelihoods(
    model: ScoredModel,
    requests: Sequence[Request],
    batch_rows: int,
    journal: Journal,
    advance: Callable[[float], None] = lambda requests: None,
) -> list[LogLikelihood]:
    """Scores every request.

    Args:
        model: what is scored.
        requests: in any order; those of one item next to each other.
        batch_rows: rows of the model's whole context that are scored at once; of shorter ones as many more.
        journal: where batches that were scored before are found.
        advance: called with the number of requests scored.
    """
    transformer: Transformer = nnx.merge(model.graph, model.params)
    context = transformer.config.context
    batches = _batches(_rows(requests, context), batch_rows * context, transformer.config.heads, model.mesh)
    score = _scorer(model.graph, model.mesh)
    found: dict[int, LogLikelihood] = {}
    for shape, size, rows in batches:
        numbers = [number for row in rows for number, _, _ in row.branches]

        def scored(shape: _Shape = shape, size: int = size, rows: Sequence[_Row] = rows) -> list[tuple[float, bool]]:
            found_BxC = score(model.params, *_arrays(rows, shape, size, model.tokenizer.eos))
            log_p_BxC, greedy_BxC = (np.asarray(x_BxC) for x_BxC in found_BxC)
            return [
                (float(log_p_BxC[row, branch]), bool(greedy_BxC[row, branch]))
                for row in range(len(rows))
                for branch in range(len(rows[row].branches))
            ]

        for number, result in zip(numbers, journal.entry(scored), strict=True):
            found[number] = LogLikelihood(*result)
        advance(len(numbers))
    return [found[number] for number in range(len(requests))]


def _rows(requests: Sequence[Request], context: int) -> Iterator[_Row]:
    """The requests of each item in one row, as long as sharing what they begin with saves tokens."""
    item: list[tuple[int, tuple[int, ...], int]] = []  # number, all ids, how many count
    shared = 0
    for number, request in enumerate(requests):
        ids = (request.context + request.continuation)[-(context + 1) :]
        count = len(request.continuation)
        if not 0 < count < len(ids):
            raise ValueError(f"a continuation of {count} tokens does not fit a context of {context}, or is empty")
        if item:
            common = min(shared, _common(item[0][1], ids), len(ids) - count)
            longest = max(len(ids) for _, ids, _ in [*item, (0, ids, 0)]) - 1
            apart = sum(len(ids) - 1 for _, ids, _ in item) + len(ids) - 1
            same = requests[number - 1].item == request.item
            if same and common and common + (len(item) + 1) * (longest - common) < apart:
                item.append((number, ids, count))
                shared = common
                continue
            yield _row(item, shared)
        item, shared = [(number, ids, count)], len(ids) - count
    if item:
        yield _row(item, shared)


def _row(item: Sequence[tuple[int, tuple[int, ...], int]], shared: int) -> _Row:
    return _Row(item[0][1][:shared], tuple((number, ids[shared:], count) for number, ids, count in item))


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many ids both begin with."""
    least = min(len(one), len(other))
    return next((place for place in range(least) if one[place] != other[place]), least)


def _padded(count: int, least: int) -> int:
    """The next of least · (1, 2, 3, 4, 6, 8, 12, 16…): few shapes to compile, little padding."""
    size = least
    while size < count:
        if size + size // 2 >= count and size % 2 == 0 and size > least:
            return size + size // 2
        size *= 2
    return size


def _batches(rows: Iterator[_Row], tokens: int, heads: int, mesh: Mesh) -> Iterator[tuple[_Shape, int, Sequence[_Row]]]:
    """Rows of similar shape together: the batch's shape, its size, and the rows (no more than that)."""
    by_shape: dict[_Shape, list[_Row]] = collections.defaultdict(list)
    for row in rows:
        by_shape[row.shape].append(row)
    devices = int(np.prod([mesh.shape[axis] for axis in ("data", "fsdp")]))
    for shape in sorted(by_shape, key=lambda shape: (shape.tokens, shape)):
        larger = [other for other in by_shape if other != shape and other.holds(shape)]
        nearest = min(larger, key=lambda other: (other.tokens, other), default=shape)
        if larger and len(by_shape[shape]) * (nearest.tokens - shape.tokens) < _COMPILING * tokens:
            by_shape[nearest] += by_shape.pop(shape)
    for shape, alike in sorted(by_shape.items()):
        most = _size(shape, tokens, heads, devices)
        even = -(-len(alike) // -(-len(alike) // most))  # of as many batches, with few rows that only fill the last
        size = min(most, devices * _padded(-(-even // devices), 1))
        for start in range(0, len(alike), size):
            yield shape, size, alike[start : start + size]


def _size(shape: _Shape, tokens: int, heads: int, devices: int) -> int:
    """Rows of a batch: as many as make the tokens, and fit into memory, on each device."""
    scores = heads * shape.branches * shape.length * (shape.prefix + shape.length)
    on_each = min(tokens // (shape.tokens * devices), _SCORES // max(scores, 1))
    return devices * max(1, on_each)


def _arrays(rows: Sequence[_Row], shape: _Shape, size: int, eos: int) -> tuple[np.ndarray, ...]:
    """ids_BxP, document_BxP, ids_BxCxS, targets_BxCxS1 and first_BxC, last_BxC: the tokens of a branch that count."""
    P, C, S = shape
    ids_BxP = np.full((size, P), eos, np.int32)
    document_BxP = np.zeros((size, P), np.int32)
    ids_BxCxS = np.full((size, C, S), eos, np.int32)
    targets_BxCxS1 = np.full((size, C, S + 1), eos, np.int32)
    first_BxC, last_BxC = np.zeros((2, size, C), np.int32)
    for place, row in enumerate(rows):
        ids_BxP[place, P - len(row.prefix) :] = row.prefix
        document_BxP[place, P - len(row.prefix) :] = 1
        for branch, (_, ids, count) in enumerate(row.branches):
            ids_BxCxS[place, branch, : len(ids) - 1] = ids[:-1]
            targets_BxCxS1[place, branch, : len(ids)] = ids
            first_BxC[place, branch], last_BxC[place, branch] = len(ids) - count, len(ids)
    return ids_BxP, document_BxP, ids_BxCxS, targets_BxCxS1, first_BxC, last_BxC


@functools.lru_cache(maxsize=8)
def _scorer(graph: nnx.GraphDef, mesh: Mesh) -> Callable[..., tuple[jax.Array, jax.Array]]:
    """The compiled function (params, *_arrays) -> log-probabilities and whether they are greedy, both (B, C)."""

    def score(
        params: nnx.State,
        ids_BxP: jax.Array,
        document_BxP: jax.Array,
        ids_BxCxS: jax.Array,
        targets_BxCxS1: jax.Array,
        first_BxC: jax.Array,
        last_BxC: jax.Array,
    ) -> tuple[jax.Array, jax.Array]:
        model: Transformer = nnx.merge(graph, params)
        B, C, S1 = targets_BxCxS1.shape

        def rows(x: jax.Array) -> jax.Array:
            return jax.lax.with_sharding_constraint(x, sharding(mesh, "rows", *[None] * (x.ndim - 1)))

        last_BxD, after_BxCxSxD = read_branches(model, rows(ids_BxP), rows(document_BxP), rows(ids_BxCxS))
        embedding_VxD = model.embedding_VxD[...].astype(model.dtype)

        def predicted(h_BxD: jax.Array, targets_BxN: jax.Array) -> tuple[jax.Array, jax.Array]:
            """log p of each target after the same hidden state, and whether it is the most probable token."""
            logits_BxV = model.config.logit_scale * (h_BxD @ embedding_VxD.T).astype(jnp.float32)
            log_p_BxN = jnp.take_along_axis(logits_BxV, targets_BxN, axis=-1)
            log_p_BxN = log_p_BxN - jax.nn.logsumexp(logits_BxV, axis=-1, keepdims=True)
            return log_p_BxN, most_probable(logits_BxV)[:, None] == targets_BxN

        def after(position: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            h_BxD, targets_B = position
            log_p_Bx1, greedy_Bx1 = predicted(h_BxD, targets_B[:, None])
            return log_p_Bx1[:, 0], greedy_Bx1[:, 0]

        log_p_BxC, greedy_BxC = predicted(last_BxD, targets_BxCxS1[:, :, 0])
        log_p_BxCxS1, greedy_BxCxS1 = log_p_BxC[..., None], greedy_BxC[..., None]
        if S1 > 1:
            D, V = last_BxD.shape[1], embedding_VxD.shape[0]
            positions = (
                jnp.moveaxis(after_BxCxSxD.reshape(B, -1, D), 1, 0),
                targets_BxCxS1[:, :, 1:].reshape(B, -1).T,
            )
            together = max(1, _LOGITS // (B * V))
            log_p_CSxB, greedy_CSxB = jax.lax.map(after, positions, batch_size=min(together, C * (S1 - 1)))
            log_p_BxCxS1 = jnp.concatenate([log_p_BxCxS1, log_p_CSxB.T.reshape(B, C, S1 - 1)], axis=-1)
            greedy_BxCxS1 = jnp.concatenate([greedy_BxCxS1, greedy_CSxB.T.reshape(B, C, S1 - 1)], axis=-1)
        place_S1 = jnp.arange(S1)
        counted = (place_S1 >= first_BxC[..., None]) & (place_S1 < last_BxC[..., None])
        return jnp.where(counted, log_p_BxCxS1, 0.0).sum(axis=-1), (greedy_BxCxS1 | ~counted).all(axis=-1)

    whole = NamedSharding(mesh, PartitionSpec())
    return jax.jit(score, out_shardings=(whole, whole))
