"""Leases: who works on a folder, on this machine or another one that sees the same files.

A lease is a chain of numbered files, the newest of which says who has it:

    <folder>/000001.json   {"host": …, "pid": …, …, "released": true}
    <folder>/000002.json   {"host": …, "pid": …, …, "released": false}

Whoever finds the newest released or expired makes the next one, by a hard link: one of all who try succeeds, on a local
disk and on NFS alike, where file locks cannot be relied on. No file of the chain is ever removed, so that nobody takes
over from an owner that another has replaced. The owner touches its file every `HEARTBEAT_SECONDS`; ages are differences
of two times that the file server itself gave, so that the machines' clocks do not matter.
"""

import contextlib
import dataclasses
import errno
import functools
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from codemix.errors import UserError
from codemix.store.atomic import read_json

HEARTBEAT_SECONDS = 10.0
EXPIRY_SECONDS = 120.0  # without a heartbeat; above the 60 s for which NFS may show an old time of change


@dataclasses.dataclass(frozen=True)
class Owner:
    """A process, told from every other one of this and of other machines."""

    host: str
    pid: int
    machine: str  # the boot of the machine and the process namespace, in which a pid means one process
    started: int  # when the process began, in ticks since the boot: pids are used again

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    def is_here(self) -> bool:
        return self.machine == _machine() != ""

    def is_alive_here(self) -> bool:
        """Whether the process runs, where `is_here`."""
        return _start_of(self.pid) == self.started


@dataclasses.dataclass(frozen=True)
class Holder:
    """The newest entry of a lease's chain.

    Attributes:
        owner: who made it.
        released: it was given back.
        expired: its owner is dead, or gave no sign of life for `EXPIRY_SECONDS`.
        age: seconds since the last sign of life.
    """

    owner: Owner
    released: bool
    expired: bool
    age: float

    @property
    def holds(self) -> bool:
        return not (self.released or self.expired)


class LeaseLost(UserError):
    """Another process took a lease over from this one."""


class Lease:
    """A lease that this process holds, from `try_lease`."""

    def __init__(self, folder: Path, number: int, owner: Owner):
        self._folder = folder
        self._number = number
        self._owner = owner
        self._ended = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def check(self) -> None:
        """Raises LeaseLost if another process has taken the lease over, which then does this one's work."""
        newest, _ = _newest(self._folder)
        if newest != self._number:
            raise LeaseLost(
                f"{self._folder.parent}: another process goes on with this work, since this one gave no sign of life "
                f"for {EXPIRY_SECONDS:.0f} s; nothing is to be done."
            )

    def release(self) -> None:
        self._ended.set()
        self._beating.join()
        with contextlib.suppress(OSError):  # as on a full disk: an entry that is cut short holds nothing either
            _write(_entry(self._folder, self._number), self._owner, released=True)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):
                os.utime(_entry(self._folder, self._number))


def try_lease(folder: Path) -> Lease | None:
    """The lease that the files in `folder` keep, or None while another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    number, path = _newest(folder)
    if path is not None and _holder(path, lambda: _file_servers_time(folder)).holds:
        return None
    return _claim(folder, number + 1)


def holder(folder: Path) -> Holder | None:
    """Who has, or had last, the lease that the files in `folder` keep. Writes nothing; ages are by this machine's
    clock."""
    _, path = _newest(folder) if folder.is_dir() else (0, None)
    return None if path is None else _holder(path, time.time)


def _claim(folder: Path, number: int) -> Lease | None:
    owner = this_process()
    claim = folder / f".claim-{uuid.uuid4().hex}.tmp"
    try:
        _write(claim, owner, released=False)
        os.link(claim, _entry(folder, number))
    except FileExistsError:
        # Another one's, or this one's: of a link that was made, an NFS server's answer can be lost on the way.
        if _read(_entry(folder, number))[0] != owner:
            return None
    except FileNotFoundError:  # whoever took the lease meanwhile has removed what lay about
        return None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        raise UserError(
            f"{folder}: the file system makes no hard links ({error.strerror}), by which processes agree on who works "
            "there; give a folder on another one with --home."
        ) from None
    finally:
        claim.unlink(missing_ok=True)
    for left in folder.glob(".claim-*.tmp"):  # by the killed, or by those who try now and will try again
        left.unlink(missing_ok=True)
    return Lease(folder, number, owner)


def _newest(folder: Path) -> tuple[int, Path | None]:
    """The number and the file of the newest entry; 0 and None where there is none."""
    numbers = [int(name[:-5]) for name in os.listdir(folder) if name.endswith(".json") and name[:-5].isdigit()]
    number = max(numbers, default=0)
    return number, _entry(folder, number) if number else None


def _entry(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.json"


def _holder(path: Path, now: Callable[[], float]) -> Holder:
    with open(path, "rb") as file:  # opened, so that NFS asks its server
        touched = os.fstat(file.fileno()).st_mtime
    owner, released = _read(path)
    age = max(0.0, (time.time if owner.is_here() else now)() - touched)
    expired = not owner.is_alive_here() if owner.is_here() else age > EXPIRY_SECONDS
    return Holder(owner, released, expired and not released, age)


def _read(path: Path) -> tuple[Owner, bool]:
    """The owner that an entry names, and whether it has given the lease back."""
    try:
        content = read_json(path)
    except ValueError:  # cut short: while it was given back, or with the power
        return Owner("unknown", 0, "", 0), True
    return Owner(**{name: value for name, value in content.items() if name != "released"}), content["released"]


def _write(path: Path, owner: Owner, released: bool) -> None:
    path.write_text(json.dumps({**dataclasses.asdict(owner), "released": released}) + "\n", encoding="utf-8")


def _file_servers_time(folder: Path) -> float:
    clock = folder / ".clock"
    clock.touch()
    return clock.stat().st_mtime


@functools.cache
def _machine() -> str:
    if not Path("/proc/self/ns/pid").exists():
        return ""  # nothing is known of other processes here: heartbeats decide
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {os.readlink('/proc/self/ns/pid')}"


def this_process() -> Owner:
    return Owner(socket.gethostname(), os.getpid(), _machine(), _start_of(os.getpid()) or 0)


def _start_of(pid: int) -> int | None:
    """When a process of this machine began; None where there is none, or one that has ended and is not yet buried."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else int(rest[18])
