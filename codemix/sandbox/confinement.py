"""What confines: namespaces and an own root of files, or a folder of its own; limits; users; filters."""

import contextlib
import os
import resource
import sys
import time
from dataclasses import dataclass
from typing import NoReturn

from codemix.sandbox import kernel, seccomp
from codemix.sandbox.isolation import Isolation

JUDGE_USER, GUEST_USER = 65533, 65534
SCRATCH = "/tmp"  # in a root of its own
SPARE_CPU_SECONDS = 1.0  # beyond a program's, for what serves several: it is given up when it has used as much
MOST_DESCRIPTORS = 64
_COARSE_CLOCK = 5  # linux/time.h: the one that files are stamped with, CLOCK_REALTIME_COARSE
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
_PLACES = ("/mnt", "/media", "/srv", "/var/tmp", "/tmp", "/dev/shm")
# flags of statvfs, which a remount must keep, and the mount flags they are
_KEPT = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}


@dataclass(frozen=True)
class Bounds:
    """Limits as the kernel takes them."""

    cpu_seconds: float  # of this machine
    address_space: int
    processes: int
    file_bytes: int


def libraries() -> list[str]:
    """What Python reads when it imports: the standard library, and the shared libraries of the system."""
    found = [path for path in (*_LIBRARIES, f"{sys.base_prefix}/lib") if os.path.exists(path)]
    standard = os.path.dirname(os.__file__)
    if not any(standard.startswith(f"{path}/") for path in found):
        found.append(standard)
    return found


def enter_namespaces() -> int:
    """Makes this process the parent of one in new namespaces, and returns in that one: the first of its pid namespace.

    The parent waits, and exits as it does.

    Returns:
        A descriptor of the pid namespace.

    Raises:
        OSError: the machine does not allow it. Half of it may have happened.
    """
    user, group = os.geteuid(), os.getegid()
    spaces = kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS
    if user == 0:
        # whoever is in a new user namespace cannot map two ids into it; who stays outside can
        _with_maps_from_outside(spaces, f"0 0 1\n{JUDGE_USER} {JUDGE_USER} 2\n")
    else:
        kernel.unshare(spaces)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{GUEST_USER} {user} 1\n")
        _write("/proc/self/gid_map", f"{GUEST_USER} {group} 1\n")
    if child := os.fork():
        _exit_as(child)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    space = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # mounted read-only; the filter of system calls refuses them too
        _write("/proc/sys/user/max_user_namespaces", "0")  # of this namespace: none inside
    _own_root()
    return space


def _with_maps_from_outside(spaces: int, ids: str) -> None:
    process = os.getpid()
    told, tell = os.pipe()
    writer = os.fork()
    if not writer:
        try:
            os.close(tell)
            if os.read(told, 1):
                _write(f"/proc/{process}/uid_map", ids)
                _write(f"/proc/{process}/gid_map", ids)
                os._exit(0)
        finally:
            os._exit(1)
    os.close(told)
    try:
        kernel.unshare(spaces)
        os.write(tell, b"1")
    finally:
        os.close(tell)
        _, status = os.waitpid(writer, 0)
    if status:
        raise OSError("the ids of a user namespace cannot be mapped")


