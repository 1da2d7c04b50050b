"""The attention weights beside a model in float64 that is written down plainly."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
from flax import nnx

from codemix.api.attention import attention_weights, layer_attention
from codemix.api.checkpoint import Checkpoint
from codemix.errors import UserError

EPSILON, BASE = 1e-5, 10_000.0


def norm(x_TxD: np.ndarray, scale_D: np.ndarray) -> np.ndarray:
    centred = x_TxD - x_TxD.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + EPSILON) * scale_D


def rotated(x_TxHxK: np.ndarray) -> np.ndarray:
    """Each pair of channels as a complex number, turned by position × frequency."""
    T, _, K = x_TxHxK.shape
    pairs = x_TxHxK[..., 0::2] + 1j * x_TxHxK[..., 1::2]
    turned = pairs * np.exp(1j * np.arange(T)[:, None, None] * BASE ** (-np.arange(0, K, 2) / K))
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x_TxHxK.shape)


def reference(checkpoint: Checkpoint, ids: np.ndarray, eos: int) -> list[np.ndarray]:
    """The weights (H, T, T) of every layer, in float64."""
    p = {name: np.asarray(array, dtype=np.float64) for name, array in checkpoint.arrays().items()}
    x, found = p["embedding_VxD"][ids], []
    document = np.cumsum(ids == eos)
    seen = (document[:, None] == document) & (np.arange(len(ids))[:, None] >= np.arange(len(ids)))
    for layer in range(checkpoint.config.layers):
        b = {name.removeprefix("blocks."): array[layer] for name, array in p.items() if name.startswith("blocks.")}
        y = norm(x, b["norm.scale_D"])
        q = rotated(np.einsum("td,dhk->thk", y, b["attention.query_DxHxK"]))
        k = rotated(np.einsum("td,dgk->tgk", y, b["attention.key_DxGxK"]))
        v = np.einsum("td,dgk->tgk", y, b["attention.value_DxGxK"])
        H, K = q.shape[1:]
        group = np.arange(H) // (H // k.shape[1])
        scores = np.exp(np.einsum("thk,shk->hts", q, k[:, group]) / np.sqrt(K)) * seen
        found.append(scores / scores.sum(axis=-1, keepdims=True))
        attended = np.einsum("hts,shk,hkd->td", found[-1], v[:, group], b["attention.out_HxKxD"])
        gate = y @ b["feed_forward.gate_DxF"]
        fed = (gate / (1 + np.exp(-gate)) * (y @ b["feed_forward.up_DxF"])) @ b["feed_forward.down_FxD"]
        x = x + attended + fed
    return found


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_weights_are_those_of_the_model_in_float64(make_checkpoint: Callable[..., Checkpoint], layer: int) -> None:
    """Rows of fresh random tokens, with an end of document among them. Float32: 1e-5 of weights up to 1."""
    checkpoint = make_checkpoint(seed=int(np.random.default_rng().integers(1000)))
    model = nnx.merge(checkpoint.graph, checkpoint.params)
    ids_BxT = np.random.default_rng().integers(0, 256, (2, 13))
    ids_BxT[:, 0], ids_BxT[1, 6] = model.eos, model.eos
    found = np.asarray(nnx.jit(layer_attention)(model, jax.numpy.asarray(ids_BxT), layer))
    for weights_HxTxT, ids in zip(found, ids_BxT, strict=True):
        np.testing.assert_allclose(weights_HxTxT, reference(checkpoint, ids, model.eos)[layer], atol=1e-5)


def test_of_a_text_every_row_sums_to_one_and_sees_nothing_after(make_checkpoint: Callable[..., Checkpoint]) -> None:
    found = attention_weights(make_checkpoint(), "def f(x): return x and more than fits", layer=-1)
    assert found.pieces[:3] == ["", "def", " "]
    assert found.weights_HxTxT.shape == (4, 16, 16)
    np.testing.assert_allclose(found.weights_HxTxT.sum(axis=-1), 1, atol=1e-6)
    assert np.triu(found.weights_HxTxT, k=1).max() == 0
    np.testing.assert_array_equal(
        found.weights_HxTxT, attention_weights(make_checkpoint(), "def f(x): return x and", 2).weights_HxTxT
    )


def test_a_layer_that_is_not_there(make_checkpoint: Callable[..., Checkpoint]) -> None:
    with pytest.raises(UserError, match="the model has 3; give 0 to 2"):
        attention_weights(make_checkpoint(), "x", 3)
