"""What a program may use."""

import math
import time
from dataclasses import dataclass, fields
from functools import cache

from codemix.errors import UserError

REFERENCE_SECONDS = 0.010  # CPU time that `_work` takes on the reference machine, which this defines
MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one program may use.

    CPU time is in seconds of a reference machine, which `speed` translates for this one, so that a slow machine does
    not fail good code; time spent waiting for a busy core is not counted. Wall time only ends a program that sleeps.
    """

    cpu_seconds: float = 5.0
    wall_seconds: float = 60.0
    memory_bytes: int = 1024 * MIB  # address space beyond what an idle interpreter has, of each process
    processes: int = 16  # processes and threads at a time, the first one not counted
    file_bytes: int = 16 * MIB  # in one file, and in the scratch folder where it is a file system of its own
    output_bytes: int = MIB  # of standard output and standard error together

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            whole = field.type is int
            kinds = (int,) if whole else (int, float)
            least = 0 if field.name in ("processes", "file_bytes", "output_bytes") else 1e-3
            if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value < math.inf:
                kind = "a whole number" if whole else "a number of seconds"
                bound = "of 0 or more" if least == 0 else "above 0"
                raise UserError(f"Limits.{field.name} is {value!r}; give {kind} {bound}.")
        if self.memory_bytes < 16 * MIB:
            raise UserError(f"Limits.memory_bytes is {self.memory_bytes}; give at least {16 * MIB}, 16 MiB.")
        if self.wall_seconds < self.cpu_seconds:
            raise UserError(
                f"Limits.wall_seconds is {self.wall_seconds}, below cpu_seconds, {self.cpu_seconds}; "
                "give several times as much, for it also counts the waiting."
            )


def _work() -> int:
    """Calls, integers, a dictionary and a list: what small programs do."""
    counts: dict[int, int] = {}
    values = []
    for number in range(32_000):
        key = (number * 7919) % 1013
        counts[key] = counts.get(key, 0) + 1
        values.append(min(key, number))
    return sum(sorted(values)[:100]) + len(counts)


@cache
def speed() -> float:
    """CPU seconds of this machine in a second of the reference machine: 2.0 where Python takes twice as long.

    Measured once in a process, in CPU time, as the least of several rounds, so that a busy machine measures as itself.
    """
    taken = []
    for _ in range(5):
        start = time.process_time()
        _work()
        taken.append(time.process_time() - start)
    return min(taken) / REFERENCE_SECONDS
