"""What the stand-ins for gcloud, xpk, kubectl and sky share: a folder ($STAND_IN_WORLD) with what they made, what is to
happen, and every command that they were given.

`events.json` has a list for each kind of moment; each moment takes the first of its list, if there is one.
"""

import argparse
import contextlib
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

FOLDER = Path(os.environ["STAND_IN_WORLD"])
HERE = Path(__file__).parent


@contextlib.contextmanager
def state() -> Iterator[dict[str, Any]]:
    """What there is, for one process at a time; kept when the block ends, however it does."""
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = FOLDER / "state.json"
        content = json.loads(file.read_text()) if file.exists() else {}
        try:
            yield content
        finally:
            file.write_text(json.dumps(content, indent=1))


def event(kind: str) -> Any:
    """What happens at this moment; None for nothing special."""
    with state():
        file = FOLDER / "events.json"
        events = json.loads(file.read_text()) if file.exists() else {}
        found = events.get(kind, [])
        first = found.pop(0) if found else None
        file.write_text(json.dumps(events))
    return first


def note(words: list[str]) -> None:
    with state(), open(FOLDER / "commands.jsonl", "a") as file:
        file.write(json.dumps(words) + "\n")


def fail(sentence: str, status: int = 1) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(status)


class Parser(argparse.ArgumentParser):
    """One that knows its flags in full only, as the real programs are asked to be read."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, allow_abbrev=False, **kwargs)


def on_worker(name: str, number: int, command: str, status: int = 0) -> subprocess.CompletedProcess:
    """A command on a worker of a slice: a shell in a home folder of its own, whose python3 installs a codemix that ends
    with `status`."""
    home = FOLDER / "workers" / name / str(number)
    home.mkdir(parents=True, exist_ok=True)
    path = f"{HERE / 'worker_bin'}:/usr/bin:/bin"
    environment = {"HOME": str(home), "PATH": path, "CODEMIX_STATUS": str(status), "STAND_IN_WORLD": str(FOLDER)}
    return subprocess.run(
        ["bash", "-c", command], cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
