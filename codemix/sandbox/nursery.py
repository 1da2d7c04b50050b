"""A nursery: a process that is confined once, and forks what is to be confined as it is: guests, or judges."""

import math
import os
import random
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from codemix.sandbox import confinement, kernel, processes

_CORES = os.cpu_count() or 1
_LONGEST_WAIT = 0.5
_SHORTEST_WAIT = 0.002
_PATIENCE = 10  # seconds in which a nursery answers
_GONE_SECONDS = 2.0  # in which the death of a process follows the end of its socket
_ENDING = struct.Struct("i??d?")  # an `Ending`: its code, and whether there is one; the rest
_TWO_DESCRIPTORS = socket.CMSG_SPACE(2 * struct.calcsize("i"))
_END, _END_OF_THE_GONE = b"e", b"g"


class Lost(Exception):
    """A nursery, or what it looks after, ended otherwise than it should have."""


@dataclass(frozen=True)
class Ending:
    """What became of a child, and of everything that it left.

    Attributes:
        code: how it ended by itself: its exit code, negative for a signal. None when it was alive until its end.
        out_of_time: it was ended because it had used up its CPU time.
        cpu_seconds: of it and all its descendants.
        clean: nothing is left of it, and the nursery can go on.
    """

    code: int | None
    out_of_time: bool
    cpu_seconds: float
    clean: bool


class Nursery:
    """The server's side of one.

    Args:
        tend: what the process does with its end of a socket, once it is forked.
        space: a descriptor of this process's pid namespace, when the nursery is to have its own; else -1.

    Raises:
        Lost: it could not be confined.
    """

    def __init__(self, tend: Callable[[socket.socket], NoReturn], space: int) -> None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _PATIENCE, 0))
        if space >= 0:
            kernel.unshare(kernel.NEWPID)
        self.process = os.fork()
        if not self.process:
            try:
                os.setsid()
                kept = os.dup2(there.fileno(), 3)
                os.closerange(4, os.sysconf("SC_OPEN_MAX"))
                tend(socket.socket(fileno=kept))
            finally:
                os._exit(3)
        if space >= 0:
            kernel.setns(space, kernel.NEWPID)
        there.close()
        self.socket = here
        self._told()

    def begin(self, descriptors: list[int], others: int) -> None:
        """Forks a child.

        Args:
            descriptors: that the child has; they are closed here.
            others: see `confinement.confine_further`.
        """
        try:
            socket.send_fds(self.socket, [b"%d" % others], descriptors)
        except OSError as error:
            raise Lost from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def end(self, gone: bool = False) -> Ending:
        """Ends the child and all that it left.

        Args:
            gone: the child's socket has ended: it is waited for a moment, to tell how.
        """
        try:
            self.socket.send(_END_OF_THE_GONE if gone else _END)
        except OSError as error:
            raise Lost from error
        code, ended_by_itself, *rest = _ENDING.unpack(self._told())
        return Ending(code if ended_by_itself else None, *rest)

    def dismiss(self) -> None:
        """Ends the nursery. With a pid namespace all that is in it ends too, otherwise there must be nothing."""
        self.socket.close()
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)

    def _told(self) -> bytes:
        try:
            told = self.socket.recv(4096)
        except OSError as error:
            raise Lost from error
        if not told:
            raise Lost
        return told


class Tending:
    """The nursery's own side.

    Args:
        control: its end of the socket.
        child: what a child does with its descriptors and the number of others.
        first: this process is the first of its pid namespace.
        cpu_seconds: that a child may use, of this machine; endless when it watches itself.
        unchanged: tells whether the children have left nothing in the scratch folder.
    """

    def __init__(
        self,
        control: socket.socket,
        child: Callable[[list[int], int], NoReturn],
        first: bool,
        cpu_seconds: float,
        unchanged: Callable[[], bool],
    ) -> None:
        self._control = control
        self._child = child
        self._first = first
        self._cpu_seconds = cpu_seconds
        self._unchanged = unchanged
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> NoReturn:
        if not self._first:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        random.seed(0)  # for all children
        self._control.send(b"ready")
        while True:
            message, ancillary, _, _ = self._control.recvmsg(16, _TWO_DESCRIPTORS)
            if not message:
                os._exit(0)
            ((_, _, data),) = ancillary
            descriptors = list(memoryview(data).cast("i"))
            process = kernel.fork()
            if not process:
                try:
                    self._child(descriptors, int(message))
                finally:
                    os._exit(3)
            for descriptor in descriptors:
                os.close(descriptor)
            self._control.send(self._looked_after(process))

    def _looked_after(self, process: int) -> bytes:
        """Until the server wants its end, which is told. When it ends before, so does what it left: that could hold its
        sockets.
        """
        watch = os.pidfd_open(process)
        poll = self._poll
        poll.register(watch, select.POLLIN)
        wanted, out_of_time = b"", False
        while not (wanted or out_of_time):
            ready = poll.poll(self._longest_wait(process))
            if any(descriptor == watch for descriptor, _ in ready):
                break
            if ready:
                wanted = self._wanted(process)
            out_of_time = self._cpu_left(process) <= 0
        if wanted == _END_OF_THE_GONE:
            select.select([watch], [], [], _GONE_SECONDS)
        poll.unregister(watch)
        os.close(watch)
        found, own = (0, None) if out_of_time else processes.waited_for(process, os.WNOHANG)
        ended = processes.end_all_below(self._first, [] if found else [process])
        if not wanted:
            self._wanted()
        cpu_seconds = sum(how.cpu_seconds for how in ended.values()) + (own.cpu_seconds if found and own else 0.0)
        clean = time.process_time() < confinement.SPARE_CPU_SECONDS and self._unchanged()
        code = own.code if found and own else 0
        return _ENDING.pack(code, bool(found), out_of_time, cpu_seconds, clean)

    def _wanted(self, *alive: int) -> bytes:
        """The server's word that it wants the child's end. Without a server this process ends, and what is below it."""
        message = self._control.recv(1)
        if not message:
            processes.end_all_below(self._first, alive)
            os._exit(0)
        return message

    def _cpu_left(self, process: int) -> float:
        if self._cpu_seconds == math.inf:
            return math.inf
        try:
            return self._cpu_seconds - time.clock_gettime(_cpu_clock(process))
        except OSError:  # it has ended, and has no clock any more
            return math.inf

    def _longest_wait(self, process: int) -> float | None:
        """Milliseconds in which the child cannot use more CPU time than it has left."""
        left = self._cpu_left(process)
        return None if left == math.inf else 1000 * min(max(left / _CORES, _SHORTEST_WAIT), _LONGEST_WAIT)


def _cpu_clock(process: int) -> int:
    """The clock of what the process has used of the CPU: linux/posix-timers.h, CPUCLOCK_SCHED."""
    return (~process << 3) | 2
