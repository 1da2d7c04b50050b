"""Ending every process below this one, and what those used."""

import contextlib
import os
import signal
from collections.abc import Iterable
from typing import NamedTuple


class Ended(NamedTuple):
    """A process that was waited for: its exit code, negative for a signal; CPU seconds, of what it waited for too."""

    code: int
    cpu_seconds: float


def waited_for(process: int, options: int = 0) -> tuple[int, Ended]:
    """What `os.wait4` tells; the process is 0 with WNOHANG when none has ended."""
    found, status, usage = os.wait4(process, options)
    return found, Ended(os.waitstatus_to_exitcode(status) if found else 0, usage.ru_utime + usage.ru_stime)


def end_all_below(first: bool, known: Iterable[int] = ()) -> dict[int, Ended]:
    """Kills every process below this one, and waits for each: there is none when this returns.

    Args:
        first: this process is the first of its pid namespace. Otherwise it is a subreaper.
        known: its children. Not used where it is the first.
    """
    ended: dict[int, Ended] = {}
    while True:
        if first:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            # as a rule the known ones are all; to find others is dearer
            for process in known or _descendants():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
        try:
            process, how = waited_for(-1)
            while process:
                ended[process] = how
                process, how = waited_for(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        known = ()


def _descendants() -> list[int]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(name))
    found, left = [], [os.getpid()]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found
