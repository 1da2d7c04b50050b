"""Several processes that train together. Process 0 leads: it decides, and alone writes what is not a checkpoint."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import NamedSharding

Result = TypeVar("Result")

_FAILED = -(2**31)


def are_several() -> bool:
    """Whether this process trains with others. Where it is alone, JAX is not made to look for devices."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def is_leader() -> bool:
    return not are_several() or jax.process_index() == 0


@dataclasses.dataclass(frozen=True)
class HostRows:
    """The rows of every global batch that this host's devices hold, and that it therefore reads.

    Attributes:
        rows: their numbers, ascending; on a TPU pod they need not be neighbours.
        counted: (rows,) bool: whether no process before this one holds the row, too.
    """

    rows: tuple[int, ...]
    counted: np.ndarray


def host_rows(sharding: NamedSharding, batch_rows: int, process: int) -> HostRows:
    """What process `process` reads of batches of so many rows, whose first dimension is laid out so."""
    held: dict[int, set[int]] = {}
    device: Any
    for device, index in sharding.devices_indices_map((batch_rows,) + (1,) * (len(sharding.spec) - 1)).items():
        held.setdefault(device.process_index, set()).update(range(*index[0].indices(batch_rows)))
    before = set().union(*(rows for other, rows in held.items() if other < process))
    mine = tuple(sorted(held[process]))
    return HostRows(mine, np.array([row not in before for row in mine]))


def chosen(choose: Callable[[], int]) -> int:
    """The number that `choose` gives in the leader, in every process: the disk may change between two looks at it.

    Every process must call it, and none returns before the leader has. Where the leader fails, the others end quietly
    with it.
    """
    if not are_several():
        return choose()
    number = _FAILED
    try:
        number = choose() if is_leader() else 0
    finally:
        told = int(multihost_utils.broadcast_one_to_all(np.array(number, dtype=np.int32)))
    if told == _FAILED:
        raise SystemExit(1)  # the leader has said why
    return told


def leader_first(action: Callable[[], Result]) -> Result:
    """Does `action` in the leader, and then in the others. Where the leader fails, the others end quietly with it."""
    results: list[Result] = []

    def act() -> int:
        results.append(action())
        return 0

    chosen(act)
    return results[0] if results else action()
