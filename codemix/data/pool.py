"""A pool of worker processes that import only what their work needs, and never outlive their parent."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol, TypeVar

from codemix.errors import UserError

Result = TypeVar("Result")


def default_workers() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool(Protocol):
    """Whatever runs a function on many inputs: processes here, or machines under Beam."""

    def map_in_order(
        self, function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]
    ) -> Generator[Result, None, None]: ...


class Workers:
    """Spawned processes: they share no memory with the parent, and import neither TensorFlow nor what it imported."""

    def __init__(self, executor: ProcessPoolExecutor, count: int):
        self._executor = executor
        self._count = count

    def map_in_order(
        self, function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]
    ) -> Generator[Result, None, None]:
        """The results of `function(*call)`, in the order of the calls, a few calls ahead of the consumer.

        A consumer that has enough closes the iterator: no call is running then.
        Raises UserError if a worker is killed, as for want of memory.
        """
        waiting: deque[Future[Result]] = deque()
        iterator = iter(calls)
        try:
            while True:
                while len(waiting) < self._count + 1 and (call := next(iterator, None)) is not None:
                    waiting.append(self._executor.submit(function, *call))
                if not waiting:
                    return
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise UserError(
                "prepare: a worker process was killed, most often for want of memory; "
                "give the command fewer workers, and it continues where it stopped."
            ) from None
        finally:
            for future in waiting:
                future.cancel()
            wait(waiting)


@contextlib.contextmanager
def worker_pool(count: int | None = None) -> Iterator[Workers]:
    """`count` worker processes, by default one for each core."""
    count = count or default_workers()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_exit_with_parent) as executor:
        yield Workers(executor, count)


def _exit_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and decides
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
