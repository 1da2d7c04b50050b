"""The levels of isolation, from the strongest: what each is, and what it leaves open."""

from dataclasses import dataclass

LEVELS = ("namespaces", "seccomp", "rlimits")

_LEAVES_OPEN = {
    "namespaces": ("faults of the kernel itself", "memory of all processes of a program together"),
    "seccomp": ("faults of the kernel itself", "sight of the machine's processes, load and time"),
    "rlimits": (
        "the network",
        "files that the user can read or write",
        "signals to other processes of the user",
        "faults of the kernel itself",
    ),
}


@dataclass(frozen=True)
class Isolation:
    """The level in force.

    Attributes:
        level: 'namespaces': user, mount, pid, net, ipc and uts namespaces of its own, on a root that holds a read-only
            standard library and a scratch in memory. 'seccomp': a filter of system calls, which leaves no sockets, no
            new processes and no signals to others. 'rlimits': resource limits, a session and a clean environment.
            Each level has what those after it have.
        filtered: system calls are filtered (any level but the last, where the machine's calls are known).
        confined: Landlock confines files to the standard library and the scratch folder (level 'seccomp'). Without it
            nothing is written at that level, and what the user can read can be read.
        user: 'another' where programs run under an unprivileged user id that nothing else has, else 'own'.
    """

    level: str
    filtered: bool
    confined: bool
    user: str

    @property
    def leaves_open(self) -> tuple[str, ...]:
        """What this level does not protect against."""
        found = list(_LEAVES_OPEN[self.level])
        if self.level == "seccomp" and not self.confined:
            found.insert(0, "reading the files that the user can read")
        if self.level == "namespaces" and not self.filtered:
            found.insert(0, "rarely used system calls")
        return tuple(found)

    def __str__(self) -> str:
        parts = [self.level]
        parts += ["seccomp"] * (self.filtered and self.level != "seccomp") + ["landlock"] * self.confined
        return f"{' + '.join(parts)} (user id: {self.user}; leaves open: {'; '.join(self.leaves_open)})"
