"""Continuations beside recomputation from the start, at every setting."""

import json
import subprocess
import sys
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from codemix.errors import UserError
from codemix.evaluation.generation import Continuation, Sampling, _chosen, _compiled, generate
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


def test_a_stop_string_may_lie_in_two_chunks(continued: Callable[..., list[list[Continuation]]]) -> None:
    """Tokens are looked at 16 at a time: strings that end before, at, and after that. Of several the first counts."""
    fields = {"max_tokens": 40, "temperature": 1.0, "seed": 3}
    whole = max((found for (found,) in continued(**fields)), key=lambda found: len(found.ids))
    assert len(whole.ids) > 35
    prompt = next(p for p, (found,) in zip(PROMPTS, continued(**fields), strict=True) if found == whole)
    for start, end in ((10, 15), (12, 16), (13, 19), (15, 17), (30, 35)):
        stops = (whole.text[end : end + 3], whole.text[start:end])
        ((cut,),) = continued([prompt], numbers=[PROMPTS.index(prompt)], stop=stops, **fields)
        assert cut.reason == "stop string"
        assert cut.text == whole.text[: min(whole.text.index(stop) for stop in stops if stop)]


def test_a_shape_is_compiled_once(model: Transformer) -> None:
    """Prompts of up to 63 tokens have one shape, longer ones another; other settings are another program."""
    graph, params = nnx.split(model)
    mesh = make_mesh({"data": 1})
    sampling = Sampling(max_tokens=18, seed=123)
    programs = _compiled(graph, mesh, sampling)
    for lengths, shapes in (([1, 5], 1), ([30, 63, 2, 9, 9], 1), ([0], 1), ([64], 2), ([90, 3], 2)):
        generate(graph, params, mesh, [[7] * length for length in lengths], sampling, words, 4)
        assert [program._cache_size() for program in programs] == [shapes, shapes]  # type: ignore[attr-defined]


ON_MESHES = """
import json, os, sys
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"
import jax
jax.config.update("jax_disable_most_optimizations", True)
from codemix.evaluation.generation import Sampling, generate
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.training.weights import fresh_weights

config = Model(layers=2, width=32, heads=4, kv_heads=2, feed_forward=48, context=128, loss_chunk=8, logit_scale=3.0)
prompts, found = [[5, 6, 7], [9], [], [11, 12, 13, 14, 15, 16, 17, 18]], {}
for shape in json.loads(sys.argv[1]):
    count = 1
    for size in shape.values():
        count *= size
    mesh = make_mesh(shape, jax.devices()[:count])
    graph, params = fresh_weights(config, 64, 0, mesh, "float32", seed=0)
    for temperature in (0.0, 1.0):
        made = generate(graph, params, mesh, prompts, Sampling(20, temperature, samples=2), str, 4)
        found.setdefault(str(temperature), []).append([[list(one.ids) for one in each] for each in made])
print(json.dumps(found))
"""


def test_every_mesh_gives_the_same_tokens() -> None:
    """Rows, weights and heads over one to four devices; greedily and drawn."""
    meshes = [{"data": 1}, {"data": 2}, {"fsdp": 4}, {"tensor": 2}, {"data": 2, "tensor": 2}]
    done = subprocess.run(
        [sys.executable, "-c", ON_MESHES, json.dumps(meshes)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    for continuations in json.loads(done.stdout).values():
        assert all(found == continuations[0] for found in continuations)
        assert len({tuple(ids) for each in continuations[0] for ids in each}) >= 4


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


@given(
    hnp.arrays(np.float64, st.integers(2, 12), elements=st.floats(-6, 6)),
    st.integers(1, 12),
    st.floats(0.05, 1.0),
    st.floats(0.3, 2.0),
)
@settings(max_examples=40, deadline=None)
def test_the_distribution_is_the_references(logits: np.ndarray, k: int, p: float, temperature: float) -> None:
    """Sorted by probability, by hand in float64: the first k, of these as many as reach p; within 5 standard errors."""
    draws = 600
    order = np.argsort(-logits, kind="stable")
    gaps = np.abs(np.diff(np.sort(logits)))
    scaled = np.exp((logits - logits.max()) / temperature)
    scaled[order[k:]] = 0
    scaled /= scaled.sum()
    before = np.cumsum(scaled[order]) - scaled[order]
    assume(gaps.min() > 1e-3 and np.abs(before - p).min() > 1e-3)  # ties and edges are float32's to decide
    expected = scaled.copy()
    expected[order[before >= p]] = 0
    expected /= expected.sum()
    padded = np.full((draws, 12), -np.inf, np.float32)
    padded[:, : len(logits)] = logits
    sampling = Sampling(temperature=temperature, top_k=k, top_p=p)
    ids = np.asarray(_chosen(jnp.asarray(padded), jax.random.split(jax.random.key(k), draws), sampling))
    found = np.bincount(ids, minlength=12)[: len(logits)] / draws
    assert set(np.flatnonzero(found)) <= set(np.flatnonzero(expected))
    assert np.all(np.abs(found - expected) <= 5 * np.sqrt(expected * (1 - expected) / draws) + 2 / draws)


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
