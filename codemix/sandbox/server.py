"""A server: an interpreter that waits, warm, in its room, and forks a judge and a guest for each program."""

import contextlib
import dataclasses
import gc
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any, NoReturn

from codemix.sandbox import channel, guest, judge, kernel, room, seccomp
from codemix.sandbox.isolation import Isolation

# imported before the forks, so that no run has to
_WARM = (
    *("abc", "array", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "dataclasses"),
    *("datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "inspect", "itertools", "json"),
    *("math", "numbers", "operator", "queue", "random", "re", "statistics", "string", "struct", "textwrap"),
    *("threading", "time", "traceback", "types", "typing", "unicodedata", "uuid", "zoneinfo"),
)


class Server:
    def __init__(
        self, control: socket.socket, isolation: Isolation, space: int, bounds: room.Bounds, job: dict[str, Any]
    ) -> None:
        self._control = control
        self._isolation = isolation
        self._space = space
        self._bounds = bounds
        self._counted = -1.0
        self._cpu_seconds = job["cpu_seconds"]
        self._wall_seconds = job["wall_seconds"]
        self._output_bytes = job["output_bytes"]
        another = isolation.user == "another"
        self._judge_user = room.JUDGE_USER if another else None
        self._guest_user = room.GUEST_USER if another else None

    def serve(self) -> None:
        """A run for each message, until the other end is closed."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._control, 16, 2)
            if not message:
                return
            self._control.sendall(json.dumps(self._run(*descriptors)).encode() + b"\n")

    def _run(self, request: int, reply: int) -> dict[str, Any]:
        scratch = None
        if self._isolation.level == "namespaces":
            kernel.unshare(kernel.NEWPID)
        else:
            scratch = tempfile.mkdtemp(prefix="codemix-scratch-")
            if self._guest_user is not None:
                os.chown(scratch, self._guest_user, self._guest_user)
            self._count_others()
        start = time.monotonic()
        child = os.fork()
        if not child:
            self._judge(request, reply, scratch)
        os.close(request)
        os.close(reply)
        if self._space >= 0:
            kernel.setns(self._space, kernel.NEWPID)
        limit = self._limit_of(child)
        if limit is not None:
            os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
        if scratch is not None:
            _kill_descendants()
            shutil.rmtree(scratch, ignore_errors=True)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "limit": limit,
            "cpu": usage.ru_utime + usage.ru_stime,
            "wall": time.monotonic() - start,
        }

    def _count_others(self) -> None:
        """The kernel counts the user's processes on the whole machine, which have no part in the program's limit."""
        if time.monotonic() > self._counted + 1:
            self._counted = time.monotonic()
            self._bounds = dataclasses.replace(self._bounds, others=room.processes_of(self._guest_user))

    def _limit_of(self, child: int) -> str | None:
        """Waits for the child; the limit that it reaches, 'cpu' or 'wall', or None when it ends before.

        Ends with this process when the other end of `control` is gone.
        """
        clock = channel.cpu_clock(child)
        descriptor = os.pidfd_open(child)
        deadline = time.monotonic() + self._wall_seconds
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self._control, select.POLLHUP)
        try:
            while True:
                cpu_left = self._cpu_seconds - time.clock_gettime(clock)
                wall_left = deadline - time.monotonic()
                if min(cpu_left, wall_left) <= 0:
                    return "cpu" if cpu_left <= 0 else "wall"
                # the judge has one thread, as a rule: it cannot use more CPU than wall time
                for ready, _ in poll.poll(1000 * max(min(cpu_left, wall_left), 0.002)):
                    if ready != descriptor:
                        os._exit(1)
                    return None
        except OSError:  # it has no clock any more
            return None
        finally:
            os.close(descriptor)

    def _judge(self, request: int, reply: int, scratch: str | None) -> NoReturn:
        """In the judge's process: starts the guest before anything of the request is read."""
        try:
            self._control.close()
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if scratch is None:
                scratch = room.fresh_scratch(self._bounds.file_bytes, self._guest_user)
                if self._isolation.filtered:
                    room.filter_calls()
            here, there = socket.socketpair()
            output, written = os.pipe()
            child = os.fork()
            if not child:
                self._guest(there, written, scratch)
            there.close()
            os.close(written)
            room.confine(self._isolation, self._bounds, "/", self._judge_user)
            random.seed(0)
            with open(request, "rb") as file:
                what = json.loads(file.read())
            judge.run(channel.Channel(here, child, output, self._cpu_seconds, self._output_bytes, reply), what)
        finally:
            os._exit(3)

    def _guest(self, sock: socket.socket, output: int, scratch: str) -> NoReturn:
        try:
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.dup2(output, 1)
            os.dup2(output, 2)
            kept = os.dup2(sock.detach(), 3)
            os.closerange(4, os.sysconf("SC_OPEN_MAX") if not os.path.isdir("/proc/self/fd") else 4096)
            room.confine(self._isolation, self._bounds, scratch, self._guest_user)
            guest.run(socket.socket(fileno=kept))
        finally:
            os._exit(3)


def _kill_descendants() -> None:
    """Kills whatever the run has left: this process is the subreaper of all of it."""
    found = _children()
    while True:
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        found = _descendants()  # dearer; as a rule there was the guest, and nothing else


def _children() -> list[int]:
    """The processes that have this one for a parent."""
    process = os.getpid()
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return _descendants()


def _descendants() -> list[int]:
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


def _enter(level: str) -> tuple[Isolation, int]:
    """The level, entered; and the descriptor of the pid namespace, or -1.

    Raises:
        OSError: the machine does not allow it.
    """
    root = os.geteuid() == 0
    filtered = seccomp.supported()
    if level == "namespaces":
        space = room.enter_namespaces()
        return Isolation(level, filtered=filtered, confined=False, user="another" if root else "own"), space
    if level == "seccomp" and not filtered:
        raise OSError(f"no filter for {kernel.MACHINE}")
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    user = "another" if root and _can_be_read_by_others(room.libraries()) else "own"
    only = level == "rlimits"
    return Isolation(level, not only, not only and kernel.landlock_version() > 0, user), -1


def _can_be_read_by_others(paths: list[str]) -> bool:
    for path in paths:
        while path != "/":
            if not os.stat(path).st_mode & 1:
                return False
            path = os.path.dirname(path)
    return True


def _allowed(level: str) -> bool:
    """Tried in a process of its own: entering may end half-way."""
    child = os.fork()
    if not child:
        try:
            bounds = room.Bounds(10, _address_space() + 2**30, 16, 2**20)
            isolation, _ = _enter(level)
            kernel.gain_no_privileges()
            if level == "namespaces":
                room.fresh_scratch(4096, room.GUEST_USER if isolation.user == "another" else None)
                if isolation.filtered:
                    room.filter_calls()
            room.confine(isolation, bounds, "/", room.GUEST_USER if isolation.user == "another" else None)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def main(descriptor: int) -> NoReturn:
    """Serves the socket `descriptor`: its first line has the limits and the level, if one is wanted."""
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    job = json.loads(_line(control))
    os.environ.clear()
    sys.path[:] = [path for path in sys.path if path.startswith((sys.base_prefix, sys.prefix)) and os.path.isdir(path)]
    for module in _WARM:
        __import__(module)
    address_space = _address_space()
    level = next((level for level in job["levels"] if _allowed(level)), None)
    if level is None:
        control.sendall(json.dumps({"refused": True}).encode() + b"\n")
        os._exit(1)
    isolation, space = _enter(level)
    kernel.gain_no_privileges()
    bounds = room.Bounds(job["cpu_seconds"], address_space + job["memory_bytes"], job["processes"], job["file_bytes"])
    control.sendall(json.dumps({"isolation": vars(isolation)}).encode() + b"\n")
    if isolation.filtered and level == "namespaces":
        seccomp.instructions(alone=False, confined=False, own=())
    gc.collect()
    gc.freeze()  # what is collected is written to, and copied
    gc.set_threshold(10_000)
    Server(control, isolation, space, bounds, job).serve()
    os._exit(0)


def _line(control: socket.socket) -> bytes:
    text = b""
    while not text.endswith(b"\n"):
        part = control.recv(1)
        if not part:
            os._exit(1)
        text += part
    return text
