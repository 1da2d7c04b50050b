"""Softmax attention for each kind of device: the same function, the fastest form that the device has."""

import functools
from typing import Protocol

import jax
from jax.sharding import Mesh

from codemix.model.kernels.blocks import attend_in_blocks
from codemix.model.kernels.splash import FOUND, attend_by_splash

__all__ = ["FOUND", "Attend", "attend_in_blocks", "attention_on"]


class Attend(Protocol):
    """Attention of each position to itself and the earlier ones of its own document."""

    def __call__(
        self, q_BxTxHxK: jax.Array, k_BxTxGxK: jax.Array, v_BxTxGxK: jax.Array, document_BxT: jax.Array
    ) -> jax.Array:
        """Shape (B, T, H, K), of the queries' type. Each of G heads of keys and values serves H / G heads of queries,
        neighbours; documents are numbered in the order of a row's positions."""
        ...


@functools.cache  # one function for each mesh: what is compiled with it is compiled once
def attention_on(mesh: Mesh) -> Attend:
    """The form for the devices of a mesh: Pallas' splash kernel on TPUs, XLA's products elsewhere."""
    if mesh.devices.flat[0].platform == "tpu":
        return attend_by_splash(mesh)
    return attend_in_blocks
