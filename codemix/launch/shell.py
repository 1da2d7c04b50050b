"""Running an engine's commands."""

import contextlib
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from codemix.errors import UserError


class Stopping(Exception):
    """The launcher is asked to stop: what runs elsewhere goes on."""


class Refused(UserError):
    """An engine refuses, and would refuse any other job as well."""


class Shell:
    """Commands that may run side by side, and end together when the launcher stops."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def run(self, command: Sequence[str], log: Path | None = None) -> subprocess.CompletedProcess:
        """Runs a command to its end, its output and its errors together in `stdout`, and added to `log` as they come.

        Raises:
            UserError: there is no such program.
            Stopping: the launcher stops.
        """
        if self._stopping.is_set():
            raise Stopping
        lines = []
        with contextlib.ExitStack() as stack:
            if log:
                log.parent.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(open(log, "a", encoding="utf-8"))
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    start_new_session=True,  # Ctrl-C is for the launcher
                )
            except FileNotFoundError:
                raise UserError(f"{command[0]} is not on the PATH; install it where you launch from.") from None
            with self._lock:
                self._running.add(process)
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if log:
                    file.write(line)
                    file.flush()
            status = process.wait()
            with self._lock:
                self._running.discard(process)
        if self._stopping.is_set():
            raise Stopping
        return subprocess.CompletedProcess(command, status, "".join(lines))

    def wait(self, seconds: float) -> None:
        """Raises Stopping when the launcher stops meanwhile."""
        if self._stopping.wait(seconds):
            raise Stopping

    def stop(self) -> None:
        """Ends the commands that run here, and lets no other begin."""
        self._stopping.set()
        with self._lock:
            for process in self._running:
                process.terminate()


def succeed(shell: Shell, command: Sequence[str]) -> str:
    """The output of a command that must end well.

    Raises:
        Refused: it did not, with its last line.
    """
    result = shell.run(command)
    if result.returncode:
        raise refusal(command, result.stdout)
    return result.stdout


def refusal(command: Sequence[str], output: str) -> Refused:
    """What a program said, in one sentence: its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = lines[-1].rstrip(".") if lines else "it said nothing"
    words = " ".join(word for word in command[:4] if not word.startswith("-"))
    return Refused(f"`{words}` failed: {said}; mend that, and give the same command again.")
