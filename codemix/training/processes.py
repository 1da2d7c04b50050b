"""Several processes that train together. Process 0 leads: it decides, and alone writes what is not a checkpoint."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

Result = TypeVar("Result")


def is_leader() -> bool:
    return jax.process_index() == 0


def agreed(decisions: Sequence[bool]) -> list[bool]:
    """The leader's decisions, in every process: the disk may change between two processes' looks at it.

    Every process must call it, with as many decisions, and none returns before the leader has called it.
    """
    if jax.process_count() == 1:
        return list(decisions)
    return [bool(d) for d in multihost_utils.broadcast_one_to_all(np.array(decisions, dtype=np.int32))]


def leader_first(action: Callable[[], Result]) -> Result:
    """Does `action` in the leader, and then in the others. Where the leader fails, the others end quietly with it."""
    if is_leader():
        try:
            result = action()
        except BaseException:
            agreed([False])
            raise
        agreed([True])
        return result
    if not agreed([False])[0]:
        raise SystemExit(1)  # the leader has said why
    return action()
