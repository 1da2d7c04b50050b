"""Several processes that train together. Process 0 leads: it decides, and alone writes what is not a checkpoint."""

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import jax
import numpy as np
from jax._src import distributed  # whose client is the only way to tell a process something without its devices
from jax.sharding import NamedSharding

Result = TypeVar("Result")

_FAILED = "failed"
_LOOK_SECONDS = 5  # after which who waits for the leader hears a signal
_CHOICES = itertools.count()  # alike in all processes: each chooses as often
_MEETINGS = itertools.count()
_MEETING_SECONDS = 24 * 3600


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

    Every process must call it, and none returns before the leader has chosen, however long that takes; the devices are
    not waited for. Where the leader fails, the others end quietly with it.
    """
    if not are_several():
        return choose()
    client, key = _client(), f"codemix/chosen/{next(_CHOICES)}"
    if is_leader():
        told = _FAILED
        try:
            told = str(int(choose()))
        finally:
            client.key_value_set(key, told)
    else:
        told = _wait_for(client, key)
    if told == _FAILED:
        raise SystemExit(1)  # the leader has said why
    return int(told)


def _client() -> Any:
    return distributed.global_state.client


def _wait_for(client: Any, key: str) -> str:
    while True:
        try:
            return client.blocking_key_value_get(key, 1000 * _LOOK_SECONDS)
        except jax.errors.JaxRuntimeError as error:
            if "DEADLINE_EXCEEDED" not in str(error):
                raise


def meet() -> None:
    """Returns when every process has come here: whoever computes first waits for the others half a minute at most,
    where they are connected by CPUs."""
    if are_several():
        _client().wait_at_barrier(f"codemix/meeting/{next(_MEETINGS)}", 1000 * _MEETING_SECONDS)


@contextlib.contextmanager
def led(context: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
    """Inside a context that the leader alone enters: the others go on once it has, and leave when they are through."""
    with contextlib.ExitStack() as stack:
        by_leader(lambda: stack.enter_context(context()))
        yield


def by_leader(action: Callable[[], object]) -> None:
    """Does `action` in the leader, for whose end the others wait. Where it fails, they end quietly with it."""

    def act() -> int:
        action()
        return 0

    chosen(act)


def leader_first(action: Callable[[], Result]) -> Result:
    """Does `action` in the leader, and then in the others. Where the leader fails, the others end quietly with it."""
    results: list[Result] = []
    by_leader(lambda: results.append(action()))
    return results[0] if results else action()
