"""The engines by name, and what each does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from codemix.launch.jobs import Work
from codemix.launch.record import Record
from codemix.launch.shell import Shell
from codemix.launch.sky import Sky
from codemix.launch.slurm import Slurm
from codemix.launch.tpu_vm import TpuVm
from codemix.launch.xpk import Xpk


class Engine(Protocol):
    """Where jobs run: a frozen dataclass that gin binds."""

    def shown(self, work: Work) -> Iterator[tuple[str, str]]:
        """Title and text of every script, manifest and command that `launch` would use."""

    def launch(self, work: Work, record: Record, shell: Shell, tell: Callable[[str], None]) -> None:
        """Brings the jobs to their end, or to a queue that does. What runs already is left alone.

        Raises:
            UserError: something to mend, in one sentence.
        """

    def states(self, work: Work, record: Record, shell: Shell) -> Mapping[str, str]:
        """The engine's own word for the jobs and slices that it has."""

    def logs(self, name: str, work: Work, record: Record) -> Sequence[str]:
        """The command that prints the log of a job."""

    def cancel(self, work: Work, record: Record, shell: Shell) -> None:
        """Ends what runs, and removes what costs."""


ENGINES: dict[str, type[Any]] = {"slurm": Slurm, "tpu_vm": TpuVm, "xpk": Xpk, "sky": Sky}
