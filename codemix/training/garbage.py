"""Python's garbage, collected where the loop says: else each host pauses at steps of its own, and all wait for it."""

import contextlib
import gc
from collections.abc import Callable, Iterator

COLLECT_STEPS = 200  # between two collections, where no checkpoint comes first


@contextlib.contextmanager
def collected_by_hand() -> Iterator[Callable[[], object]]:
    """Within it garbage is collected by the function that it yields, and not by itself. What there was before is not
    looked at again until the end, so that a collection takes little."""
    was_automatic, was_frozen = gc.isenabled(), gc.get_freeze_count() > 0
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield gc.collect
    finally:
        if not was_frozen:
            gc.unfreeze()
        if was_automatic:
            gc.enable()


@contextlib.contextmanager
def collected_by_itself() -> Iterator[None]:
    """Inside `collected_by_hand`, for what takes long and is not a step."""
    gc.enable()
    try:
        yield
    finally:
        gc.disable()
        gc.collect()
