"""One writer at a time."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from codemix.store.lease import Holder, Lease, holder, try_lease

POLL_SECONDS = 0.5


@contextlib.contextmanager
def exclusive(folder: Path, waiting: Callable[[Holder], None] = lambda holder: None) -> Iterator[Lease]:
    """Holds the lease that `folder` keeps, once no other process does; each that has to be waited for is told to
    `waiting` once."""
    told = None
    while (lease := try_lease(folder)) is None:
        other = holder(folder)
        if other is not None and other.holds and other.owner != told:
            told = other.owner
            waiting(other)
        time.sleep(POLL_SECONDS)
    try:
        yield lease
    finally:
        lease.release()
