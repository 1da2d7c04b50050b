"""Digests of files' contents, remembered, so that a corpus is read once to know what it is.

A digest is remembered for a path while the file's size, time of change and inode stay as they were. What is remembered
lies in the user's cache folder; it may be removed at any time, and where it cannot be used every file is read.
"""

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import xxhash
from rich.console import Console
from rich.status import Status

from codemix.errors import UserError

_THREADS = 8
_QUIET_SECONDS = 2.0  # until it is said on a terminal that files are being read
_SAVE_SECONDS = 1.0  # between two savings of what has been read
_SETTLED_NS = 2_000_000_000  # a younger file may change again within the same tick of its clock
_WAIT_SECONDS = 2.0  # for another process's saving

_State = tuple[str, int, int, int]  # resolved path, size, time of change in ns, inode


def file_digests(paths: Sequence[Path]) -> list[str]:
    """The XXH3 digest of every file's content: 32 hexadecimal digits.

    Raises UserError for a file that cannot be read.
    """
    states = [_state(path) for path in paths]
    with _opened_cache() as cache:
        digests = _remembered(cache, states)
        unknown = {state[0]: state for state in states if state not in digests}
        digests |= _read(list(unknown.values()), cache)
    return [digests[state] for state in states]


def cache_file() -> Path:
    """Where digests are remembered."""
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "codemix" / "digests.sqlite"


def _state(path: Path) -> _State:
    resolved = os.path.realpath(path)
    with _readable(path):
        found = os.stat(resolved)
    return resolved, found.st_size, found.st_mtime_ns, found.st_ino


@contextlib.contextmanager
def _readable(path: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{path}: the file cannot be read ({error.strerror}); check it and its permissions.") from None


@contextlib.contextmanager
def _opened_cache() -> Iterator[sqlite3.Connection | None]:
    """The cache, or None where it cannot be used: a full or read-only disk, a damaged file, no home."""
    cache = None
    with contextlib.suppress(OSError, RuntimeError, sqlite3.Error):
        path = cache_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        cache = sqlite3.connect(path, timeout=_WAIT_SECONDS)
        cache.execute(
            "CREATE TABLE IF NOT EXISTS digests "
            "(path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, digest TEXT) WITHOUT ROWID"
        )
    try:
        yield cache
    finally:
        if cache is not None:
            cache.close()


def _remembered(cache: sqlite3.Connection | None, states: Sequence[_State]) -> dict[_State, str]:
    found: dict[_State, str] = {}
    if cache is not None:
        with contextlib.suppress(sqlite3.Error):
            for state in states:
                row = cache.execute(
                    "SELECT digest FROM digests WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ?",
                    _row(state),
                ).fetchone()
                if row:
                    found[state] = row[0]
    return found


def _remember(cache: sqlite3.Connection | None, digests: dict[_State, str]) -> None:
    settled = time.time_ns() - _SETTLED_NS
    rows = [(*_row(state), digest) for state, digest in digests.items() if state[2] < settled]
    if cache is not None and rows:
        with contextlib.suppress(sqlite3.Error), cache:
            cache.executemany("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?)", rows)


def _row(state: _State) -> tuple[bytes, int, int, int]:
    path, size, mtime_ns, inode = state
    # SQLite's integers are signed, inodes of some file systems use all 64 bits.
    return os.fsencode(path), size, mtime_ns, inode - (1 << 64) if inode >> 63 else inode


def _read(states: Sequence[_State], cache: sqlite3.Connection | None) -> dict[_State, str]:
    """Reads the files, and saves what is known every second, so that an interrupted reading goes on where it was."""
    digests: dict[_State, str] = {}
    unsaved: dict[_State, str] = {}
    began = saved = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as threads, contextlib.ExitStack() as shown:
        waiting: dict[Future[str], _State] = {threads.submit(_digest, state[0]): state for state in states}
        shown.callback(lambda: [future.cancel() for future in waiting])
        said = None
        while waiting:
            done, _ = wait(waiting, timeout=_SAVE_SECONDS, return_when=FIRST_COMPLETED)
            states_done = {future: waiting.pop(future) for future in done}
            failures = [error for future in done if (error := future.exception())]
            unsaved |= {state: future.result() for future, state in states_done.items() if not future.exception()}
            digests |= unsaved
            if failures or not waiting or time.monotonic() - saved > _SAVE_SECONDS:
                _remember(
                    cache, {state: digest for state, digest in unsaved.items() if _state(Path(state[0])) == state}
                )
                unsaved, saved = {}, time.monotonic()
            if failures:
                raise failures[0]
            if said is None and waiting and time.monotonic() - began > _QUIET_SECONDS:
                said = shown.enter_context(_status())
            if said is not None:
                said.update(f"reading files to know what they are: {len(digests):,} of {len(states):,}")
    return digests


def _digest(path: str) -> str:
    with _readable(path), open(path, "rb") as file:
        return hashlib.file_digest(file, xxhash.xxh3_128).hexdigest()


@contextlib.contextmanager
def _status() -> Iterator[Status]:
    """A line on a terminal; nothing is shown where standard error is none."""
    with Console(stderr=True).status("") as status:
        yield status
