"""The chunked loss beside the plain one, which holds all the logits."""

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings

from codemix.model.loss import mean_nll, token_nll
from codemix.model.partitioning import make_mesh

B, T, D, V = 3, 16, 8, 37
ALL = np.ones((B, T), dtype=bool)
ON_ONE = make_mesh({"data": 1})
value_and_gradients = jax.jit(jax.value_and_grad(mean_nll, argnums=(0, 1)), static_argnums=(4, 5, 6))


def random_inputs(seed: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Hidden states, embedding, targets."""
    keys = jax.random.split(jax.random.key(seed), 3)
    h_BxTxD, embedding_VxD = jax.random.normal(keys[0], (B, T, D)), jax.random.normal(keys[1], (V, D))
    return h_BxTxD, embedding_VxD, jax.random.randint(keys[2], (B, T), 0, V)


@pytest.fixture
def inputs() -> tuple[jax.Array, jax.Array, jax.Array]:
    return random_inputs(0)


def plain(h_BxTxD: jax.Array, embedding_VxD: jax.Array, targets_BxT: jax.Array, scale: float) -> jax.Array:
    logits_BxTxV = scale * jnp.einsum("btd,vd->btv", h_BxTxD, embedding_VxD)
    return optax.softmax_cross_entropy_with_integer_labels(logits_BxTxV, targets_BxT)


@pytest.mark.parametrize("chunk", [1, 4, 8, 16])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_token_nll_is_the_plain_cross_entropy(inputs: tuple, chunk: int, scale: float) -> None:
    """Every position has its own value, in its own place, whatever the chunk."""
    with jax.numpy_rank_promotion("raise"):
        nll_BxT = token_nll(*inputs, scale=scale, chunk=chunk)
    np.testing.assert_allclose(nll_BxT, plain(*inputs, scale), rtol=1e-5, atol=1e-5)


def gradients_of_plain_formula(inputs: tuple, predicted_BxT: np.ndarray, scale: float) -> tuple:
    """Value and gradients of Σ nll·predicted / Σ predicted in float64, all logits made, by autodiff."""
    h_BxTxD, embedding_VxD, targets_BxT = inputs
    with jax.enable_x64(True):

        def loss(h: jax.Array, e: jax.Array) -> jax.Array:
            return (plain(h, e, targets_BxT, scale) * predicted_BxT).sum() / predicted_BxT.sum()

        exact = (np.asarray(h_BxTxD, np.float64), np.asarray(embedding_VxD, np.float64))
        value, gradients = jax.value_and_grad(loss, argnums=(0, 1))(*exact)
        assert value.dtype == jnp.float64
        return float(value), tuple(map(np.asarray, gradients))


SOME = np.random.default_rng(3).random((B, T)) < 0.4
ONE = np.arange(B * T).reshape(B, T) == 20


@pytest.mark.parametrize("chunk", [1, 4, 16])
@pytest.mark.parametrize("scale", [1.0, 0.25])
@pytest.mark.parametrize("predicted_BxT", [ALL, SOME, ONE], ids=["all", "some", "one"])
def test_the_training_loss_and_its_gradients_are_the_plain_ones(
    inputs: tuple, chunk: int, scale: float, predicted_BxT: np.ndarray
) -> None:
    """The gradients are made with the loss, chunk by chunk, by hand; they equal autodiff's of the plain formula. They
    follow the factor that is put on the loss."""
    h_BxTxD, embedding_VxD, targets_BxT = inputs

    def ours(h: jax.Array, e: jax.Array) -> jax.Array:
        return 3.0 * mean_nll(h, e, targets_BxT, predicted_BxT, scale, chunk, ON_ONE)

    with jax.numpy_rank_promotion("raise"):
        value, gradients = jax.value_and_grad(ours, argnums=(0, 1))(h_BxTxD, embedding_VxD)
    plain_value, plain_gradients = gradients_of_plain_formula(inputs, predicted_BxT, scale)
    np.testing.assert_allclose(value, 3.0 * plain_value, rtol=1e-6)
    for mine, theirs in zip(gradients, plain_gradients, strict=True):
        np.testing.assert_allclose(mine, 3.0 * theirs, rtol=1e-5, atol=1e-7)


@given(st.lists(st.booleans(), min_size=B * T, max_size=B * T), st.sampled_from([1, 8]), st.integers(0, 100))
@settings(deadline=None, max_examples=20)
def test_what_is_not_predicted_has_no_influence(flags: list[bool], chunk: int, seed: int) -> None:
    """Other targets and other hidden states at the masked positions change neither the loss nor the gradients of the
    rest, and the masked hidden states have none."""
    predicted_BxT = np.array(flags).reshape(B, T)
    one, other = random_inputs(seed), random_inputs(seed + 1)
    mixed = (
        jnp.where(predicted_BxT[..., None], one[0], other[0]),
        one[1],
        jnp.where(predicted_BxT, one[2], other[2]),
    )
    values = [value_and_gradients(h, e, targets, predicted_BxT, 1.0, chunk, ON_ONE) for h, e, targets in (one, mixed)]
    np.testing.assert_allclose(values[0][0], values[1][0], rtol=1e-6)
    for mine, theirs in zip(values[0][1], values[1][1], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)
    assert not np.asarray(values[0][1][0])[~predicted_BxT].any()


def test_a_batch_of_prompts_alone_has_no_loss_and_no_gradient(inputs: tuple) -> None:
    h_BxTxD, embedding_VxD, targets_BxT = inputs
    value, gradients = value_and_gradients(h_BxTxD, embedding_VxD, targets_BxT, ~ALL, 1.0, 4, ON_ONE)
    assert value == 0
    assert not any(np.asarray(gradient).any() for gradient in gradients)


@pytest.mark.parametrize("predicted_BxT", [ALL, SOME], ids=["all", "some"])
def test_the_training_loss_is_the_mean_of_the_predicted_tokens(inputs: tuple, predicted_BxT: np.ndarray) -> None:
    nll_BxT = np.asarray(token_nll(*inputs, scale=1.0, chunk=8))
    np.testing.assert_allclose(
        mean_nll(*inputs, predicted_BxT, 1.0, 4, ON_ONE), nll_BxT[predicted_BxT].mean(), rtol=1e-6
    )


def test_bfloat16_hidden_states_give_a_float32_loss(inputs: tuple) -> None:
    h_BxTxD, embedding_VxD, targets_BxT = inputs
    loss = mean_nll(h_BxTxD.astype(jnp.bfloat16), embedding_VxD, targets_BxT, ALL, 1.0, 4, ON_ONE)
    assert loss.dtype == jnp.float32
    np.testing.assert_allclose(loss, plain(*inputs, 1.0).mean(), rtol=0.02)


def test_large_logits_stay_finite(inputs: tuple) -> None:
    h_BxTxD, embedding_VxD, targets_BxT = inputs
    value, gradient = jax.value_and_grad(mean_nll)(1e4 * h_BxTxD, embedding_VxD, targets_BxT, ALL, 1.0, 4, ON_ONE)
    assert jnp.isfinite(value)
    assert jnp.isfinite(gradient).all()
