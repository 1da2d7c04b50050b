"""Several processes that train together. Process 0 leads: it decides, and alone writes what is not a checkpoint."""

from collections.abc import Callable
from typing import TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

Result = TypeVar("Result")

_FAILED = -(2**31)


def is_leader() -> bool:
    return jax.process_index() == 0


def chosen(choose: Callable[[], int]) -> int:
    """The number that `choose` gives in the leader, in every process: the disk may change between two looks at it.

    Every process must call it, and none returns before the leader has. Where the leader fails, the others end quietly
    with it.
    """
    if jax.process_count() == 1:
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
