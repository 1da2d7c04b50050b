"""Decoding with a cache beside reading everything again."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.model.config import Model
from codemix.model.decoding import apart, extend, next_logits, prefill
from codemix.model.transformer import Transformer

EOS, VOCAB = 0, 50


@pytest.mark.parametrize("kv_heads", [None, 1])
def test_every_step_is_what_reading_it_all_again_gives(
    make_model: Callable[..., Transformer], kv_heads: int | None
) -> None:
    """Prompts of three lengths in one batch, one of which ends in the middle and begins anew: at every step the logits
    are those of each row alone, without its padding, read from its start. Float32: 1e-5 of logits of order 1."""
    model = make_model(kv_heads=kv_heads)
    random = np.random.default_rng(0)
    lengths, steps, P = [9, 4, 1], 6, 9  # each begins with the end of a document, as in training
    rows = [random.integers(1, VOCAB, length + steps) for length in lengths]
    for ids in rows:
        ids[0] = EOS
    rows[1][lengths[1] + 2] = EOS
    prompts = np.full((3, P), EOS)
    for row, (ids, length) in enumerate(zip(rows, lengths, strict=True)):
        prompts[row, P - length :] = ids[:length]

    hidden_BxD, cache = nnx.jit(prefill, static_argnums=2)(model, jnp.asarray(prompts), P + steps)
    logits, whole = nnx.jit(next_logits), nnx.jit(lambda m, ids: m(ids)[:, -1])
    advance = nnx.jit(lambda m, cache, ids: extend(m, apart(m), cache, ids))
    for step in range(steps + 1):
        found_BxV = logits(model, hidden_BxD)
        for row, (ids, length) in enumerate(zip(rows, lengths, strict=True)):
            alone_1xD = whole(model, jnp.asarray(ids[None, : length + step]))
            np.testing.assert_allclose(found_BxV[row], logits(model, alone_1xD)[0], atol=1e-5)
        if step < steps:
            following = jnp.asarray([ids[length + step] for ids, length in zip(rows, lengths, strict=True)])
            hidden_BxD, cache = advance(model, cache, following)
    assert int(cache.length) == P + steps


def test_bfloat16_stays_near_float32() -> None:
    """Eight bits of a number are kept: logits of order 1 move by some hundredths."""
    config = Model(layers=2, width=16, heads=2, feed_forward=24, context=16, loss_chunk=8)
    ids_BxT = jax.random.randint(jax.random.key(0), (2, 12), 1, VOCAB)

    def last(dtype: jnp.dtype) -> jax.Array:
        model = Transformer(config, VOCAB, EOS, dtype, nnx.Rngs(0))
        _, cache = prefill(model, ids_BxT[:, :-1], 12)
        assert cache.keys_BxGxSxK[0].dtype == dtype
        hidden_BxD, _ = extend(model, apart(model), cache, ids_BxT[:, -1])
        return next_logits(model, hidden_BxD)

    exact, near = (nnx.jit(last, static_argnums=0)(jnp.dtype(name)) for name in ("float32", "bfloat16"))
    np.testing.assert_allclose(near, exact, atol=0.06)
    assert float(jnp.abs(near - exact).max()) > 0
