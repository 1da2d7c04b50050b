"""The parameters of a checkpoint: sizes and sharding, norms, how far two models are apart, the line between them.

Parameters of the blocks are told layer by layer: they are kept in one array, whose first axis is that of the layers.
"""

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import pandas as pd
from jax.sharding import AbstractMesh, NamedSharding

from codemix.api.checkpoint import Checkpoint
from codemix.errors import UserError
from codemix.model.config import MeshAxis
from codemix.model.partitioning import MESH_AXES

_BLOCKS = "blocks."
EMBEDDING, FINAL_NORM = "embedding", "final norm"


def parameter_table(checkpoint: Checkpoint, mesh: Mapping[MeshAxis, int] | None = None) -> pd.DataFrame:
    """A row per parameter: name, shape, size, the mesh axis that splits each of its axes, and what one device holds.

    Args:
        checkpoint: whose parameters.
        mesh: sizes of a mesh's axes, such as those of a pod; by default those of the checkpoint's own.

    Raises:
        UserError: a parameter does not divide over such a mesh.
    """
    sizes = dict(checkpoint.mesh.shape) if mesh is None else {axis: mesh.get(axis, 1) for axis in MESH_AXES}
    on = AbstractMesh(tuple(sizes[axis] for axis in MESH_AXES), MESH_AXES)
    rows = []
    for name, array in checkpoint.arrays().items():
        spec = array.sharding.spec  # type: ignore[attr-defined]  # all are laid out by name
        try:
            shape = NamedSharding(on, spec).shard_shape(array.shape)
        except ValueError:
            raise UserError(f"mesh {sizes}: {name} {array.shape} does not divide over it; give other sizes.") from None
        rows.append(
            {
                "parameter": name,
                "shape": " × ".join(map(str, array.shape)),
                "size": array.size,
                "split by": ", ".join(str(axis) if axis else "–" for axis in spec),
                "on a device": " × ".join(map(str, shape)),
            }
        )
    return pd.DataFrame(rows)


def norms(checkpoint: Checkpoint) -> pd.DataFrame:
    """A row per parameter and layer: layer, part, size, l2 (the norm), rms (that of a single weight)."""
    arrays = checkpoint.arrays()
    frame = _of_layers({name: _products(array, array) for name, array in arrays.items()})
    size = frame["name"].map({name: array.size for name, array in arrays.items()}) // frame["layers"]
    l2 = frame["value"] ** 0.5
    return frame.assign(size=size, l2=l2, rms=l2 / size**0.5)[["layer", "part", "size", "l2", "rms"]]


def distances(first: Checkpoint, second: Checkpoint, trunk: Checkpoint) -> pd.DataFrame:
    """How far two models moved from the state they share, and apart. A row per layer, the embedding and the final norm.

    Args:
        first, second: the two.
        trunk: what both started from.

    Returns:
        layer; first_moved and second_moved, ‖a − t‖ / ‖t‖ and ‖b − t‖ / ‖t‖; apart, ‖a − b‖ / ‖t‖; and cosine, that of
        the angle between the two movements: 1 where both went the same way, NaN where one did not move.

    Raises:
        UserError: the three are not of one shape.
    """
    _check_alike(first, second, trunk)
    a, b, t = first.arrays(), second.arrays(), trunk.arrays()
    sums = {name: _movements(a[name], b[name], t[name]) for name in t}
    parts = [_of_layers({name: row[number] for name, row in sums.items()}) for number in range(5)]
    aa, bb, ab, between, tt = (part.groupby("layer", sort=False)["value"].sum() for part in parts)
    frame = pd.DataFrame(
        {
            "first_moved": (aa / tt) ** 0.5,
            "second_moved": (bb / tt) ** 0.5,
            "apart": (between / tt) ** 0.5,
            "cosine": ab / (aa * bb) ** 0.5,
        }
    )
    return frame.reset_index()


def between(first: Checkpoint, second: Checkpoint, share: float) -> Checkpoint:
    """The model on the line between two: (1 − share)·first + share·second; 0 is the first, 1 the second.

    Raises:
        UserError: the two are not of one shape.
    """
    _check_alike(first, second)
    params = jax.tree.map(lambda a, b: (1 - share) * a + share * b, first.params, second.params)
    label = f"{1 - share:.0%} of ({first.label}) and {share:.0%} of ({second.label})"
    return dataclasses.replace(first, params=params, label=label)


def _check_alike(*checkpoints: Checkpoint) -> None:
    shapes = [{name: array.shape for name, array in found.arrays().items()} for found in checkpoints]
    for found, shape in zip(checkpoints, shapes, strict=True):
        if shape != shapes[0]:
            raise UserError(f"{found.label} and {checkpoints[0].label} have other shapes; compare models of one Scale.")


@jax.jit
def _products(a: jax.Array, b: jax.Array) -> jax.Array:
    """Σ a·b over all axes but the first, float32."""
    return (a * b).reshape(a.shape[0], -1).sum(axis=1)


@jax.jit
def _movements(a: jax.Array, b: jax.Array, t: jax.Array) -> list[jax.Array]:
    moved_a, moved_b, apart = a - t, b - t, a - b
    pairs = ((moved_a, moved_a), (moved_b, moved_b), (moved_a, moved_b), (apart, apart), (t, t))
    return [_products(*pair) for pair in pairs]


def _of_layers(sums: Mapping[str, jax.Array]) -> pd.DataFrame:
    """Sums over the first axis of every parameter → a row per layer and part, in the model's order."""
    rows = []
    for name, summed in sums.items():
        in_blocks = name.startswith(_BLOCKS)
        values = summed.tolist() if in_blocks else [float(jnp.sum(summed))]
        layers = range(len(values)) if in_blocks else [_outside(name)]
        part = name.removeprefix(_BLOCKS).rpartition("_")[0]
        rows += [
            {"name": name, "layers": len(values), "layer": layer, "part": part, "value": value}
            for layer, value in zip(layers, values, strict=True)
        ]
    frame = pd.DataFrame(rows)
    place = {EMBEDDING: -1, FINAL_NORM: float("inf")}
    order = frame["layer"].map(lambda layer: place.get(layer, layer)).sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _outside(name: str) -> str:
    return EMBEDDING if name.startswith("embedding") else FINAL_NORM
