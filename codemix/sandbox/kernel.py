"""Linux system calls that Python 3.11 has no names for, through ctypes. Numbers and flags: linux/sched.h, mount.h,
prctl.h, capability.h, landlock.h.
"""

import ctypes
import os
import struct

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
_CLOCK_PROCESS_CPUTIME_ID, _SIGEV_SIGNAL = 2, 0  # time.h, signal.h
_CAPABILITY_VERSION_3 = 0x20080522
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # the same on every architecture

MACHINE = os.uname().machine
_libc = ctypes.CDLL(None, use_errno=True)
_python_libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(what: str, number: int | None, *arguments: object) -> int:
    if number is None:
        raise OSError(f"{what}: unknown on {MACHINE}")
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments), what)


def fork() -> int:
    """A fork of a process of one thread, without what `os.fork` has every module do before and after it.

    Random numbers go on in both from the same state.
    """
    return _checked(_python_libc.fork(), "fork")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _checked(_libc.setns(descriptor, kind), "setns")


def prctl(option: int, argument: object = 0, further: object = 0) -> int:
    return _checked(_libc.prctl(option, argument, further, 0, 0), "prctl")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    _checked(
        _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()),
        f"mount {target}",
    )


def become_root_of_files(folder: str) -> None:
    """`folder`, a mount, becomes /, and the file systems before it are gone."""
    os.chdir(folder)
    _syscall("pivot_root", _SYS_PIVOT_ROOT.get(MACHINE), b".", b".")
    _checked(_libc.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def gain_no_privileges() -> None:
    """From here on neither this process nor what it starts gains a privilege that it lacks."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # the kernel has no more of them, or there is none to give up
            break
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def drop_privileges(user: int | None) -> None:
    """Becomes `user` and its group where one is given, and gives up every capability, for good."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _syscall("capset", _SYS_CAPSET.get(MACHINE), header, bytes(24))


class CpuTimer:
    """Sends this process a signal when it has used up some CPU time. It is precise, where those of setitimer sample."""

    def __init__(self, signal: int) -> None:
        event = struct.pack("Qii", 0, signal, _SIGEV_SIGNAL).ljust(64, b"\0")
        self._timer = ctypes.c_void_p()
        made = _libc.timer_create(_CLOCK_PROCESS_CPUTIME_ID, event, ctypes.byref(self._timer))
        _checked(made, "timer_create")

    def set(self, seconds: float) -> None:
        """In `seconds` from now, and not when it was set to before."""
        after = struct.pack("llll", 0, 0, int(seconds), int(seconds % 1 * 1e9))
        _checked(_libc.timer_settime(self._timer, 0, after, None), "timer_settime")


# Rights of landlock.h: those of ABI 1 (of files: execute, write, read, read a folder, remove, make), then REFER
# (ABI 2), TRUNCATE (3), IOCTL_DEV (5)
_READ = 1 << 2 | 1 << 3
_ACCESS = ((1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
_BIND_AND_CONNECT = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3


def landlock_version() -> int:
    """The kernel's Landlock ABI; 0 without it."""
    return max(0, _libc.syscall(ctypes.c_long(_LANDLOCK_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint(1)))


def confine_files(readable: list[str], writable: list[str]) -> None:
    """From here on only files under `readable` can be read, and those under `writable` written. For good."""
    version = landlock_version()
    handled = _ACCESS[min(version, len(_ACCESS)) - 1]
    net = _BIND_AND_CONNECT if version >= 4 else 0
    scoped = _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0
    rules = struct.pack("QQQ", handled, net, scoped)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _syscall("landlock", _LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), ctypes.c_uint(0))
    for paths, rights in ((readable, _READ), (writable, handled & ~1)):
        for path in paths:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights_here = rights if os.path.isdir(path) else rights & _OF_FILES
            rule = struct.pack("<Qi", rights_here & handled, descriptor)
            _syscall("landlock", _LANDLOCK_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
            os.close(descriptor)
    _syscall("landlock", _LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)