def _exit_as(child: int) -> NoReturn:
    _, status = os.waitpid(child, 0)
    os._exit(0 if status == 0 else 1)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _own_root() -> None:
    """A root in memory that holds the libraries, read-only, five devices and an empty folder for the scratch."""
    shown = libraries()
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    new = next(place for place in _PLACES if os.path.isdir(place) and not _holds(place, shown))
    kernel.mount("none", new, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=64k,mode=755")
    for path in shown:
        _show(new, path)
    for device in _DEVICES:
        if os.path.exists(device):
            os.makedirs(os.path.dirname(new + device), exist_ok=True)
            os.close(os.open(new + device, os.O_CREAT | os.O_WRONLY))
            kernel.mount(device, new + device, flags=kernel.MS_BIND)
    os.mkdir(new + SCRATCH)
    kernel.mount("none", new, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | _flags_of(new))
    kernel.become_root_of_files(new)


def _holds(place: str, paths: list[str]) -> bool:
    return any(os.path.realpath(path).startswith(f"{place}/") or path.startswith(f"{place}/") for path in paths)


def _show(root: str, path: str) -> None:
    if os.path.exists(root + path) and not os.path.islink(path):
        return  # inside one that is shown already
    os.makedirs(os.path.dirname(root + path), exist_ok=True)
    if os.path.islink(path):
        if not os.path.lexists(root + path):
            os.symlink(os.readlink(path), root + path)
        return
    os.mkdir(root + path)
    # with what is mounted below it, which a user namespace may not uncover
    kernel.mount(path, root + path, flags=kernel.MS_BIND | kernel.MS_REC)
    flags = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("none", root + path, flags=flags | _flags_of(root + path))


def _flags_of(path: str) -> int:
    has = os.statvfs(path).f_flag
    return sum(flag for bit, flag in _KEPT.items() if has & bit)


def mount_scratch(file_bytes: int, user: int | None) -> None:
    """Mounts an empty scratch folder in memory, which goes when the last process of the mount namespace does."""
    kernel.unshare(kernel.NEWNS)
    size = max(file_bytes, 4096)  # 0 would be no limit
    owner = "" if user is None else f",uid={user},gid={user}"
    options = f"size={size},nr_inodes=4096,mode=700{owner}"
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("none", SCRATCH, "tmpfs", flags, options)


class Changes:
    """Of a scratch folder that is empty now.

    Whatever is made in the folder, and every change to the folder itself, sets the time of its last change, which
    nobody can set back.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._stamp = self._now()
        # a change in the same tick of the clock would have the same time
        while time.clock_gettime_ns(_COARSE_CLOCK) <= self._stamp[0]:
            time.sleep(0.001)

    def none(self) -> bool:
        """Whether nothing has been made or changed in it, ever."""
        return self._now() == self._stamp

    def _now(self) -> tuple[int, ...]:
        found = os.stat(self._folder)
        return found.st_ctime_ns, found.st_mtime_ns, found.st_mode, found.st_uid, found.st_nlink, found.st_ino


def confine(isolation: Isolation, bounds: Bounds, scratch: str | None, user: int | None) -> None:
    """Confines this process and what it forks, for good: folder, limits, user, capabilities, files, system calls.

    Args:
        isolation: the level in force.
        bounds: of each process.
        scratch: the folder that is worked in and written to; None for neither.
        user: whom to become.
    """
    os.chdir(scratch or "/")
    os.umask(0o077)
    seconds = int(bounds.cpu_seconds + SPARE_CPU_SECONDS) + 1
    for which, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, bounds.address_space, bounds.address_space),
        (resource.RLIMIT_FSIZE, bounds.file_bytes, bounds.file_bytes),
        (resource.RLIMIT_NOFILE, MOST_DESCRIPTORS, MOST_DESCRIPTORS),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
    ):
        _limit(which, soft, hard)
    if isolation.level == "namespaces":
        # those of the sandbox count too: with a user of its own the nursery and its child, else all in the namespace
        _limit_processes(bounds.processes + (2 if user is not None else 6))
        if isolation.filtered:
            seccomp.install(alone=False, confined=False, own=())
    kernel.drop_privileges(user)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # neither traced nor read by another process of the user
    if isolation.confined:
        devices = [path for path in _DEVICES if os.path.exists(path)]
        kernel.confine_files([*libraries(), *devices], [scratch] if scratch is not None else [])


def confine_further(isolation: Isolation, bounds: Bounds, others: int) -> None:
    """What a fork of a confined process still lacks where there are no namespaces.

    There the kernel counts a user's processes on the whole machine, and the filter names the process that it is for.

    Args:
        others: processes that the user has besides, which have no part in the limit.
    """
    if isolation.level != "namespaces":
        _limit_processes(bounds.processes + others)
        if isolation.filtered:
            seccomp.install(alone=True, confined=isolation.confined, own=(os.getpid(),))


def _limit_processes(most: int) -> None:
    _limit(resource.RLIMIT_NPROC, most, most)


def _limit(which: int, soft: int, hard: int) -> None:
    most = resource.getrlimit(which)[1]
    if most != resource.RLIM_INFINITY:  # a limit of the machine stands
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(which, (soft, hard))


def processes_of(user: int | None) -> int:
    """Processes and threads that the user has on the machine, as RLIMIT_NPROC counts them."""
    wanted = os.getuid() if user is None else user
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == wanted:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return count
