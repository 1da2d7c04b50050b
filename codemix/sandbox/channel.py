"""The judge's end of the socket to the guest, and its watch over what the guest uses while it is waited for."""

import os
import select
import signal
import socket
import time
from typing import Any, NoReturn

from codemix.sandbox import codec
from codemix.sandbox.program import Kind

MAX_MESSAGE = 64 * 2**20
_LONGEST_WAIT = 0.5
_SHORTEST_WAIT = 0.002
_CORES = os.cpu_count() or 1


def cpu_clock(process: int) -> int:
    """The clock of what the process has used of the CPU: linux/posix-timers.h, CPUCLOCK_SCHED."""
    return (~process << 3) | 2


class Channel:
    """Messages to and from the guest.

    A limit that is reached, and a guest that is gone, end this process with the verdict: an exception would pass
    through the tests, which may catch it.

    Args:
        guest: its process.
        output: the read end of its standard output and standard error.
        cpu_seconds: of this machine, that the guest may use.
        output_bytes: that it may write.
        reply: where the verdict is written.
    """

    def __init__(
        self, sock: socket.socket, guest: int, output: int, cpu_seconds: float, output_bytes: int, reply: int
    ) -> None:
        self._socket = sock
        self._guest = guest
        self._output = output
        self._cpu_seconds = cpu_seconds
        self._output_bytes = output_bytes
        self._reply = reply
        self._written = bytearray()
        self._output_open = True
        self._cpu_of_the_gone = 0.0
        self._clock = cpu_clock(guest)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._poll.register(output, select.POLLIN)
        os.set_blocking(output, False)

    def send(self, message: Any) -> None:
        try:
            self._socket.sendall(codec.to_bytes(message))
        except OSError:
            self._gone()

    def receive(self) -> Any:
        """The next message: a list."""
        size = codec.length(self._read(codec.HEADER_BYTES))
        if size > MAX_MESSAGE:
            self.finish("output", f"the program returned more than {MAX_MESSAGE} bytes")
        try:
            message = codec.json.loads(self._read(size))
        except (ValueError, RecursionError):
            self.not_an_answer()
        if not isinstance(message, list) or not message:
            self.not_an_answer()
        return message

    def not_an_answer(self) -> NoReturn:
        self.finish("refused", "the program wrote to its socket what is no answer")

    def finish(self, kind: Kind, detail: str, **more: Any) -> NoReturn:
        """Writes the verdict and ends this process, and with it the guest's namespace, where it has one."""
        self._drain()
        written = bytes(self._written[: self._output_bytes])
        verdict = {"kind": kind, "detail": detail[:4000], "output": written.decode("utf-8", "replace")} | more
        message = codec.json.dumps(verdict | {"cpu": self.guest_cpu() + time.process_time()}).encode()
        while message:
            message = message[os.write(self._reply, message) :]
        os._exit(0)

    def guest_cpu(self) -> float:
        """CPU seconds of the guest's process, its threads included."""
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return self._cpu_of_the_gone

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self._wait()
            try:
                part = self._socket.recv(min(size - len(parts), 1 << 20))
            except OSError:
                part = b""
            if not part:
                self._gone()
            parts += part
        return bytes(parts)

    def _wait(self) -> None:
        """Until there is something to read on the socket. Output is taken in meanwhile."""
        while True:
            left = self._cpu_seconds - self.guest_cpu()
            if left <= 0:
                self._out_of_time()
            wait = min(max(left / _CORES, _SHORTEST_WAIT), _LONGEST_WAIT)
            ready = self._poll.poll(wait * 1000)
            descriptors = {descriptor for descriptor, _ in ready}
            if self._output in descriptors:
                self._drain()
            if self._socket.fileno() in descriptors:
                return

    def _drain(self) -> None:
        """Takes in what the guest has written; too much of it is the end, unless that has come already."""
        while self._output_open:
            try:
                part = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return
            if not part:
                self._poll.unregister(self._output)
            self._written += part
            too_much = len(self._written) > self._output_bytes
            self._output_open = bool(part) and not too_much
            if too_much:
                self.finish("output", f"the program wrote more than {self._output_bytes} bytes")

    def _out_of_time(self) -> NoReturn:
        self.finish("timeout", "the program used up its CPU time")

    def _gone(self) -> NoReturn:
        """The guest ended, or closed its socket."""
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            self._cpu_of_the_gone = self.guest_cpu()
            pid, status = os.waitpid(self._guest, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                if code == -signal.SIGXCPU:
                    self._out_of_time()
                name = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
                self.finish("error", f"the program ended its process ({name}) before its tests did")
            time.sleep(0.002)
        self.finish("error", "the program closed its socket before its tests ended")
