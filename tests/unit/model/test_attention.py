"""Attention beside JAX's own; rotary positions; document numbers."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from codemix.model.attention import document_numbers, rotary_angles, rotate
from codemix.model.kernels import attend_in_blocks
from codemix.model.kernels.flash import attend_by_flash
from codemix.model.kernels.splash import attend_by_splash
from codemix.model.partitioning import make_mesh

EOS = 0


FORMS: dict[str, Callable[..., jax.Array]] = {
    "blocks": attend_in_blocks,
    "splash": attend_by_splash(make_mesh({"data": 1}), interpret=True),
    "flash": attend_by_flash(make_mesh({"data": 1}), interpret=True),
}


CASES = [
    *((form, length, groups) for form, length in (("splash", 256), ("splash", 384)) for groups in (6, 2, 1)),
    *(("blocks", length, groups) for length in (1, 100, 128, 200, 256) for groups in (6, 2, 1)),
    ("flash", 256, 2),  # slow where it is not compiled
]


@pytest.mark.parametrize(("form", "length", "groups"), CASES)
def test_attention_is_softmax_attention_inside_documents(form: str, length: int, groups: int) -> None:
    """Every form gives what `jax.nn.dot_product_attention` gives with the same mask, and so do its gradients: for
    lengths that divide into blocks of queries and lengths that do not, and with fewer heads of keys than of queries.

    Float32 throughout; sums of up to 384 products of order 1 in another order differ by some 1e-5.
    """
    B, H, K = 2, 6, 16
    keys = jax.random.split(jax.random.key(length), 5)
    q_BxTxHxK = jax.random.normal(keys[0], (B, length, H, K))
    k_BxTxGxK, v_BxTxGxK = (jax.random.normal(key, (B, length, groups, K)) for key in keys[1:3])
    document_BxT = jnp.cumsum(jax.random.bernoulli(keys[3], 0.1, (B, length)), axis=1)
    same_BxTxT = document_BxT[:, :, None] == document_BxT[:, None, :]
    seen_Bx1xTxT = (same_BxTxT & jnp.tril(jnp.ones((length, length), bool))[None])[:, None]

    def reference(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
        return jax.nn.dot_product_attention(q, k, v, mask=seen_Bx1xTxT)

    def ours(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
        return FORMS[form](q, k, v, document_BxT)

    weights = jax.random.normal(keys[4], q_BxTxHxK.shape)

    @partial(jax.jit, static_argnums=0)
    def value_and_gradients(attention: Callable[..., jax.Array], *qkv: jax.Array) -> tuple:
        y_BxTxHxK, backward = jax.vjp(attention, *qkv)
        return y_BxTxHxK, *backward(weights)

    found = value_and_gradients(ours, q_BxTxHxK, k_BxTxGxK, v_BxTxGxK)
    expected = value_and_gradients(reference, q_BxTxHxK, k_BxTxGxK, v_BxTxGxK)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_flash_is_compiled_for_gpus_as_a_kernel() -> None:
    """No GPU is needed to translate it: forward pass, its sums, and backward pass. Nor is one at hand to run it."""
    q_BxTxHxK = jnp.zeros((2, 256, 4, 64), jnp.bfloat16)
    attend = attend_by_flash(make_mesh({"data": 1}))

    def gradients(q_BxTxHxK: jax.Array) -> jax.Array:
        return jax.grad(lambda q: attend(q, q, q, jnp.zeros((2, 256), jnp.int32)).sum(dtype=jnp.float32))(q_BxTxHxK)

    text = jax.jit(gradients).trace(q_BxTxHxK).lower(lowering_platforms=("cuda",)).as_text()
    assert text.count("@__gpu$xla.gpu.triton") == 3
    assert "256x256" not in text  # no scores


def test_large_scores_do_not_overflow() -> None:
    q_BxTxHxK = 100 * jax.random.normal(jax.random.key(0), (1, 64, 1, 8))
    y_BxTxHxK = attend_in_blocks(q_BxTxHxK, q_BxTxHxK, q_BxTxHxK, jnp.zeros((1, 64), jnp.int32))
    assert jnp.isfinite(y_BxTxHxK).all()


def test_only_the_difference_of_positions_matters() -> None:
    """The product of a rotated query and a rotated key depends on how far apart they are, not on where they are."""
    K, T = 8, 40
    q_K, k_K = jax.random.normal(jax.random.key(0), (2, K))
    angles_TxK2 = rotary_angles(T, K, 10_000.0)
    q_TxK = rotate(jnp.broadcast_to(q_K, (1, T, 1, K)), angles_TxK2)[0, :, 0]
    k_TxK = rotate(jnp.broadcast_to(k_K, (1, T, 1, K)), angles_TxK2)[0, :, 0]
    scores_TxT = np.asarray(q_TxK @ k_TxK.T)
    for distance in (0, 1, 5, 17):
        diagonal = np.diagonal(scores_TxT, -distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-4)
    assert abs(scores_TxT[5, 0] - scores_TxT[9, 0]) > 1e-3


def test_rotation_keeps_lengths_and_leaves_the_first_position() -> None:
    x_BxTxHxK = jax.random.normal(jax.random.key(0), (2, 10, 3, 8))
    y_BxTxHxK = rotate(x_BxTxHxK, rotary_angles(10, 8, 10_000.0))
    np.testing.assert_allclose(jnp.linalg.norm(y_BxTxHxK, axis=-1), jnp.linalg.norm(x_BxTxHxK, axis=-1), rtol=1e-5)
    np.testing.assert_allclose(y_BxTxHxK[:, 0], x_BxTxHxK[:, 0], atol=1e-6)


def test_neighbouring_channels_turn_together() -> None:
    """The interleaved form: channels 2i and 2i+1 turn by position · base^(−2i/K)."""
    x_BxTxHxK = jnp.zeros((1, 4, 1, 4)).at[..., 2].set(1.0)
    y_BxTxHxK = rotate(x_BxTxHxK, rotary_angles(4, 4, 100.0))
    turned = 3 * 100.0 ** (-2 / 4)
    np.testing.assert_allclose(y_BxTxHxK[0, 3, 0], [0, 0, np.cos(turned), np.sin(turned)], atol=1e-6)


def test_an_end_of_document_starts_the_next_one() -> None:
    ids_BxT = jnp.array([[5, 6, EOS, 7, EOS, EOS, 8], [EOS, 1, 2, 3, 4, 5, EOS]])
    assert document_numbers(ids_BxT, EOS).tolist() == [[0, 0, 1, 1, 2, 3, 3], [1, 1, 1, 1, 1, 1, 2]]
