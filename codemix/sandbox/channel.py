"""The judge's end of the socket to a guest."""

import os
import select
import socket
from typing import Any, NoReturn, Protocol

from codemix.sandbox import codec
from codemix.sandbox.program import Kind

_PART = 1 << 14  # larger ones would be mapped anew each time


class Finish(Protocol):
    """Tells the verdict, and ends the judge's process."""

    def __call__(self, kind: Kind, detail: str, gone: bool = False) -> NoReturn: ...


class Channel:
    """Messages to and from the guest, and what it writes.

    A limit that is reached, and a guest that is gone, end this process with the verdict: an exception would pass
    through the tests, which may catch it.

    Args:
        sock: a socket.
        output: the read end of the guest's standard output and standard error.
        output_bytes: that it may write.
        finish: ends this process.
    """

    def __init__(self, sock: int, output: int, output_bytes: int, finish: Finish) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, sock)
        self._output = output
        self._output_bytes = output_bytes
        self.finish = finish
        self._received = bytearray()
        self._written = bytearray()
        self._output_open = True
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
        try:
            while (message := codec.message(self._received)) is None:
                self._read()
        except codec.TooLong:
            self.finish("output", f"the program returned more than {codec.MAX_MESSAGE} bytes")
        except (ValueError, RecursionError):
            self.not_an_answer()
        if not isinstance(message, list) or not message:
            self.not_an_answer()
        return message

    def not_an_answer(self) -> NoReturn:
        self.finish("refused", "the program wrote to its socket what is no answer")

    def written(self) -> str:
        """What the guest has written until now, up to the limit; too much of it is the end."""
        self._drain()
        return bytes(self._written[: self._output_bytes]).decode("utf-8", "replace")

    def close(self) -> None:
        """From here on every use is an error."""
        self._socket.close()
        os.close(self._output)

    def _read(self) -> None:
        """Takes in what there is on the socket, when there is something, and the output meanwhile."""
        sock, ready = self._socket.fileno(), False
        while not ready:
            for descriptor, _ in self._poll.poll():
                if descriptor == sock:
                    ready = True
                else:
                    self._drain()
        try:
            part = self._socket.recv(_PART)
        except OSError:
            part = b""
        if not part:
            self._gone()
        self._received += part

    def _drain(self) -> None:
        while self._output_open:
            try:
                part = os.read(self._output, _PART)
            except BlockingIOError:
                return
            if not part:
                self._poll.unregister(self._output)
            self._written += part
            too_much = len(self._written) > self._output_bytes
            self._output_open = bool(part) and not too_much
            if too_much:
                self.finish("output", f"the program wrote more than {self._output_bytes} bytes")

    def _gone(self) -> NoReturn:
        """The guest ended, or closed its socket: its nursery knows which."""
        self.finish("error", "the program closed its socket before its tests ended", gone=True)
