"""The filter of system calls: classic BPF over `struct seccomp_data` (linux/seccomp.h, linux/filter.h).

What is listed is refused with EPERM, everything else allowed: it is the second wall where there are namespaces, and
the list is of what reaches beyond the process. Where there are none it also refuses sockets, new processes, signals
to others and, unless Landlock confines them, every change to files.
"""

import ctypes
import struct
from functools import cache

from codemix.sandbox import kernel

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEW*: user, pid, net, ipc, uts, cgroup, mount, time
_THREAD = 0x10000  # CLONE_THREAD
_OPEN_TO_WRITE = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000  # WRONLY, RDWR, CREAT, TRUNC, the bit of TMPFILE

# name: number on x86_64, on aarch64 (None: not there)
_BEYOND: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "pidfd_send_signal": (424, 424),
    "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51), "pivot_root": (155, 41), "mount": (165, 40),
    "umount2": (166, 39), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "execve": (59, 221), "execveat": (322, 281), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161),
    "setdomainname": (171, 162), "syslog": (103, 116), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262), "personality": (135, 92), "iopl": (172, None), "ioperm": (173, None),
    "modify_ldt": (154, None), "uselib": (134, None), "vhangup": (153, 58), "mknod": (133, None), "mknodat": (259, 33),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "move_pages": (279, 239), "migrate_pages": (256, 238), "setpriority": (141, 140),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "sched_setparam": (142, 118), "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180),
}  # fmt: skip
# where there is no pid namespace
_OTHERS: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None), "vfork": (58, None), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
}  # fmt: skip
# where nothing confines files
_CHANGES: dict[str, tuple[int | None, int | None]] = {
    "creat": (85, None), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "link": (86, None),
    "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36), "truncate": (76, 45), "openat2": (437, 437),
}  # fmt: skip
# Landlock does not handle these
_ATTRIBUTES: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
_CLONE, _CLONE3, _OPEN, _OPENAT = (56, 220), (435, 435), (2, None), (257, 56)
_KILL_CALLS = (
    (62, 129),
    (200, 130),
    (234, 131),
)  # kill, tkill, tgkill: their first argument is who
# their first argument is whose limits, or whose cores
_OF_ANOTHER = ((302, 261), (203, 122))


def _argument(index: int) -> int:
    return 16 + 8 * index  # of its low half; both architectures are little-endian


@cache  # made once in the server, for its forks
def instructions(alone: bool, confined: bool, own: tuple[int, ...]) -> bytes:
    """The filter, as the kernel takes it. The parameters are those of `install`."""
    column = 0 if kernel.MACHINE == "x86_64" else 1
    code: list[tuple[int, int, int, int]] = []

    def put(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        code.append((operation, if_true, if_false, value))

    def refuse(number: int | None, error: int = _EPERM) -> None:
        if number is not None:
            put(_EQUAL, number, 0, 1)
            put(_RETURN, _ERRNO | error)

    def where(number: int | None, argument: int, test: int, values: tuple[int, ...], matching_is_refused: bool) -> None:
        """Of the calls `number`, those whose argument matches a value are refused, or the only ones allowed."""
        if number is None:
            return
        put(_EQUAL, number, 0, len(values) + 3)
        put(_LOAD, _argument(argument))
        for index, value in enumerate(values):
            put(test, value, len(values) - index, 0)
        put(_RETURN, _ALLOW if matching_is_refused else _ERRNO | _EPERM)
        put(_RETURN, _ERRNO | _EPERM if matching_is_refused else _ALLOW)

    put(_LOAD, _ARCHITECTURE)
    put(_EQUAL, _AUDIT[kernel.MACHINE], 1, 0)
    put(_RETURN, _KILL)
    put(_LOAD, _NUMBER)
    if column == 0:
        put(_ANY_BIT, _X32, 0, 1)
        put(_RETURN, _ERRNO | _ENOSYS)
    tables = [_BEYOND] + [_OTHERS] * alone + ([_ATTRIBUTES] + [_CHANGES] * (not confined)) * alone
    for table in tables:
        for numbers in table.values():
            refuse(numbers[column])
    for numbers in _OF_ANOTHER:  # a nursery has the user of what it forks
        where(numbers[column], 0, _EQUAL, (0, *own), False)
    refuse(_CLONE3[column], _ENOSYS)  # its flags are in memory, where a filter cannot look; callers then use clone
    if alone:
        where(_CLONE[column], 0, _ANY_BIT, (_THREAD,), False)
        for numbers in _KILL_CALLS:
            where(numbers[column], 0, _EQUAL, own, False)
        if not confined:
            where(_OPEN[column], 1, _ANY_BIT, (_OPEN_TO_WRITE,), True)
            where(_OPENAT[column], 2, _ANY_BIT, (_OPEN_TO_WRITE,), True)
    else:
        where(_CLONE[column], 0, _ANY_BIT, (_NEW_NAMESPACES,), True)
    put(_RETURN, _ALLOW)
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


def supported() -> bool:
    return kernel.MACHINE in _AUDIT


def install(alone: bool, confined: bool, own: tuple[int, ...]) -> None:
    """Filters this process's system calls, and those of what it starts, for good. Needs NO_NEW_PRIVS.

    Args:
        alone: nothing but this filter is between the program and the machine: there are no namespaces.
        confined: Landlock confines the files.
        own: processes that may be sent signals, where `alone`.
    """
    made = instructions(alone, confined, own if alone else ())
    code = ctypes.create_string_buffer(made, len(made))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(made) // 8, ctypes.addressof(code)))
    kernel.prctl(kernel.PR_SET_SECCOMP, 2, program)
