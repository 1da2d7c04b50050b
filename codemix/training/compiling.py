"""The training step compiled for devices that are not here: whether it fits, and what it sends between them.

libtpu holds the compiler that a TPU pod runs, and compiles for a named topology on any machine.
"""

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import topologies

from codemix.errors import UserError
from codemix.training.collectives import Collective, collectives_of
from codemix.training.step import Trainer, TrainState


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What the compiler says of a training step, for one device.

    Attributes:
        devices: how many there are.
        kind: what they call themselves.
        seconds: that compiling took.
        parameters, optimizer, batch: bytes of the step's arguments; the new state takes the old one's place. With the
            batch counts what the devices' layout adds to the others.
        temporaries: bytes of activations, gradients and buffers, at their peak.
        program: bytes of the program itself.
        collectives: by kind.
    """

    devices: int
    kind: str
    seconds: float
    parameters: int
    optimizer: int
    batch: int
    temporaries: int
    program: int
    collectives: Mapping[str, Collective]

    @property
    def bytes(self) -> int:
        """That one device needs."""
        return self.parameters + self.optimizer + self.batch + self.temporaries + self.program


def topology_devices(name: str) -> list[Any]:
    """The devices of a TPU topology, such as "v5e:4x4": 4 × 4 chips of v5e.

    Raises:
        UserError: libtpu is not installed, or knows no such topology.
    """
    try:
        return list(topologies.get_topology_desc(platform="tpu", topology_name=name).devices)
    except Exception as error:
        try:
            import libtpu  # noqa: F401
        except ImportError:
            mend = "it takes libtpu, which is not installed; install codemix[tpu]"
        else:
            mend = f"libtpu knows no such topology ({str(error).splitlines()[0]}); give one such as v5e:4x4"
        raise UserError(f"Hardware.topology '{name}' cannot be compiled for: {mend}.") from error


def lowered_step(trainer: Trainer, batch_rows: int, context: int) -> jax.stages.Lowered:
    """The trainer's step, for the devices of its mesh, before it is compiled. Nothing is allocated on them."""
    rows = jax.ShapeDtypeStruct((batch_rows, context + 1), jnp.uint32)
    predicted = jax.ShapeDtypeStruct((batch_rows, context), jnp.bool_)
    return trainer.step.lower(_abstract_state(trainer), rows, predicted, jax.ShapeDtypeStruct((), jnp.float32))


def compile_step(trainer: Trainer, batch_rows: int, context: int) -> Compiled:
    """Compiles the trainer's step for the devices of its mesh, and tells what the compiler says of it.

    Raises:
        UserError: it does not fit the devices' memory.
    """
    lowered = lowered_step(trainer, batch_rows, context)
    devices = trainer.mesh.devices
    began = time.perf_counter()
    try:
        compiled = lowered.compile()
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        first = str(error).splitlines()[0].partition("RESOURCE_EXHAUSTED:")[2].strip()
        raise UserError(
            f"The step does not fit the memory of a {devices.flat[0].device_kind} ({first}); lower "
            "Hardware.rows_at_once, or give Hardware.remat = 'full'."
        ) from error
    memory, program, state = compiled.memory_analysis(), compiled.as_text(), _abstract_state(trainer)
    if memory is None or program is None:
        raise UserError(
            f"The compiler for {devices.flat[0].platform} tells no memory; name a TPU topology as Hardware.topology."
        )
    parameters, optimizer = _bytes_on_one(state.params), _bytes_on_one(state.optimizer)
    return Compiled(
        devices=devices.size,
        kind=devices.flat[0].device_kind,
        seconds=time.perf_counter() - began,
        parameters=parameters,
        optimizer=optimizer,
        batch=max(0, memory.argument_size_in_bytes - parameters - optimizer),
        temporaries=memory.temp_size_in_bytes,
        program=memory.generated_code_size_in_bytes,
        collectives=collectives_of(program),
    )


def _abstract_state(trainer: Trainer) -> TrainState:
    return jax.tree.map(
        lambda leaf, sharding: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
        jax.eval_shape(trainer.init, jax.random.key(0)),
        trainer.shardings,
    )


def _bytes_on_one(tree: Any) -> int:
    """Of an abstract tree's arrays, what one device holds."""
    return sum(
        math.prod(leaf.sharding.shard_shape(leaf.shape)) * np.dtype(leaf.dtype).itemsize
        for leaf in jax.tree.leaves(tree)
    )
