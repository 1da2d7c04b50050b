"""Softmax attention for each kind of device: the same function, the fastest form that the device has."""

import functools

from jax.sharding import Mesh

from codemix.model.kernels.attend import Attend
from codemix.model.kernels.blocks import attend_in_blocks
from codemix.model.kernels.flash import attend_by_flash
from codemix.model.kernels.splash import FOUND, attend_by_splash

__all__ = ["FOUND", "Attend", "attend_in_blocks", "attention_on"]


@functools.cache  # one function for each mesh: what is compiled with it is compiled once
def attention_on(mesh: Mesh) -> Attend:
    """The form for the devices of a mesh: a kernel of Pallas on TPUs (splash) and on NVIDIA's GPUs (flash), XLA's
    products elsewhere."""
    device = mesh.devices.flat[0]
    if device.platform == "tpu":
        return attend_by_splash(mesh)
    if device.platform == "gpu" and "NVIDIA" in device.device_kind:
        return attend_by_flash(mesh)
    return attend_in_blocks
