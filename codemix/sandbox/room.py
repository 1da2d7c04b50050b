"""The room that items are run in, one after the other: a nursery of guests, one of judges, and a judge that goes on."""

import math
import os
import select
import signal
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from codemix.sandbox import confinement, frames, guest, kernel, processes, session
from codemix.sandbox.confinement import Bounds
from codemix.sandbox.isolation import Isolation
from codemix.sandbox.nursery import Ending, Lost, Nursery, Tending

_ATTEMPTS = 2
_PART = 1 << 18


@dataclass(frozen=True)
class Told:
    """What the server tells of a run, besides the judge's verdict.

    Attributes:
        limit: 'cpu', the tests' CPU time; 'wall'; 'program', the program's CPU time; None.
        gone: the judge found the guest gone.
        program: how the program's process ended by itself; None when it was ended.
        judge: the same of the judge's.
        cpu: seconds of both, and of all that they started.
        wall: seconds.
    """

    limit: str | None
    gone: bool
    program: int | None
    judge: int | None
    cpu: float
    wall: float


class Room:
    """A room, and what is kept in it.

    Args:
        isolation: the level in force, which this process has entered.
        space: a descriptor of its pid namespace, or -1.
        bounds: of each program.
        job: the limits that this process and its forks watch themselves.
        control: the socket to codemix.
    """

    def __init__(
        self, isolation: Isolation, space: int, bounds: Bounds, job: dict[str, Any], control: socket.socket
    ) -> None:
        self._isolation = isolation
        self._space = space
        self._bounds = bounds
        self._job = job
        self._control = control.fileno()
        another = isolation.user == "another"
        self._judge_user = confinement.JUDGE_USER if another else None
        self._guest_user = confinement.GUEST_USER if another else None
        self._poll = select.poll()
        self._poll.register(control, 0)
        self._guests: Nursery | None = None
        self._judges: Nursery | None = None
        self._scratch: str | None = None
        self._judge: socket.socket | None = None
        self._setting = b""
        self._judge_cpu = 0.0
        self._counted = -1.0
        self._others = 0

    def judged(self, setting: bytes, item: bytes) -> tuple[Told, bytes]:
        """Runs an item, and again in a fresh room if something that is kept has ended meanwhile.

        Args:
            setting: its tests, for the judge.
            item: its program, for the judge.
        """
        for _ in range(_ATTEMPTS):
            try:
                self.make()
                return self._run(setting, item)
            except Lost:
                self.clear()
        return Told(None, False, None, None, 0.0, 0.0), b""

    def make(self) -> None:
        """Makes what the room lacks.

        Raises:
            Lost: it cannot be made.
        """
        if self._guests is None:
            if self._isolation.level != "namespaces":
                import tempfile  # here and below: what they bring would be in each fork, and namespaces do without

                self._scratch = tempfile.mkdtemp(prefix="codemix-scratch-")
                if self._guest_user is not None:
                    os.chown(self._scratch, self._guest_user, self._guest_user)
            self._guests = Nursery(self._tend_guests, self._space)
            self._poll.register(self._guests.socket, select.POLLIN)
        if self._judges is None:
            self._judges = Nursery(self._tend_judges, self._space)
            self._poll.register(self._judges.socket, select.POLLIN)

    def clear(self) -> None:
        """Ends all that is in the room."""
        self._forget_judge()
        for nursery in (self._guests, self._judges):
            if nursery is not None:
                self._poll.unregister(nursery.socket)
                nursery.socket.close()
        known = [nursery.process for nursery in (self._guests, self._judges) if nursery is not None]
        self._guests = self._judges = None
        processes.end_all_below(self._space >= 0, known)
        self._remove_scratch()

    # one run

    def _run(self, setting: bytes, item: bytes) -> tuple[Told, bytes]:
        assert self._guests is not None
        start = time.monotonic()
        self._count_others()
        if self._judge is not None and setting != self._setting:
            self._end_judge()
        if self._judge is None:
            self._begin_judge(setting)
        else:
            setting = b""
        assert self._judge is not None
        ours, theirs = socket.socketpair()
        output, written = os.pipe()
        before = self._judge_cpu
        try:
            self._guests.begin([theirs.detach(), written], self._others)
            self._send([ours.fileno(), output], frames.packed(setting, item))
            limit, how, verdict = self._awaited(start + self._job["wall_seconds"])
        finally:
            ours.close()
            os.close(output)
        program = self._guests.end(how == session.GUEST_IS_GONE)
        if program.out_of_time and how == session.GUEST_IS_GONE:
            limit = "program"
        code = None
        if how != session.GOES_ON:
            judge = self._end_judge(gone=not how and limit is None)
            if not how:
                code, self._judge_cpu = judge.code, judge.cpu_seconds
                used_up = self._judge_cpu - before >= self._job["cpu_seconds"]
                if limit is None and (used_up or code in (-signal.SIGPROF, -signal.SIGXCPU)):
                    limit = "cpu"
                elif limit is None and code == -signal.SIGKILL:
                    raise Lost
        if not program.clean:
            self._end_guests()
        cpu_seconds = program.cpu_seconds + self._judge_cpu - before
        wall_seconds = time.monotonic() - start
        gone = how == session.GUEST_IS_GONE
        return Told(limit, gone, program.code, code, cpu_seconds, wall_seconds), verdict

    def _awaited(self, deadline: float) -> tuple[str | None, bytes, bytes]:
        """The limit 'wall', if it was reached; how the judge goes on, or nothing when it ended; its verdict.

        Raises:
            EOFError: the other end of `control` is gone.
            Lost: a nursery is.
        """
        assert self._judge is not None
        judge = self._judge.fileno()
        buffer = bytearray()
        while (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in self._poll.poll(1000 * left):
                if descriptor == self._control:
                    raise EOFError
                if descriptor != judge:
                    raise Lost
                try:
                    part = self._judge.recv(_PART)
                except OSError:  # it ended before it had read everything
                    part = b""
                buffer += part
                try:
                    message = frames.parts(buffer)
                    if message is not None:
                        how, self._judge_cpu = session.HEAD.unpack(message[0])
                        return None, how, message[1]
                except (ValueError, struct.error):  # the tests wrote to the judge's socket
                    return None, b"", b""
                if not part:
                    return None, b"", b""
        return "wall", b"", b""

    def _send(self, descriptors: list[int], data: bytes) -> None:
        assert self._judge is not None
        try:
            sent = socket.send_fds(self._judge, [data], descriptors)
            self._judge.sendall(data[sent:])
        except OSError as error:
            raise Lost from error

    def _begin_judge(self, setting: bytes) -> None:
        assert self._judges is not None
        self._judge, theirs = socket.socketpair()
        self._judges.begin([theirs.detach()], self._others)
        self._poll.register(self._judge, select.POLLIN)
        self._setting = setting
        self._judge_cpu = 0.0

    def _end_judge(self, gone: bool = False) -> Ending:
        assert self._judges is not None
        ending = self._judges.end(gone)
        self._forget_judge()
        if not ending.clean:
            self._poll.unregister(self._judges.socket)
            self._judges.dismiss()
            self._judges = Nursery(self._tend_judges, self._space)
            self._poll.register(self._judges.socket, select.POLLIN)
        return ending

    def _forget_judge(self) -> None:
        if self._judge is not None:
            self._poll.unregister(self._judge)
            self._judge.close()
            self._judge = None

    def _end_guests(self) -> None:
        assert self._guests is not None
        self._poll.unregister(self._guests.socket)
        self._guests.dismiss()
        self._guests = None
        self._remove_scratch()

    def _remove_scratch(self) -> None:
        if self._scratch is not None:
            import shutil

            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def _count_others(self) -> None:
        """Where there are no namespaces the kernel counts the user's processes on the whole machine."""
        if self._space < 0 and time.monotonic() > self._counted + 1:
            self._counted = time.monotonic()
            self._others = confinement.processes_of(self._guest_user)

    # in the nurseries

    def _tend_guests(self, control: socket.socket) -> NoReturn:
        scratch = self._scratch
        if scratch is None:
            kernel.unshare(kernel.NEWIPC)
            confinement.mount_scratch(self._bounds.file_bytes, self._guest_user)
            scratch = confinement.SCRATCH
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        confinement.confine(self._isolation, self._bounds, scratch, self._guest_user)
        changes = confinement.Changes(scratch)

        def child(descriptors: list[int], others: int) -> NoReturn:
            confinement.confine_further(self._isolation, self._bounds, others)
            guest.run(descriptors)

        Tending(control, child, self._space >= 0, self._job["cpu_seconds"], changes.none).serve()

    def _tend_judges(self, control: socket.socket) -> NoReturn:
        if self._space >= 0:
            kernel.unshare(kernel.NEWIPC)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        confinement.confine(self._isolation, self._bounds, None, self._judge_user)

        def child(descriptors: list[int], others: int) -> NoReturn:
            confinement.confine_further(self._isolation, self._bounds, others)
            session.run(descriptors, self._job["cpu_seconds"], self._job["output_bytes"])

        Tending(control, child, self._space >= 0, math.inf, lambda: True).serve()
