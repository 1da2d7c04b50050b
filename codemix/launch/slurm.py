"""Slurm: a job for each phase, which Slurm holds back until its parents have ended well.

The machines see the same home, and the same Python. A job is queued again when it is preempted, when its time is up and
when a node is lost. Its name is that of the phase, and Slurm runs one of a name at a time (singleton).
"""

import dataclasses
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from codemix.errors import UserError
from codemix.launch.jobs import LaunchJob, Work, joined, schedule
from codemix.launch.record import Record
from codemix.launch.shell import Shell, succeed
from codemix.launch.templates import rendered
from codemix.store.atomic import write_text

_ENDED = "BOOT_FAIL,CANCELLED,COMPLETED,DEADLINE,FAILED,NODE_FAIL,OUT_OF_MEMORY,REVOKED,TIMEOUT"


@dataclasses.dataclass(frozen=True)
class Slurm:
    """Where jobs run on a Slurm cluster.

    Attributes:
        partition: of all jobs but `prepare`, which has `prepare_partition` where one is named.
        nodes: of a phase; each runs one process.
        gpus_per_node, cpus_per_node: what a process has of its node; None for the partition's default.
        memory: of a node, as Slurm writes it: "64G".
        time: at most, "24:00:00"; a job that needs longer is stopped `notice_seconds` before, saves, and is queued
            again.
        account, qos: as the cluster asks for them.
        setup: lines of shell before the command: modules, variables.
        program: codemix, as the nodes call it.
        attempts: how often a command is tried that fails for another reason than a stop.
        options: further options of sbatch: ["--exclusive"].
    """

    partition: str
    prepare_partition: str | None = None
    account: str | None = None
    qos: str | None = None
    nodes: int = 1
    gpus_per_node: int | None = None
    cpus_per_node: int | None = None
    memory: str | None = None
    time: str | None = None
    notice_seconds: int = 120
    setup: str = ""
    program: Sequence[str] = (sys.executable, "-m", "codemix")
    attempts: int = 3
    options: Sequence[str] = ()

    def __post_init__(self) -> None:
        for field in ("nodes", "gpus_per_node", "cpus_per_node", "notice_seconds", "attempts"):
            value = getattr(self, field)
            if value is not None and value < 1:
                raise UserError(f"Slurm.{field} is {value}; give a whole number ≥ 1.")
        for option in self.options:
            if not option.startswith("-"):
                raise UserError(f"Slurm.options has '{option}'; give sbatch's options as they are, --name=value.")

    def shown(self, work: Work) -> Iterator[tuple[str, str]]:
        """Title and text of every script and command, with $JOB_… where Slurm's number of a job will be."""
        numbers = {job.name: f"$JOB_{number}" for number, job in enumerate(work.jobs)}
        for job, place in zip(work.jobs, schedule(work.jobs, work.slices), strict=True):
            yield f"{work.script(job)}.sh", self._script(job, work)
            submit = joined(self._submit(job, place.after, numbers, work)).replace("'", '"')  # for the shell's $JOB_…
            yield job.label, f"{numbers[job.name][1:]}=$({submit})"

    def launch(self, work: Work, record: Record, shell: Shell, tell: Callable[[str], None]) -> None:
        """Submits every job that Slurm does not have, and leaves."""
        alive = self._alive([job.name for job in work.jobs], shell)
        numbers = {name: number for name, (number, _) in alive.items()}
        for job, place in zip(work.jobs, schedule(work.jobs, work.slices), strict=True):
            if job.name in alive:
                record.tell(job.name, handle=alive[job.name][0], state="submitted")
                tell(f"{job.label}: job {alive[job.name][0]} is there already")
                continue
            write_text(script := work.script(job).with_suffix(".sh"), self._script(job, work))
            script.chmod(0o755)
            work.log(job.name).parent.mkdir(parents=True, exist_ok=True)
            said = succeed(shell, self._submit(job, place.after, numbers, work)).split()
            number = said[-1].partition(";")[0] if said else ""
            if not number.isdigit():
                raise UserError(f"sbatch answered '{number}' where the job's number should be; look at `squeue`.")
            numbers[job.name] = number
            record.tell(job.name, handle=number, state="submitted")
            tell(f"{job.label}: job {number}")

    def states(self, work: Work, record: Record, shell: Shell) -> Mapping[str, str]:
        """Slurm's word for each job that it has: PENDING, RUNNING…"""
        return {name: state for name, (_, state) in self._alive(list(record.jobs), shell).items()}

    def logs(self, name: str, work: Work, record: Record) -> Sequence[str]:
        return ["cat", str(work.log(name))]

    def cancel(self, work: Work, record: Record, shell: Shell) -> None:
        """Cancels what is not ended; what runs saves before it goes."""
        if alive := self._alive(list(record.jobs), shell):
            succeed(shell, ["scancel", *(number for number, _ in alive.values())])

    def _alive(self, names: Sequence[str], shell: Shell) -> dict[str, tuple[str, str]]:
        """name -> number and state, of the user's jobs with these names that have not ended; the latest of a name."""
        if not names:
            return {}
        command = ["squeue", "--me", "--noheader", "--states=all", "--format=%i|%j|%T", f"--name={','.join(names)}"]
        rows = [line.split("|") for line in succeed(shell, command).splitlines() if line.count("|") == 2]
        ended = _ENDED.split(",")
        return {name: (number, state) for number, name, state in sorted(rows, key=_number) if state not in ended}

    def _submit(self, job: LaunchJob, before: str | None, numbers: Mapping[str, str], work: Work) -> list[str]:
        parents = [numbers[name] for name in job.parents if name in numbers]
        after = [f"afterok:{':'.join(parents)}"] if parents else []
        if before and before in numbers and before not in job.parents:
            after.append(f"afterany:{numbers[before]}")
        dependency = ",".join([*after, "singleton"])
        return ["sbatch", "--parsable", f"--dependency={dependency}", f"{work.script(job)}.sh"]

    def _script(self, job: LaunchJob, work: Work) -> str:
        many = job.kind != "prepare"
        options = {
            "job-name": job.name,
            "comment": job.label,
            "partition": self.partition if many else self.prepare_partition or self.partition,
            "account": self.account,
            "qos": self.qos,
            "nodes": str(self.nodes if many else 1),
            "ntasks-per-node": "1",
            "gpus-per-node": str(self.gpus_per_node) if many and self.gpus_per_node else None,
            "cpus-per-task": str(self.cpus_per_node) if self.cpus_per_node else None,
            "mem": self.memory,
            "time": self.time,
            "signal": f"TERM@{self.notice_seconds}" if self.time else None,
            "output": str(work.log(job.name)),
            "open-mode": "append",
            "chdir": str(Path.cwd()),
            "kill-on-invalid-dep": "yes",
        }
        given = [f"--{name}={shlex.quote(value)}" for name, value in options.items() if value is not None]
        arguments = work.arguments(job, work.study.absolute(), work.home.absolute())
        return rendered(
            "slurm/job.sh",
            label=job.label,
            options="\n".join(f"#SBATCH {option}" for option in [*given, "--requeue", *self.options]),
            attempts=str(self.attempts),
            setup=self.setup,
            command=shlex.join([*self.program, *arguments]),
        )


def _number(row: Sequence[str]) -> int:
    return int(row[0]) if row[0].isdigit() else 0
