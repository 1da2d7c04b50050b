"""A server: an interpreter that waits, warm, in its namespaces, and runs items in its room."""

import gc
import json
import os
import socket
import sys
from typing import Any, NoReturn

from codemix.sandbox import confinement, frames, kernel, seccomp
from codemix.sandbox.isolation import Isolation
from codemix.sandbox.room import Room

_PART = 1 << 18
# imported before the forks, so that no run has to; each costs a fork a little, so that rare ones are left out
_WARM = (
    *("abc", "array", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "dataclasses"),
    *("datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "inspect", "itertools", "json"),
    *("math", "numbers", "operator", "queue", "random", "re", "statistics", "string", "struct", "textwrap"),
    *("threading", "time", "traceback", "types", "typing", "unicodedata"),
)


def _enter(level: str) -> tuple[Isolation, int]:
    """The level, entered; and the descriptor of the pid namespace, or -1.

    Raises:
        OSError: the machine does not allow it.
    """
    root = os.geteuid() == 0
    filtered = seccomp.supported()
    if level == "namespaces":
        space = confinement.enter_namespaces()
        return Isolation(level, filtered=filtered, confined=False, user="another" if root else "own"), space
    if level == "seccomp" and not filtered:
        raise OSError(f"no filter for {kernel.MACHINE}")
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    user = "another" if root and _can_be_read_by_others(confinement.libraries()) else "own"
    only = level == "rlimits"
    return Isolation(level, not only, not only and kernel.landlock_version() > 0, user), -1


def _can_be_read_by_others(paths: list[str]) -> bool:
    for path in paths:
        while path != "/":
            if not os.stat(path).st_mode & 1:
                return False
            path = os.path.dirname(path)
    return True


def _allowed(level: str, bounds: confinement.Bounds, job: dict[str, Any]) -> bool:
    """Tried in a process of its own: entering may end half-way."""
    child = os.fork()
    if not child:
        try:
            isolation, space = _enter(level)
            kernel.gain_no_privileges()
            here, _ = socket.socketpair()
            room = Room(isolation, space, bounds, job, here)
            room.make()
            room.clear()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def main(descriptor: int) -> NoReturn:
    """Serves the socket `descriptor`: the first message has the limits and the levels that are wanted."""
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    job = json.loads(_received(control)[1])
    os.environ.clear()
    sys.path[:] = [path for path in sys.path if path.startswith((sys.base_prefix, sys.prefix)) and os.path.isdir(path)]
    for module in _WARM:
        __import__(module)
    bounds = confinement.Bounds(
        job["cpu_seconds"], _address_space() + job["memory_bytes"], job["processes"], job["file_bytes"]
    )
    level = next((level for level in job["levels"] if _allowed(level, bounds, job)), None)
    if level is None:
        control.sendall(frames.packed(b"{}", b""))
        os._exit(1)
    isolation, space = _enter(level)
    kernel.gain_no_privileges()
    gc.collect()
    gc.freeze()  # what is collected is written to, and copied
    gc.set_threshold(10_000)
    room = Room(isolation, space, bounds, job, control)
    room.make()
    control.sendall(frames.packed(json.dumps(vars(isolation)).encode(), b""))
    try:
        while True:
            told, verdict = room.judged(*_received(control))
            control.sendall(frames.packed(json.dumps(vars(told)).encode(), verdict))
    finally:
        room.clear()
        os._exit(0)


def _received(control: socket.socket) -> tuple[bytes, bytes]:
    """The next message. EOFError when the other end is gone."""
    buffer = bytearray()
    while (message := frames.parts(buffer)) is None:
        part = control.recv(_PART)
        if not part:
            raise EOFError
        buffer += part
    return message
