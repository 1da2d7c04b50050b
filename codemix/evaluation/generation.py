"""Generation: continuations of many prompts at once, on the devices that hold the model.

What a prompt's sample becomes depends on the model, the prompt, the settings and its own number alone, never on which
other prompts are in its batch: every token has a random key of its own.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh

from codemix.errors import UserError
from codemix.model.decoding import Cache, apart, extend, most_probable, next_logits, prefill
from codemix.model.partitioning import sharding

_CHUNK = 16  # tokens between two looks at what was generated
_PROMPT_STEP = 64  # prompts are padded to multiples of it, so that few shapes are compiled

Reason = Literal["end of document", "stop string", "length"]


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How tokens are chosen, and where a continuation ends.

    Attributes:
        max_tokens: of a continuation.
        temperature: of the distribution; 0 takes the most probable token.
        top_k: only so many most probable tokens are drawn from; None for all.
        top_p: only the most probable tokens that together reach this probability are (arXiv 1904.09751 §3.1).
        stop: strings at the first of which a continuation ends; it is not a part of it.
        samples: continuations of each prompt.
        seed: of the draws.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    samples: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", tuple(self.stop))
        if self.max_tokens < 1 or self.samples < 1 or (self.top_k is not None and self.top_k < 1):
            raise UserError(
                "Sampling.max_tokens, Sampling.samples and Sampling.top_k are whole numbers ≥ 1 (top_k may be None); "
                f"they are {self.max_tokens}, {self.samples} and {self.top_k}, change them."
            )
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise UserError(
                f"Sampling needs temperature ≥ 0 and top_p above 0 up to 1; it has {self.temperature} and {self.top_p}."
            )
        if "" in self.stop:
            raise UserError("Sampling.stop has an empty string, which every text has; remove it.")


@dataclasses.dataclass(frozen=True)
class Continuation:
    """What followed a prompt.

    Attributes:
        text: without the stop string.
        ids: of the tokens that were generated, the end of the document not among them.
        reason: why it ended.
    """

    text: str
    ids: tuple[int, ...]
    reason: Reason


def generate(
    graph: nnx.GraphDef,
    params: nnx.State,
    mesh: Mesh,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    text_of: Callable[[Sequence[int]], str],
    batch_rows: int = 32,
    numbers: Sequence[int] | None = None,
) -> list[list[Continuation]]:
    """Continues every prompt `Sampling.samples` times.

    Args:
        graph: the `Transformer`'s graph, with `params` its parameters laid out on `mesh`.
        prompts: token ids, without the end of the document before them; of one that is too long for the model's context
            the end is read.
        sampling: how.
        text_of: decodes ids.
        batch_rows: continuations that are made at once; a multiple of the devices that share rows.
        numbers: the prompts' own, of which the random keys are made; by default their places here. Prompts that come
            in parts keep theirs.

    Returns:
        Of each prompt its continuations, in order.

    Raises:
        UserError: no prompt could be read beside `Sampling.max_tokens`.
    """
    model = nnx.merge(graph, params)
    context, eos = model.config.context, model.eos
    if sampling.max_tokens >= context:
        raise UserError(
            f"Sampling.max_tokens {sampling.max_tokens} leaves no room for a prompt in Model.context "
            f"{context}; lower it."
        )
    room_for_prompt = context - sampling.max_tokens
    rows = [(number, sample) for number in range(len(prompts)) for sample in range(sampling.samples)]
    rows.sort(key=lambda row: len(prompts[row[0]]))
    found: dict[tuple[int, int], Continuation] = {}
    begin, advance = _compiled(graph, mesh, sampling)
    for start in range(0, len(rows), batch_rows):
        batch = rows[start : start + batch_rows]
        longest = min(room_for_prompt, 1 + len(prompts[batch[-1][0]]))
        length = min(room_for_prompt, -(-longest // _PROMPT_STEP) * _PROMPT_STEP)
        ids_BxP = np.full((batch_rows, length), eos, dtype=np.int32)
        for row, (number, _) in enumerate(batch):
            if kept := list(prompts[number])[-(length - 1) :] if length > 1 else []:
                ids_BxP[row, -len(kept) :] = kept
        names_Bx2 = np.zeros((batch_rows, 2), dtype=np.uint32)
        names_Bx2[: len(batch)] = [(number if numbers is None else numbers[number], sample) for number, sample in batch]
        room = length + -(-sampling.max_tokens // _CHUNK) * _CHUNK
        state = begin(params, ids_BxP, names_Bx2, room)
        written = _Written(len(batch), eos, sampling, text_of)
        while not written.ended:
            ids_BxC, state = advance(params, state)
            written.take(np.asarray(ids_BxC)[: len(batch)])
        found |= dict(zip(batch, written.continuations(), strict=True))
    return [[found[number, sample] for sample in range(sampling.samples)] for number in range(len(prompts))]


class _Written:
    """What the rows of a batch have become so far."""

    def __init__(self, rows: int, eos: int, sampling: Sampling, text_of: Callable[[Sequence[int]], str]):
        self._eos, self._sampling, self._text_of = eos, sampling, text_of
        self._ids: list[list[int]] = [[] for _ in range(rows)]
        self._done: list[Continuation | None] = [None] * rows

    @property
    def ended(self) -> bool:
        return all(self._done)

    def take(self, ids_BxC: np.ndarray) -> None:
        for row, more in enumerate(ids_BxC.tolist()):
            if self._done[row] is None:
                self._ids[row] += more
                self._done[row] = self._ended_in(self._ids[row])

    def continuations(self) -> Iterator[Continuation]:
        return (done for done in self._done if done is not None)

    def _ended_in(self, ids: list[int]) -> Continuation | None:
        kept = ids[: self._sampling.max_tokens]
        reason: Reason | None = "length" if len(ids) >= self._sampling.max_tokens else None
        if self._eos in kept:
            kept, reason = kept[: kept.index(self._eos)], "end of document"
        text = self._text_of(kept)
        if places := [place for stop in self._sampling.stop if (place := text.find(stop)) >= 0]:
            text, reason = text[: min(places)], "stop string"
        return None if reason is None else Continuation(text, tuple(kept), reason)


@dataclasses.dataclass(frozen=True)
class _State:
    """A batch between two chunks."""

    cache: Cache
    logits_BxV: jax.Array
    keys_B: jax.Array
    made: jax.Array  # tokens of every row


jax.tree_util.register_dataclass(_State)


@functools.lru_cache(maxsize=8)
def _compiled(graph: nnx.GraphDef, mesh: Mesh, sampling: Sampling) -> tuple[Callable, Callable]:
    """`begin(params, ids_BxP, names_Bx2, room)` and `advance(params, state)`, compiled for each shape."""

    def rows(x: jax.Array) -> jax.Array:
        return jax.lax.with_sharding_constraint(x, sharding(mesh, "rows", *[None] * (x.ndim - 1)))

    @functools.partial(jax.jit, static_argnums=3)
    def begin(params: nnx.State, ids_BxP: jax.Array, names_Bx2: jax.Array, room: int) -> _State:
        model = nnx.merge(graph, params)
        hidden_BxD, cache = prefill(model, rows(ids_BxP), room)
        keys_B = jax.vmap(functools.partial(_key, sampling.seed))(names_Bx2)
        return _State(cache, next_logits(model, hidden_BxD), keys_B, jnp.int32(0))

    @functools.partial(jax.jit, donate_argnums=1)
    def advance(params: nnx.State, state: _State) -> tuple[jax.Array, _State]:
        blocks = apart(nnx.merge(graph, params))

        def one(state: _State, _: None) -> tuple[_State, jax.Array]:
            # nnx wants variables that were made in the trace they are used in: the same arrays, in new ones
            whole, parts = jax.tree.map(lambda leaf: leaf, (params, blocks))
            model = nnx.merge(graph, whole)
            keys_B = jax.vmap(jax.random.fold_in, in_axes=(0, None))(state.keys_B, state.made)
            ids_B = _chosen(state.logits_BxV, keys_B, sampling)
            hidden_BxD, cache = extend(model, parts, state.cache, ids_B)
            return _State(cache, next_logits(model, hidden_BxD), state.keys_B, state.made + 1), ids_B

        state, ids_CxB = jax.lax.scan(one, state, length=_CHUNK)
        # on every device, so that each process of a run on several hosts reads all of them
        return jax.lax.with_sharding_constraint(ids_CxB.T, sharding(mesh, None, None)), state

    return begin, advance


def _key(seed: int, name_2: jax.Array) -> jax.Array:
    """The random key of a continuation, which is named by its prompt's number and its own."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), name_2[0]), name_2[1])


