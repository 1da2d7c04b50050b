"""The side that codemix sees: servers, items, verdicts."""

import json
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import TracebackType
from typing import Any

from codemix.errors import UserError
from codemix.sandbox import frames
from codemix.sandbox.isolation import LEVELS, Isolation
from codemix.sandbox.limits import Limits, speed
from codemix.sandbox.program import KINDS, Kind, NotObserved, Program, Verdict

_START = "import sys; sys.path.append({root!r}); from codemix.sandbox.server import main; main({descriptor})"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8"}
_PATIENCE = 30.0  # seconds beyond the wall time, after which a server counts as dead
_ATTEMPTS = 2
_TIMEOUTS = {
    "cpu": "the tests used up their CPU time",
    "program": "the program used up its CPU time",
    "wall": "the wall time is over",
}
_AHEAD = 4  # items under way or waiting, for each worker


class _Item:
    """A request, and what is known of its verdict.

    Args:
        setting: what the judge needs to know of the tests; None for an item without.
        program: what is judged by them.
    """

    def __init__(self, program: dict[str, Any], tests: str = "", entry_point: str | None = None) -> None:
        self.setting = json.dumps({"tests": tests, "entry_point": entry_point}).encode()
        self.program = json.dumps(program).encode()
        self.attempts = 0
        self.verdict: Verdict | None = None
        self.reprs: list[str] | None = None


