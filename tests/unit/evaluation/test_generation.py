"""Continuations beside recomputation from the start, at every setting."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.errors import UserError
from codemix.evaluation.generation import Continuation, Sampling, _chosen, generate
from codemix.model.config import Model
from codemix.model.decoding import next_logits
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

VOCAB, EOS = 60, 0
CONFIG = Model(layers=2, width=16, heads=2, feed_forward=24, context=128, loss_chunk=8)
PROMPTS = [[5, 6, 7], [9], [], [11, 12, 13, 14, 15, 16, 17, 18], [20, 21]]


def words(ids: list[int]) -> str:
    return "".join(chr(ord("0") + i) for i in ids)


@pytest.fixture(scope="module")
def model() -> Transformer:
    return nnx.jit(lambda: Transformer(CONFIG, VOCAB, EOS, jnp.float32, nnx.Rngs(3)))()


@pytest.fixture(scope="module")
def continued(model: Transformer) -> Callable[..., list[list[Continuation]]]:
    graph, params = nnx.split(model)
    mesh = make_mesh({"data": 1})

    def run(
        prompts: list[list[int]] = PROMPTS, batch_rows: int = 4, numbers: list[int] | None = None, **fields: object
    ) -> list[list[Continuation]]:
        sampling = Sampling(**fields)  # type: ignore[arg-type]
        return generate(graph, params, mesh, prompts, sampling, words, batch_rows, numbers)

    return run


def greedy(model: Transformer, prompt: list[int], tokens: int) -> list[int]:
    """By reading everything again for every token."""
    ids = [EOS, *prompt]
    for _ in range(tokens):
        padded = jnp.asarray([ids + [EOS] * (64 - len(ids))])
        hidden_1xD = nnx.jit(lambda m, x: m(x))(model, padded)[:, len(ids) - 1]
        ids.append(int(next_logits(model, hidden_1xD)[0].argmax()))
        if ids[-1] == EOS:
            return ids[1 + len(prompt) : -1]
    return ids[1 + len(prompt) :]


def test_greedy_is_recomputation(model: Transformer, continued: Callable[..., list[list[Continuation]]]) -> None:
    """Several batches, several lengths, and an empty prompt."""
    for prompt, (found,) in zip(PROMPTS, continued(max_tokens=20), strict=True):
        expected = greedy(model, prompt, 20)
        assert list(found.ids) == expected
        assert found.text == words(expected)
        assert found.reason == ("length" if len(expected) == 20 else "end of document")


def test_samples_do_not_depend_on_their_batch(continued: Callable[..., list[list[Continuation]]]) -> None:
    settings = {"max_tokens": 12, "temperature": 1.0, "samples": 3, "seed": 7}
    together = continued(**settings, batch_rows=8)
    assert together == continued(**settings, batch_rows=2)
    assert len({sample.ids for samples in together for sample in samples}) == 3 * len(PROMPTS)
    assert together != continued(**{**settings, "seed": 8})
    assert together[2:] == continued(PROMPTS[2:], numbers=[2, 3, 4], **settings)


def test_a_stop_string_ends_a_continuation(continued: Callable[..., list[list[Continuation]]]) -> None:
    ((whole,),) = continued([[5, 6, 7]], max_tokens=20)
    stop = whole.text[6:8]
    ((cut,),) = continued([[5, 6, 7]], max_tokens=20, stop=(stop, "never"))
    assert cut.reason == "stop string"
    assert cut.text == whole.text[: whole.text.index(stop)]


def test_a_prompt_longer_than_the_context_is_read_from_its_end(
    continued: Callable[..., list[list[Continuation]]],
) -> None:
    prompt = [1 + i % (VOCAB - 1) for i in range(500)]
    ((found,),) = continued([prompt], max_tokens=28)
    ((short,),) = continued([prompt[-99:]], max_tokens=28)  # 128 − 28 positions, of which one is the document's start
    assert found == short


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [({"top_k": 2}, {1, 3}), ({"top_p": 0.6}, {1, 3}), ({"top_p": 0.3}, {3}), ({"top_k": 1}, {3}), ({}, {0, 1, 2, 3})],
)
def test_what_is_drawn_from(fields: dict, allowed: set[int]) -> None:
    """Of probabilities 0.1, 0.3, 0.15, 0.45 the truncations leave the most probable, in their proportions: over 4,000
    draws each share is within 5 standard errors."""
    p = np.array([0.1, 0.3, 0.15, 0.45])
    draws = 4000
    ids = _chosen(
        jnp.log(jnp.tile(p, (draws, 1))),
        jax.random.split(jax.random.key(0), draws),
        Sampling(temperature=1.0, **fields),
    )
    kept = np.where(np.isin(np.arange(4), list(allowed)), p, 0)
    kept /= kept.sum()
    found = np.bincount(np.asarray(ids), minlength=4) / draws
    assert set(np.flatnonzero(found)) == allowed
    assert np.all(np.abs(found - kept) <= 5 * np.sqrt(kept * (1 - kept) / draws) + 1e-12)


def test_temperature_sharpens() -> None:
    logits = jnp.tile(jnp.asarray([0.0, 1.0]), (4000, 1))
    keys = jax.random.split(jax.random.key(1), 4000)
    cold = _chosen(logits, keys, Sampling(temperature=0.5)).mean()
    np.testing.assert_allclose(cold, 1 / (1 + np.exp(-2)), atol=0.03)


@pytest.mark.parametrize("fields", [{"max_tokens": 0}, {"top_p": 0.0}, {"temperature": -1.0}, {"stop": ("",)}])
def test_wrong_settings_are_refused(fields: dict) -> None:
    with pytest.raises(UserError, match=f"Sampling.*{next(iter(fields))}"):
        Sampling(**fields)


def test_no_room_for_a_prompt(continued: Callable[..., list[list[Continuation]]]) -> None:
    with pytest.raises(UserError, match=r"Sampling\.max_tokens 128 leaves no room"):
        continued(max_tokens=128)