def _chosen(logits_BxV: jax.Array, keys_B: jax.Array, sampling: Sampling) -> jax.Array:
    """One token of each row."""
    if sampling.temperature == 0:
        return most_probable(logits_BxV)
    logits_BxV = logits_BxV / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < logits_BxV.shape[-1]:
        least_Bx1 = jax.lax.top_k(logits_BxV, sampling.top_k)[0][:, -1:]
        logits_BxV = jnp.where(logits_BxV < least_Bx1, -jnp.inf, logits_BxV)
    if sampling.top_p < 1:
        logits_BxV = _nucleus(logits_BxV, sampling.top_p)
    return jax.vmap(jax.random.categorical)(keys_B, logits_BxV).astype(jnp.int32)


def _nucleus(logits_BxV: jax.Array, top_p: float) -> jax.Array:
    """The logits of the most probable tokens up to the one with which they reach `top_p`, −∞ elsewhere."""
    sorted_BxV = -jnp.sort(-logits_BxV, axis=-1)
    p_BxV = jax.nn.softmax(sorted_BxV, axis=-1)
    before_BxV = jnp.cumsum(p_BxV, axis=-1) - p_BxV
    least_Bx1 = jnp.where(before_BxV < top_p, sorted_BxV, jnp.inf).min(axis=-1, keepdims=True)
    return jnp.where(logits_BxV < least_Bx1, -jnp.inf, logits_BxV)
