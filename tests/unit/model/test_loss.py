"""The chunked loss beside the plain one, which holds all the logits."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from codemix.model.loss import mean_nll, token_nll

B, T, D, V = 3, 16, 8, 37


@pytest.fixture
def inputs() -> tuple[jax.Array, jax.Array, jax.Array]:
    keys = jax.random.split(jax.random.key(0), 3)
    h_BxTxD, embedding_VxD = jax.random.normal(keys[0], (B, T, D)), jax.random.normal(keys[1], (V, D))
    return h_BxTxD, embedding_VxD, jax.random.randint(keys[2], (B, T), 0, V)


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


@pytest.mark.parametrize("chunk", [1, 4, 16])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_the_training_loss_and_its_gradients_are_the_plain_ones(inputs: tuple, chunk: int, scale: float) -> None:
    """The gradients are made with the loss, chunk by chunk, by hand; they equal automatic differentiation's. They
    follow the factor that is put on the loss."""
    h_BxTxD, embedding_VxD, targets_BxT = inputs

    def ours(h: jax.Array, e: jax.Array) -> jax.Array:
        return 3.0 * mean_nll(h, e, targets_BxT, scale, chunk)

    def reference(h: jax.Array, e: jax.Array) -> jax.Array:
        return 3.0 * plain(h, e, targets_BxT, scale).mean()

    with jax.numpy_rank_promotion("raise"):
        value, gradients = jax.value_and_grad(ours, argnums=(0, 1))(h_BxTxD, embedding_VxD)
    plain_value, plain_gradients = jax.value_and_grad(reference, argnums=(0, 1))(h_BxTxD, embedding_VxD)
    np.testing.assert_allclose(value, plain_value, rtol=1e-6)
    for mine, theirs in zip(gradients, plain_gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_the_training_loss_is_the_mean_of_the_tokens(inputs: tuple) -> None:
    np.testing.assert_allclose(mean_nll(*inputs, 1.0, 4), token_nll(*inputs, scale=1.0, chunk=8).mean(), rtol=1e-6)


def test_bfloat16_hidden_states_give_a_float32_loss(inputs: tuple) -> None:
    h_BxTxD, embedding_VxD, targets_BxT = inputs
    loss = mean_nll(h_BxTxD.astype(jnp.bfloat16), embedding_VxD, targets_BxT, 1.0, 4)
    assert loss.dtype == jnp.float32
    np.testing.assert_allclose(loss, plain(*inputs, 1.0).mean(), rtol=0.02)


def test_large_logits_stay_finite(inputs: tuple) -> None:
    h_BxTxD, embedding_VxD, targets_BxT = inputs
    value, gradient = jax.value_and_grad(mean_nll)(1e4 * h_BxTxD, embedding_VxD, targets_BxT, 1.0, 4)
    assert jnp.isfinite(value)
    assert jnp.isfinite(gradient).all()
