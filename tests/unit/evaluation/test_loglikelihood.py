"""Log-likelihoods beside the whole model read anew for every request, in float32."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

from codemix.evaluation.journal import Journal
from codemix.evaluation.loglikelihood import Request, _rows, log_likelihoods
from codemix.evaluation.model import ScoredModel
from codemix.model.config import MeshAxis, Model
from codemix.model.partitioning import make_mesh, state_shardings
from codemix.model.transformer import Transformer

VOCAB, EOS = 60, 0
CONFIG = Model(layers=2, width=32, heads=4, kv_heads=2, feed_forward=24, context=64, loss_chunk=8)


class Numbers:
    """A tokenizer of which only the end of document is asked."""

    eos, fingerprint = EOS, "numbers"

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        raise NotImplementedError

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        raise NotImplementedError


@pytest.fixture(scope="module")
def transformer() -> Transformer:
    return nnx.jit(lambda: Transformer(CONFIG, VOCAB, EOS, jnp.float32, nnx.Rngs(3)))()


@pytest.fixture(scope="module")
def model(transformer: Transformer) -> ScoredModel:
    graph, params = nnx.split(transformer)
    return ScoredModel(graph, params, make_mesh({"data": 1}, jax.devices()[:1]), Numbers(), "random")


@pytest.fixture(scope="module")
def reference(transformer: Transformer):
    hidden = nnx.jit(lambda m, ids: m(ids))

    def score(request: Request) -> tuple[float, bool]:
        ids = np.array((request.context + request.continuation)[-(CONFIG.context + 1) :])
        padded = np.concatenate([ids[:-1], np.full(CONFIG.context + 1 - len(ids), 1)])
        h_TxD = hidden(transformer, padded[None])[0][: len(ids) - 1]
        logits_TxV = CONFIG.logit_scale * np.asarray(h_TxD @ transformer.embedding_VxD[...].T, np.float64)
        log_p_TxV = logits_TxV - np.log(np.exp(logits_TxV).sum(axis=-1, keepdims=True))
        counted = range(len(ids) - 1 - len(request.continuation), len(ids) - 1)
        greedy = all(logits_TxV[t].argmax() == ids[t + 1] for t in counted)
        return sum(log_p_TxV[t, ids[t + 1]] for t in counted), greedy

    return score


def random_requests(rng: np.random.Generator, items: int) -> list[Request]:
    """Items of one to five choices, whose contexts are the same, or differ in their middle; some too long."""
    requests = []
    for item in range(items):
        context = [EOS, *rng.integers(1, VOCAB, rng.integers(0, 70)).tolist()]
        for _ in range(rng.integers(1, 6)):
            if rng.random() < 0.3 and len(context) > 3:
                context = [*context[: len(context) // 2], *rng.integers(1, VOCAB, len(context) // 2).tolist()]
            continuation = rng.integers(1, VOCAB, rng.integers(1, 4 if rng.random() < 0.5 else 30)).tolist()
            requests.append(Request(item, tuple(context), tuple(continuation)))
    return requests


def test_equals_the_whole_model(model: ScoredModel, reference) -> None:
    requests = random_requests(np.random.default_rng(), 60)
    for request, found in zip(requests, log_likelihoods(model, requests, 8, Journal()), strict=True):
        log_p, greedy = reference(request)
        assert found.log_p == pytest.approx(log_p, abs=1e-3)
        assert found.greedy == greedy


def test_greedy_continuations_are_told(model: ScoredModel, reference) -> None:
    """The most probable continuation of three tokens, and the same with another last token."""
    best = [EOS, 5, 6]
    for _ in range(3):
        best.append(max(range(VOCAB), key=lambda token: reference(Request(0, tuple(best), (token,)))[0]))
    other = 1 + best[-1] % (VOCAB - 1)
    requests = [Request(0, tuple(best[:3]), tuple(best[3:])), Request(0, tuple(best[:3]), (*best[3:5], other))]
    assert [found.greedy for found in log_likelihoods(model, requests, 8, Journal())] == [True, False]


def test_the_prefix_of_an_items_choices_is_read_once() -> None:
    context = tuple(range(1, 41))
    rows = list(_rows([Request(0, (EOS, *context), (41, choice)) for choice in range(1, 5)], 64))
    assert [(len(row.prefix), len(row.branches)) for row in rows] == [(41, 4)]
    apart = list(_rows([Request(item, (EOS, *context), (41, 7)) for item in range(4)], 64))
    assert [(len(row.prefix), len(row.branches)) for row in apart] == [(41, 1)] * 4


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_rows_hold_every_request_once_and_whole(seed: int) -> None:
    requests = random_requests(np.random.default_rng(seed), 12)
    found = {}
    for row in _rows(requests, 64):
        for number, ids, count in row.branches:
            assert number not in found
            found[number] = (row.prefix + ids, count)
            assert count <= len(ids)
    for number, request in enumerate(requests):
        assert found[number] == ((request.context + request.continuation)[-65:], len(request.continuation))


def test_goes_on_from_its_journal(model: ScoredModel, tmp_path: Path) -> None:
    """A batch that was scored is not scored again, and what was cut short while it was written is."""
    random = np.random.default_rng(1)
    requests = [
        Request(item, (EOS, *random.integers(1, VOCAB, 8).tolist()), tuple(random.integers(1, VOCAB, 3).tolist()))
        for item in range(16)
    ]
    path = tmp_path / "task.journal"
    whole = log_likelihoods(model, requests, 2, Journal(path, "key"))
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) > 4
    path.write_text("".join(lines[:3]) + lines[3][: len(lines[3]) // 2])
    scored: list[float] = []
    assert log_likelihoods(model, requests, 2, Journal(path, "key"), scored.append) == whole
    assert path.read_text().splitlines(keepends=True) == lines
    assert sum(scored) == len(requests)

    path.write_text(lines[0] + lines[1].replace("-", "-9"))
    assert log_likelihoods(model, requests, 2, Journal(path, "key")) != whole  # what it has is believed
    assert log_likelihoods(model, requests, 2, Journal(path, "another key")) == whole


@pytest.mark.parametrize("mesh", [{"data": 2}, {"fsdp": 2}, {"tensor": 2}])
def test_a_sharded_model_gives_the_same(
    model: ScoredModel, transformer: Transformer, mesh: dict[MeshAxis, int]
) -> None:
    if jax.device_count() < 2:
        pytest.skip("one device; test_on_two_devices has two")
    requests = random_requests(np.random.default_rng(2), 20)
    graph, params = nnx.split(transformer)
    where = make_mesh(mesh, jax.devices()[:2])
    placed = jax.device_put(params, state_shardings(params, where))
    there = log_likelihoods(ScoredModel(graph, placed, where, Numbers(), "sharded"), requests, 8, Journal())
    for one, other in zip(log_likelihoods(model, requests, 8, Journal()), there, strict=True):
        assert one.log_p == pytest.approx(other.log_p, abs=1e-4)
        assert one.greedy == other.greedy


def test_on_two_devices() -> None:
    """The test above, in a process that has them."""
    two = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "sharded"]
    done = subprocess.run(again, env=two, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("... "), done.stdout  # three meshes, none skipped


def test_a_continuation_without_tokens_is_refused(model: ScoredModel) -> None:
    with pytest.raises(ValueError, match="0 tokens"):
        log_likelihoods(model, [Request(0, (EOS,), ())], 8, Journal())
