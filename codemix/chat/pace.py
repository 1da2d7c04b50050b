"""The pace of requests, for all threads together."""

import threading
import time


class Pace:
    """At most so many requests a minute, evenly spaced, and none while the endpoint has asked for a pause."""

    def __init__(self, requests_per_minute: float):
        self._spacing = 60.0 / requests_per_minute
        self._next = 0.0
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def wait(self) -> bool:
        """Waits for a turn. False once `stop` was called."""
        while True:
            with self._lock:
                now = time.monotonic()
                if now >= self._next:
                    self._next = now + self._spacing
                    return not self._stopped.is_set()
                left = self._next - now
            if self._stopped.wait(left):
                return False

    def pause(self, seconds: float) -> None:
        """Nobody asks for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def sleep(self, seconds: float) -> None:
        """The caller's own wait, cut short by `stop`."""
        self._stopped.wait(seconds)

    def stop(self) -> None:
        """Whoever waits, or comes to wait, gives up."""
        self._stopped.set()
