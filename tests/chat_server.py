"""A small endpoint that speaks OpenAI's chat completions on this machine, and can misbehave.

The form of request and answer is that of the API reference's "Create chat completion".
"""

import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

KEY = "sk-" + "a" * 20

# What may be done instead of answering: a status, or one of the words.
Misdeed = int | Literal["cut", "silent", "drip", "html", "wrong", "endless", "later", "date"]
Model = Callable[[dict[str, Any]], str]  # the request's body -> what the model writes


class Chat(ThreadingHTTPServer):
    """Attributes:
    model: answers.
    misdeeds: done to the next requests, one each, before anything is answered.
    requests: the bodies of all requests, answered or not.
    times: when each of them came, in seconds of `time.monotonic`.
    keys: the keys that came with them.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, model: Model, misdeeds: Sequence[Misdeed] = ()):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model
        self.misdeeds: deque[Misdeed] = deque(misdeeds)
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the tests."""


@contextlib.contextmanager
def running_chat(model: Model, misdeeds: Sequence[Misdeed] = ()) -> Iterator[Chat]:
    with Chat(model, misdeeds) as chat:
        thread = threading.Thread(target=chat.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield chat
        finally:
            chat.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Chat

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat = self.server
        with chat.lock:
            chat.requests.append(body)
            chat.times.append(time.monotonic())
            chat.keys.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
            misdeed = chat.misdeeds.popleft() if chat.misdeeds else None
        if self.path != "/v1/chat/completions":
            return self._send(404, b"{}")
        if misdeed is None:
            return self._send(200, json.dumps(completion(chat.model(body))).encode())
        if isinstance(misdeed, int):
            return self._send(misdeed, b'{"error": {"message": "no"}}')
        return getattr(self, f"_{misdeed}")()

    def _cut(self) -> None:
        self._head(200, 10_000)
        self.wfile.write(b'{"choices": [')
        self.close_connection = True

    def _silent(self) -> None:
        time.sleep(3)
        self.close_connection = True

    def _drip(self) -> None:
        """Never silent for long, and never done."""
        self._head(200, 10_000)
        for _ in range(60):
            self.wfile.write(b" ")
            time.sleep(0.05)
        self.close_connection = True

    def _html(self) -> None:
        self._send(200, b"<html>Bad gateway</html>")

    def _wrong(self) -> None:
        self._send(200, json.dumps({"choices": [{"text": "an older protocol"}]}).encode())

    def _endless(self) -> None:
        self._head(200, 10**12)
        for _ in range(100):
            self.wfile.write(b"x" * 2**20)

    def _later(self) -> None:
        self._send(429, b"{}", {"Retry-After": "0.5"})

    def _date(self) -> None:
        self._send(503, b"{}", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, len(body), headers)
        self.wfile.write(body)

    def _head(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(length),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()


def completion(content: str, finish_reason: str = "stop") -> dict[str, Any]:
    """A chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "small",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
    }
