"""The training step: it learns, and what it computes does not change unnoticed."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from tiny_training import EOS, MODEL, VOCAB

from codemix.model.loss import token_nll
from codemix.model.partitioning import make_mesh
from codemix.training.optimizer import Optimizer
from codemix.training.step import Trainer, make_trainer, parameter_count

GOLDEN_LOSSES = (4.820998, 4.0982, 3.582717, 3.187073, 2.874428)


ALL_BxT = np.ones((8, MODEL.context), dtype=bool)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return make_trainer(MODEL, VOCAB, EOS, Optimizer(), make_mesh({"data": 1}), jnp.dtype("float32"))


def losses_of(trainer: Trainer, steps: int) -> list[float]:
    """Losses on one batch of sequences that count up."""
    rows_BxS = ((np.arange(8)[:, None] * 7 + np.arange(MODEL.context + 1)) % (VOCAB - 1) + 1).astype(np.uint16)
    state = trainer.init(jax.random.key(0))
    losses = []
    for _ in range(steps):
        state, metrics = trainer.step(state, rows_BxS, ALL_BxT, np.float32(1e-2))
        losses.append(float(metrics["loss"]))
    return losses


def test_the_numbers_of_a_step_are_those_of_this_numerics_version(trainer: Trainer) -> None:
    """A golden run: five steps from seed 0."""
    np.testing.assert_allclose(
        losses_of(trainer, 5),
        GOLDEN_LOSSES,
        rtol=1e-5,
        err_msg="A training step computes something else than it did. If that is meant, raise NUMERICS_VERSION in "
        "codemix/study/plan.py, so that no phase of before is taken for one of now, and record the new losses here.",
    )


def test_steps_lower_the_loss(trainer: Trainer) -> None:
    """From about the uniform log V, down and down on a batch that is shown again and again."""
    losses = losses_of(trainer, 5)
    assert abs(losses[0] - np.log(VOCAB)) < 1.0
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))


def test_a_step_of_rate_zero_leaves_the_parameters(trainer: Trainer) -> None:
    state = trainer.init(jax.random.key(0))
    before = jax.tree.map(np.array, state.params)
    after, metrics = trainer.step(state, np.ones((8, MODEL.context + 1), np.uint16), ALL_BxT, np.float32(0))
    jax.tree.map(np.testing.assert_array_equal, jax.tree.leaves(before), jax.tree.leaves(after.params))
    assert metrics["grad_norm"] > 0


@pytest.mark.parametrize("pieces", [2, 8])
def test_a_batch_in_pieces_is_the_same_step(trainer: Trainer, pieces: int) -> None:
    """Sums of float32 in another order: loss and gradient norm to 1e-5 of themselves, and parameters, which AdamW
    moves by about the rate, to a hundredth of it. What is predicted differs from row to row, and one has nothing."""
    random = np.random.default_rng(1)
    rows_BxS = random.integers(1, VOCAB, (8, MODEL.context + 1)).astype(np.uint16)
    predicted_BxT = random.random(ALL_BxT.shape) < np.linspace(0, 1, 8)[:, None]
    in_pieces = make_trainer(
        MODEL, VOCAB, EOS, Optimizer(), make_mesh({"data": 1}), jnp.dtype("float32"), pieces=pieces
    )
    found = [
        one.step(one.init(jax.random.key(0)), rows_BxS, predicted_BxT, np.float32(1e-2)) for one in (trainer, in_pieces)
    ]
    (whole, expected), (state, metrics) = found
    for name in ("loss", "grad_norm", "predicted_tokens"):
        np.testing.assert_allclose(metrics[name], expected[name], rtol=1e-5)
    for mine, theirs in zip(jax.tree.leaves(state.params), jax.tree.leaves(whole.params), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_the_loss_is_the_mean_over_what_is_predicted(trainer: Trainer) -> None:
    """Whatever the other targets are: the last row here is a prompt from end to end."""
    random = np.random.default_rng(0)
    rows_BxS = random.integers(1, VOCAB, (8, MODEL.context + 1)).astype(np.uint16)
    predicted_BxT = random.random(ALL_BxT.shape) < 0.5
    predicted_BxT[-1] = False
    model = nnx.merge(trainer.graph, trainer.init(jax.random.key(0)).params)
    ids_BxS = rows_BxS.astype(np.int32)
    nll_BxT = token_nll(
        model(ids_BxS[:, :-1]), model.embedding_VxD[...], ids_BxS[:, 1:], scale=MODEL.logit_scale, chunk=16
    )
    _, metrics = trainer.step(trainer.init(jax.random.key(0)), rows_BxS, predicted_BxT, np.float32(1e-2))
    np.testing.assert_allclose(metrics["loss"], np.asarray(nll_BxT)[predicted_BxT].mean(), rtol=1e-5)
    assert metrics["predicted_tokens"] == predicted_BxT.sum()


def test_a_batch_of_prompts_alone_moves_nothing_but_by_weight_decay(trainer: Trainer) -> None:
    state = trainer.init(jax.random.key(0))
    before = jax.tree.map(np.array, state.params)
    after, metrics = trainer.step(state, np.ones((8, MODEL.context + 1), np.uint16), ~ALL_BxT, np.float32(1e-2))
    assert (metrics["loss"], metrics["grad_norm"], metrics["predicted_tokens"]) == (0, 0, 0)
    for old, new in zip(jax.tree.leaves(before), jax.tree.leaves(after.params), strict=True):
        np.testing.assert_allclose(new, old, rtol=2e-3)


def test_the_seed_alone_decides_the_initial_parameters(trainer: Trainer) -> None:
    zero, again, one = (jax.tree.leaves(trainer.init(jax.random.key(seed)).params) for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, zero, again)
    assert any(not np.array_equal(a, b) for a, b in zip(zero, one, strict=True))
    assert parameter_count(zero) == sum(MODEL.parameters(VOCAB).values())