class _Server:
    """A process of `server.py`, and the item that it runs."""

    def __init__(self, job: dict[str, Any]) -> None:
        import subprocess  # servers import this file too, and what is in their memory costs every fork

        self.control, theirs = socket.socketpair()
        descriptor = theirs.fileno()
        start = _START.format(root=_ROOT, descriptor=descriptor)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-S", "-X", "utf8", "-c", start],
                pass_fds=[descriptor],
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        self.control.sendall(frames.packed(b"", json.dumps(job).encode()))
        self.item: _Item | None = None
        self.setting = b""  # of its last item
        self.deadline = 0.0
        self._received = bytearray()

    def isolation(self) -> Isolation | None:
        """The level that the server has entered; None when none of those asked for is allowed. Waits for it."""
        self.control.settimeout(60)
        try:
            while (answer := self.read()) is None:
                pass
        except (OSError, EOFError, ValueError):
            return None
        finally:
            self.control.settimeout(None)
        told = json.loads(answer[0])
        return Isolation(**told) if told else None

    def start(self, item: _Item, seconds: float) -> None:
        item.attempts += 1
        self.item = item
        self.setting = item.setting
        self.deadline = time.monotonic() + seconds
        self.control.sendall(frames.packed(item.setting, item.program))

    def read(self) -> tuple[bytes, bytes] | None:
        """What the server tells next, if it is there whole. EOFError when the server is gone."""
        part = self.control.recv(1 << 18)
        if not part:
            raise EOFError
        self._received += part
        return frames.parts(self._received)

    def stop(self) -> None:
        import subprocess

        self.control.close()
        try:
            self._process.wait(2)  # it ends as its socket is closed
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Sandbox:
    """Runs programs, each in a fresh fork of a warm server.

    It is for one thread of one process, and is entered before use:

        with Sandbox(Limits(), workers=2) as sandbox:
            for verdict in sandbox.map(programs): ...

    Args:
        limits: of each program.
        workers: servers, each of which runs one program at a time.
        level: the level of isolation to use; None for the strongest that the machine allows.
    """

    def __init__(self, limits: Limits | None = None, workers: int = 1, level: str | None = None) -> None:
        if workers < 1:
            raise UserError(f"Sandbox.workers is {workers}; give at least 1.")
        if level is not None and level not in LEVELS:
            raise UserError(f"Sandbox.level is {level!r}; give one of {', '.join(LEVELS)}, or None.")
        self.limits = limits or Limits()
        self._workers = workers
        self._levels = [level] if level is not None else list(LEVELS)
        self._servers: list[_Server] = []
        self._waiting: deque[_Item] = deque()
        self._isolation: Isolation | None = None

    def __enter__(self) -> "Sandbox":
        if not sys.platform.startswith("linux"):
            raise UserError(f"Programs are run on Linux only, and this is {sys.platform}; use a Linux machine.")
        factor = speed()
        self._seconds_of_reference = factor
        self._wall_seconds = self.limits.wall_seconds * max(1.0, factor)
        self._job: dict[str, Any] = {
            "cpu_seconds": self.limits.cpu_seconds * factor,
            "wall_seconds": self._wall_seconds,
            "memory_bytes": self.limits.memory_bytes,
            "processes": self.limits.processes,
            "file_bytes": self.limits.file_bytes,
            "output_bytes": self.limits.output_bytes,
            "levels": self._levels,
        }
        self._selector = selectors.DefaultSelector()
        started = [_Server(self._job) for _ in range(self._workers)]
        try:
            for server in started:
                self._isolation = server.isolation()
                if self._isolation is None:
                    raise UserError(
                        f"Sandbox.level '{self._levels[0]}' is not allowed on this machine; leave it None for another."
                    )
                self._welcome(server)
        except BaseException:
            for server in started:
                server.stop()
            self._selector.close()
            raise
        # a server that replaces another has its level, or none
        self._job["levels"] = [self._isolation.level] if self._isolation else []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.stop()
        self._servers.clear()
        self._waiting.clear()
        self._selector.close()

    @property
    def isolation(self) -> Isolation:
        """The level in force."""
        if self._isolation is None:
            raise RuntimeError("the sandbox has not been entered")
        return self._isolation

    def run(self, program: Program) -> Verdict:
        return next(self.map([program]))

    def map(self, programs: Iterable[Program]) -> Iterator[Verdict]:
        """A verdict for each program, in their order. `programs` may be endless: it is read a few items ahead."""
        for item in self._completed(_Item({"code": it.code}, it.tests, it.entry_point) for it in programs):
            assert item.verdict is not None
            yield item.verdict

    def observe(self, program: Program, expressions: Sequence[str]) -> list[str]:
        """The `repr` of each expression, evaluated after the program's code, in its own process.

        One that raises is told as the statement that would raise it: "raise ValueError('…')". The program's tests are
        not run. What is observed is the program's own word.

        Raises:
            NotObserved: the code did not end, or a limit was reached.
        """
        observed = next(self.observe_all([(program, expressions)]))
        if isinstance(observed, Verdict):
            raise NotObserved(observed)
        return observed

    def observe_all(self, asked: Iterable[tuple[Program, Sequence[str]]]) -> Iterator[list[str] | Verdict]:
        """What `observe` gives, for many programs in their order; the verdict where it would raise."""
        items = (_Item({"code": program.code, "expressions": list(expressions)}) for program, expressions in asked)
        for item in self._completed(items):
            assert item.verdict is not None
            yield item.reprs if item.reprs is not None else item.verdict

    def _completed(self, items: Iterable[_Item]) -> Iterator[_Item]:
        if not self._servers:
            raise RuntimeError("the sandbox has not been entered")
        ahead: deque[_Item] = deque()
        for item in items:
            ahead.append(item)
            self._waiting.append(item)
            self._assign()
            while len(ahead) >= _AHEAD * self._workers or (ahead and ahead[0].verdict is not None):
                yield self._finished(ahead.popleft())
        while ahead:
            yield self._finished(ahead.popleft())

    def _finished(self, item: _Item) -> _Item:
        while item.verdict is None:
            self._step()
        return item

    def _assign(self) -> None:
        for server in list(self._servers):
            if not self._waiting:
                return
            if server.item is None:
                item = self._best_for(server)
                self._waiting.remove(item)
                try:
                    server.start(item, self._wall_seconds + _PATIENCE)
                except OSError:  # the server is gone
                    self._replace(server)

    def _best_for(self, server: _Server) -> _Item:
        """One with the tests that the server has had; else with tests that no other server has; else the oldest.

        No item waits for long: only so many are taken on before the oldest is done.
        """
        others = {other.setting for other in self._servers if other is not server}
        new = None
        for item in self._waiting:
            if item.setting == server.setting:
                return item
            if new is None and item.setting not in others:
                new = item
        return new or self._waiting[0]

    def _step(self) -> None:
        """Waits for a server to tell something, and takes it in."""
        self._assign()
        deadline = min((server.deadline for server in self._servers if server.item is not None), default=0.0)
        for key, _ in self._selector.select(max(0.0, deadline - time.monotonic())):
            server: _Server = key.data
            try:
                answer = server.read()
            except (OSError, EOFError, ValueError):
                self._replace(server)
                continue
            if answer is not None:
                item, server.item = server.item, None
                assert item is not None
                self._take_in(item, *answer)
        for server in list(self._servers):
            if server.item is not None and time.monotonic() > server.deadline:
                self._replace(server)

    def _take_in(self, item: _Item, run: bytes, reply: bytes) -> None:
        """The run is over, and nothing of it lives: the item has its verdict."""
        told = json.loads(run)
        try:
            answer = json.loads(reply) if reply else {}
            kind: Any = answer.get("kind")
            detail, output = str(answer.get("detail", "")), str(answer.get("output", ""))
            reprs = answer.get("reprs")
        except (ValueError, TypeError, AttributeError):
            kind, detail, output, reprs = None, "", "", None
        if told["limit"] is not None:
            kind, detail = "timeout", _TIMEOUTS[told["limit"]]
        elif told["gone"] and told["program"] is not None:
            kind, detail = _ended(told["program"])
        elif kind not in KINDS:
            status = "" if told["judge"] is None else f" (status {told['judge']})"
            kind, detail = "error", f"the judge ended without a verdict{status}"
        item.verdict = Verdict(kind, detail, told["cpu"] / self._seconds_of_reference, told["wall"], output)
        item.reprs = [str(text) for text in reprs] if kind == "passed" and isinstance(reprs, list) else None

    def _welcome(self, server: _Server) -> None:
        self._servers.append(server)
        self._selector.register(server.control, selectors.EVENT_READ, server)

    def _replace(self, server: _Server) -> None:
        """A new server in the place of one that is gone; its item comes first again, or is given up."""
        item, server.item = server.item, None
        self._selector.unregister(server.control)
        server.stop()
        self._servers.remove(server)
        new = _Server(self._job)
        if new.isolation() is None:
            new.stop()
            raise RuntimeError("a server of the sandbox ended, and no other could be started")
        self._welcome(new)
        if item is not None and item.attempts < _ATTEMPTS:
            self._waiting.appendleft(item)
        elif item is not None:
            item.verdict = Verdict("error", f"the program ended its server {_ATTEMPTS} times", 0.0, 0.0, "")


def _ended(code: int) -> tuple[Kind, str]:
    """What is told of a program that ended its process."""
    if code == -signal.SIGXCPU:
        return "timeout", _TIMEOUTS["program"]
    if code < 0:
        named = -code in signal.Signals.__members__.values()
        how = f"signal {signal.Signals(-code).name if named else -code}"
    else:
        how = f"exit status {code}"
    return "error", f"the program ended its process ({how}) before its tests did"


@cache
def isolation() -> Isolation:
    """The strongest level that this machine allows, found by entering it."""
    with Sandbox() as sandbox:
        return sandbox.isolation
