"""Being asked to stop: by SIGTERM, as schedulers do and the notice of a preemption, or by SIGINT, as people do.

Training stops at the next step boundary, once its state is saved. Everything else stops at once: what it leaves behind
is whole or absent in any case.
"""

import contextlib
import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

STOPPED = 75  # exit status, EX_TEMPFAIL: the same command goes on from where this one stopped
INTERRUPTED = 130  # the same, after SIGINT

_asked: int | None = None  # the signal that came first
_at_boundaries = False
_boundaries = itertools.count()


class Stopped(BaseException):
    """The process was asked to stop, and has nothing left to save."""

    def __init__(self, signal_number: int):
        super().__init__(signal.Signals(signal_number).name)
        self.status = INTERRUPTED if signal_number == signal.SIGINT else STOPPED


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Within it SIGTERM and SIGINT raise Stopped in the main thread, or are heard at the next step boundary.

    A library may make another error of it: whatever comes out after a signal is Stopped.
    """
    global _asked
    before = {number: signal.signal(number, _hear) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except Exception as error:
        if _asked is None:
            raise
        raise Stopped(_asked) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked = None


@contextlib.contextmanager
def at_boundaries() -> Iterator[Callable[[], bool]]:
    """Within it, signals are only noted. Yields a function to call at every step boundary: whether to stop there.

    Where several processes train together, all are told to stop at the same boundary; each must call it as often.
    A second SIGTERM changes nothing; a second SIGINT stops at once, and what was not saved is computed again.
    Raises Stopped at its end if a signal came; one inside another leaves that to the outer.
    """
    global _at_boundaries
    heard, inside = False, _at_boundaries

    def asked() -> bool:
        nonlocal heard
        heard = heard or _asked_in_any_process()
        return heard

    _at_boundaries = True
    try:
        yield asked
    finally:
        _at_boundaries = inside
    if not inside and (heard or _asked is not None):
        raise Stopped(_asked or signal.SIGTERM)


def _asked_in_any_process() -> bool:
    if not _several_processes():
        return _asked is not None
    from jax.experimental import multihost_utils

    return multihost_utils.reached_preemption_sync_point(next(_boundaries))


def _hear(number: int, frame: FrameType | None) -> None:
    global _asked
    in_a_hurry = number == _asked == signal.SIGINT
    _asked = _asked or number
    if not _at_boundaries or in_a_hurry:
        for worker in multiprocessing.active_children():
            worker.terminate()  # else the pool would wait for the end of what they do
        raise Stopped(number)
    if number == signal.SIGINT and _several_processes():
        os.kill(os.getpid(), signal.SIGTERM)  # which JAX hears in its own handler, and tells the other processes


def _several_processes() -> bool:
    from codemix.training.processes import are_several

    return are_several()
