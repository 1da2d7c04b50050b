"""A judge's process: it judges items one after the other, as long as their tests are the same."""

import json
import os
import random
import resource
import signal
import socket
import struct
import sys
import time
from typing import Any, NoReturn

from codemix.sandbox import frames, kernel
from codemix.sandbox.channel import Channel
from codemix.sandbox.confinement import MOST_DESCRIPTORS, SPARE_CPU_SECONDS
from codemix.sandbox.judge import Judge
from codemix.sandbox.program import Kind
from codemix.sandbox.tests import Tests

# what a verdict begins with, for the server: how the judge goes on, the CPU seconds that it has used in all
HEAD = struct.Struct(">cd")
GOES_ON, ENDS, GUEST_IS_GONE = b"n", b"e", b"g"
_PART = 1 << 14
_RECURSION = 3000
_MOST_GROWTH = 2**15  # kilobytes of memory, after which a judge makes room for a fresh one


class Session:
    """The process.

    Args:
        sock: a socket to the server.
        cpu_seconds: of this machine, that one item's tests may use.
        output_bytes: that one guest may write.
    """

    def __init__(self, sock: socket.socket, cpu_seconds: float, output_bytes: int) -> None:
        self._socket = sock
        self._cpu_seconds = cpu_seconds
        self._output_bytes = output_bytes
        self._timer = kernel.CpuTimer(signal.SIGPROF)
        self._memory = _memory()
        self._tests: Tests | None = None
        self._channel: Channel | None = None

    def serve(self) -> NoReturn:
        while True:
            setting, item, descriptors = self._received()
            # the kernel ends this process when the time is over; RLIMIT_CPU does where the tests prevent it
            self._timer.set(self._cpu_seconds)
            sock, output = descriptors
            self._channel = Channel(sock, output, self._output_bytes, self._finish)
            random.seed(0)
            sys.setrecursionlimit(_RECURSION)
            if setting:
                self._learn(json.loads(setting))
            self._judge(json.loads(item))

    def _learn(self, setting: dict[str, Any]) -> None:
        try:
            self._tests = Tests.of(setting["tests"], setting["entry_point"])
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            text = str(error)
            self._finish("refused", f"the tests do not compile: {type(error).__name__}{text and f': {text}'}")

    def _judge(self, item: dict[str, Any]) -> None:
        assert self._tests is not None
        assert self._channel is not None
        judge = Judge(self._channel, item["code"])
        reprs: list[str] | None = None
        if "expressions" in item:
            kind, detail, reprs = judge.observed(item["expressions"])
        else:
            kind, detail = judge.judged(self._tests)
        goes_on = (
            self._tests.keep_to_themselves
            and not judge.imported
            and kind != "memory"
            and time.process_time() < SPARE_CPU_SECONDS
            and _memory() < self._memory + _MOST_GROWTH
        )
        self._tell(kind, detail, GOES_ON if goes_on else ENDS, reprs)
        if not goes_on:
            os._exit(0)
        judge.forget()

    def _finish(self, kind: Kind, detail: str, gone: bool = False) -> NoReturn:
        self._tell(kind, detail, GUEST_IS_GONE if gone else ENDS, None)
        os._exit(0)

    def _tell(self, kind: Kind, detail: str, how: bytes, reprs: list[str] | None) -> None:
        assert self._channel is not None
        verdict = {"kind": kind, "detail": detail[:4000], "output": self._channel.written(), "reprs": reprs}
        head = HEAD.pack(how, time.process_time())
        self._socket.sendall(frames.packed(head, json.dumps(verdict).encode()))

    def _received(self) -> tuple[bytes, bytes, list[int]]:
        """The tests, or nothing when they are those of before; the item; the guest's socket and its output."""
        data, descriptors, _, _ = socket.recv_fds(self._socket, _PART, 2)
        buffer = bytearray(data)
        while (message := frames.parts(buffer)) is None:
            if not data:
                os._exit(0)
            data = self._socket.recv(_PART)
            buffer += data
        return *message, descriptors


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run(descriptors: list[int], cpu_seconds: float, output_bytes: int) -> NoReturn:
    """Judges until the server is gone.

    Args:
        descriptors: the socket to it; no others are kept open.
        cpu_seconds: see `Session`.
        output_bytes: see `Session`.
    """
    (sock,) = descriptors
    kept = os.dup2(sock, 3)
    os.closerange(kept + 1, MOST_DESCRIPTORS)
    Session(socket.socket(fileno=kept), cpu_seconds, output_bytes).serve()
