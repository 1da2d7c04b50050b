"""One table: logical axes of tensors -> axes of the device mesh."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import jax
from flax import nnx
from jax.nn.initializers import Initializer
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import codemix.model.libtpu_quietly  # noqa: F401  (before the devices of a mesh are looked for)
from codemix.errors import UserError
from codemix.model.config import MeshAxis

MESH_AXES: tuple[MeshAxis, ...] = get_args(MeshAxis)

RULES: dict[str, tuple[str, ...]] = {
    "rows": ("data", "fsdp"),  # B: every device of these axes takes its part of the batch
    "layers": (),
    "embed": ("fsdp",),  # D of the weights: gathered when it is used
    "vocab": ("tensor",),
    "logits": ("tensor", "fsdp"),  # V of the loss: devices that gather weights make the logits of each other's rows
    "heads": ("tensor",),
    "head": (),
    "feed_forward": ("tensor",),
}


def make_mesh(shape: Mapping[MeshAxis, int], of: Sequence[Any] | None = None) -> Mesh:
    """The mesh of devices, by default of those that are here; `shape` gives the size of every axis of `MESH_AXES`, -1
    for whatever devices are left."""
    sizes = [shape.get(axis, 1) for axis in MESH_AXES]
    devices = jax.device_count() if of is None else len(of)
    fixed = 1
    for size in sizes:
        fixed *= 1 if size == -1 else size
    if unknown := set(shape) - set(MESH_AXES):
        raise UserError(f"Hardware.mesh names the axis '{unknown.pop()}'; the axes are {', '.join(MESH_AXES)}.")
    if sizes.count(-1) > 1 or any(size < 1 and size != -1 for size in sizes):
        raise UserError(f"Hardware.mesh is {dict(shape)}; give sizes ≥ 1, and -1 for one axis at most.")
    sizes = [devices // fixed if size == -1 else size for size in sizes]
    if sizes[0] * sizes[1] * sizes[2] != devices:
        raise UserError(
            f"Hardware.mesh {dict(shape)} does not fit {devices} devices; change a size or give -1 for one."
        )
    try:
        return jax.make_mesh(tuple(sizes), MESH_AXES, axis_types=(jax.sharding.AxisType.Auto,) * 3, devices=of)
    except NotImplementedError as error:  # TPUs are the nodes of a torus
        raise UserError(
            f"Hardware.mesh {dict(shape)} cuts across the sides of the {devices} chips' torus; give axes whose sizes "
            "are products of its sides."
        ) from error


def parameter(init: Initializer, rngs: nnx.Rngs, shape: tuple[int, ...], axes: tuple[str, ...]) -> nnx.Param:
    """A float32 parameter whose dimensions have these logical axes. It is laid out by whoever makes the model, under
    jit, and not eagerly by flax."""
    return nnx.Param(init(rngs.params(), shape), out_sharding=axes, eager_sharding=False)


def spec(*logical: str | None) -> PartitionSpec:
    """The mesh axes of a tensor whose dimensions have these logical axes (None: not named, not split)."""
    return PartitionSpec(*(RULES[axis] if axis else None for axis in logical))


def sharding(mesh: Mesh, *logical: str | None) -> NamedSharding:
    return NamedSharding(mesh, spec(*logical))


def state_shardings(state: Any, mesh: Mesh) -> Any:
    """The sharding of every array of a tree of nnx variables, from the logical axes in their metadata."""

    def of(leaf: Any) -> Any:
        if not isinstance(leaf, nnx.Variable):
            return NamedSharding(mesh, PartitionSpec())
        return leaf.replace(sharding(mesh, *(leaf.get_metadata().get("out_sharding") or ())))

    return jax.tree.map(of, state, is_leaf=lambda leaf: isinstance(leaf, nnx.Variable))
