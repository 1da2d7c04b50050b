"""One writer at a time: a lock that the operating system drops when its owner dies."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def exclusive(path: Path, enabled: bool = True) -> Iterator[None]:
    """Holds the lock file `path`, waiting while another process has it."""
    if not enabled:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
