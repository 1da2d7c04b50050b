"""Norms, distances and the line between models, beside numpy in float64."""

import dataclasses
from collections.abc import Callable

import jax
import numpy as np
import pytest

from codemix.api import weights
from codemix.api.checkpoint import Checkpoint
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.model.config import Model

Make = Callable[..., Checkpoint]


def by_layer(checkpoint: Checkpoint, layer: int | str) -> np.ndarray:
    """All parameters of a layer, in one vector of float64."""
    arrays = {name: np.asarray(array, np.float64) for name, array in checkpoint.arrays().items()}
    if isinstance(layer, int):
        return np.concatenate([array[layer].ravel() for name, array in arrays.items() if name.startswith("blocks.")])
    return arrays["embedding_VxD" if layer == weights.EMBEDDING else "norm.scale_D"].ravel()


def moved(checkpoint: Checkpoint, seed: int) -> Checkpoint:
    """The same model after random steps, small as training's are."""
    random = np.random.default_rng(seed)
    step = jax.tree.map(lambda leaf: leaf + 0.1 * random.normal(size=leaf.shape).astype(np.float32), checkpoint.params)
    return dataclasses.replace(checkpoint, params=step)


def test_distances_are_those_of_the_layers_as_vectors(make_checkpoint: Make) -> None:
    trunk = make_checkpoint()
    first, second = moved(trunk, 1), moved(trunk, 2)
    found = weights.distances(first, second, trunk).set_index("layer")
    assert list(found.index) == [weights.EMBEDDING, 0, 1, 2, weights.FINAL_NORM]
    for layer, row in found.iterrows():
        a, b, t = (by_layer(checkpoint, layer) for checkpoint in (first, second, trunk))
        norm = np.linalg.norm
        expected = {
            "first_moved": norm(a - t) / norm(t),
            "second_moved": norm(b - t) / norm(t),
            "apart": norm(a - b) / norm(t),
            "cosine": (a - t) @ (b - t) / norm(a - t) / norm(b - t),
        }
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-4, abs=1e-6), (layer, name)


def test_models_that_went_the_same_way(make_checkpoint: Make) -> None:
    trunk = make_checkpoint()
    one = moved(trunk, 1)
    twice = weights.between(trunk, one, 2.0)
    found = weights.distances(one, twice, trunk)
    np.testing.assert_allclose(found["cosine"], 1, atol=1e-5)
    np.testing.assert_allclose(found["second_moved"], 2 * found["first_moved"], rtol=1e-4)
    assert weights.distances(one, trunk, trunk)["cosine"].isna().all()


def test_norms_by_layer(make_checkpoint: Make) -> None:
    checkpoint = make_checkpoint()
    found = weights.norms(checkpoint)
    assert (found["layer"].value_counts().loc[[0, 1, 2]] == 8).all()
    for layer, rows in found.groupby("layer", sort=False):
        vector = by_layer(checkpoint, layer)
        assert (rows["l2"] ** 2).sum() == pytest.approx((vector**2).sum(), rel=1e-5)
        assert rows["size"].sum() == vector.size
    query = found.query("part == 'attention.query' and layer == 1").iloc[0]
    expected = np.asarray(checkpoint.arrays()["blocks.attention.query_DxHxK"])[1]
    assert query["rms"] == pytest.approx(np.sqrt((expected**2).mean()), rel=1e-5)


def test_the_ends_of_the_line_are_the_models_to_the_bit(make_checkpoint: Make) -> None:
    first, second = make_checkpoint(0), make_checkpoint(1)
    for share, end in ((0.0, first), (1.0, second)):
        for a, b in zip(
            jax.tree.leaves(weights.between(first, second, share).params), jax.tree.leaves(end.params), strict=True
        ):
            np.testing.assert_array_equal(a, b)
    evaluation = BitsPerByte(sources=["text", "web_code"], documents=3, batch_rows=4)
    scored = weights.between(first, second, 1.0).scores(evaluation)
    np.testing.assert_array_equal(scored["nll"], second.scores(evaluation)["nll"])
    half = weights.between(first, second, 0.5).arrays()
    for name, array in half.items():
        mean = (np.asarray(first.arrays()[name]) + np.asarray(second.arrays()[name])) / 2
        np.testing.assert_allclose(array, mean, atol=1e-7)


def test_models_of_other_shapes_are_told(make_checkpoint: Make) -> None:
    other = make_checkpoint(config=Model(layers=1, width=16, heads=2, feed_forward=24, context=16, loss_chunk=8))
    with pytest.raises(UserError, match="other shapes; compare models of one Scale"):
        weights.between(make_checkpoint(), other, 0.5)


def test_parameters_and_what_a_device_of_a_pod_would_hold(make_checkpoint: Make) -> None:
    checkpoint = make_checkpoint()
    table = weights.parameter_table(checkpoint).set_index("parameter")
    assert table["size"].sum() == sum(leaf.size for leaf in jax.tree.leaves(checkpoint.params))
    assert table.loc["blocks.feed_forward.down_FxD", "split by"] == "–, tensor, fsdp"
    assert (table["on a device"] == table["shape"]).all()
    on_pod = weights.parameter_table(checkpoint, {"fsdp": 4, "tensor": 2}).set_index("parameter")
    assert on_pod.loc["blocks.feed_forward.down_FxD", "on a device"] == "3 × 12 × 4"
    with pytest.raises(UserError, match="does not divide over it"):
        weights.parameter_table(checkpoint, {"fsdp": 5})
