"""Kernels on a mesh. The compiler knows nothing of a kernel's inside: each device is told to run it on what it has."""

import jax
from jax.sharding import Mesh

from codemix.model.kernels.attend import Attend
from codemix.model.partitioning import spec


def on_each_device(mesh: Mesh, local: Attend) -> Attend:
    """`local`, which is given one device's rows and heads, for all of them."""
    heads = spec("rows", None, "heads", None)
    return jax.shard_map(
        local,
        mesh=mesh,
        in_specs=(heads, heads, heads, spec("rows", None)),
        out_specs=heads,
        check_vma=False,
    )
