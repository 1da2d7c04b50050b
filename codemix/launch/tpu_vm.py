"""TPU VMs: slices that Google Cloud gives as queued resources, and takes away again.

The launcher stays. It holds as many slices as were asked for, installs codemix on each, gives a job's command to every
worker, and makes a slice anew that was preempted, came up in part, or has a worker that cannot be reached. The names of
the slices are made from the study and the home: a launcher that was stopped finds its slices again, and one from
elsewhere finds the names taken. They are removed when nothing is left to do.
"""

import dataclasses
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from codemix.errors import UserError
from codemix.launch.driver import Tell, done_before, drive
from codemix.launch.jobs import LaunchJob, Work, joined
from codemix.launch.record import Record
from codemix.launch.shell import Refused, Shell, Stopping, refusal, succeed
from codemix.launch.source import Source, committed, write_archive
from codemix.launch.templates import rendered
from codemix.launch.workers import DONE, USER_ERROR, check_data, ended, on_worker, prepare, prepare_command, told
from codemix.store.atomic import write_text

_COMING = ("ACCEPTED", "CREATING", "PROVISIONING", "WAITING_FOR_RESOURCES")
_CAPACITY = {"spot": ["--spot"], "reserved": ["--reserved"], "on_demand": []}


@dataclasses.dataclass(frozen=True)
class Generation:
    """What a generation of TPUs needs: the image of its VMs, and what the compiler is told."""

    image: str
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


GENERATIONS = {
    "v4": Generation("tpu-ubuntu2204-base"),
    "v5litepod": Generation("v2-alpha-tpuv5-lite"),
    "v5p": Generation("v2-alpha-tpuv5"),
    "v6e": Generation("v2-alpha-tpuv6e", {"LIBTPU_INIT_ARGS": "--xla_tpu_scoped_vmem_limit_kib=98304"}),
}


@dataclasses.dataclass(frozen=True)
class TpuVm:
    """Slices of TPUs, and how they are had.

    Attributes:
        project, zone: of Google Cloud.
        accelerator_type: a slice, "v5litepod-16".
        capacity: "spot" may be taken away at any time, "reserved" is the project's own, "on_demand" neither.
        home: the home as every worker sees it: a folder that `setup` mounts.
        setup: lines of shell, on every worker before codemix is installed, and again whenever something has failed.
        image: of the VMs; None for the one of the TPUs' generation.
        environment: variables of the command, beside those of the generation.
        network, subnetwork, service_account: as the project asks for them.
        attempts: how often what fails by itself is tried.
        preemptions: how often a job's slice may be taken away.
        poll_seconds: between two looks at a slice that is awaited.
    """

    project: str
    zone: str
    accelerator_type: str
    capacity: Literal["spot", "reserved", "on_demand"]
    home: str
    setup: str = ""
    image: str | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    network: str | None = None
    subnetwork: str | None = None
    service_account: str | None = None
    attempts: int = 3
    preemptions: int = 100
    poll_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.image is None and self._generation is None:
            raise UserError(
                f"TpuVm.accelerator_type is '{self.accelerator_type}', of no generation known here "
                f"({', '.join(GENERATIONS)}); correct it, or name the VMs' image with TpuVm.image."
            )
        for field in ("attempts", "preemptions", "poll_seconds"):
            if not getattr(self, field) > 0:
                raise UserError(f"TpuVm.{field} is {getattr(self, field)}; give a number above 0.")

    @property
    def _generation(self) -> Generation | None:
        return GENERATIONS.get(self.accelerator_type.partition("-")[0])

    def shown(self, work: Work) -> Iterator[tuple[str, str]]:
        check_data(work, "TpuVm")
        source = committed(work.study, work.commit)
        for job in work.jobs:
            if job.kind == "prepare":
                yield f"{job.label}, here", joined(prepare_command(job, work))
        yield "codemix, packed", joined(["git", "archive", f"--output={source.archive}", source.commit])
        yield f"{work.folder / 'install.sh'}", self._install_script(source)
        for number in range(min(work.slices, len(work.jobs))):
            name = _slice(work, number)
            commands = [self._create(name), self._describe(name), self._node(name), *self._install(name, work, source)]
            yield f"slice {name}", "\n".join(map(joined, commands))
        for job in work.jobs:
            if job.kind != "prepare":
                yield f"{job.label}, on the slice that is free", joined(self._run("SLICE", job, work, source))
        yield "when nothing is left to do, each slice", joined(self._delete("SLICE"))

    def launch(self, work: Work, record: Record, shell: Shell, tell: Tell) -> None:
        """Holds slices until every job has ended; where one cannot, until all others have."""
        check_data(work, "TpuVm")
        source = committed(work.study, work.commit)
        write_archive(source, work.folder)
        write_text(work.folder / "install.sh", self._install_script(source))
        slices = [_Slice(_slice(work, number), self, record, shell, tell) for number in range(work.slices)]

        def perform(job: LaunchJob, number: int) -> None:
            if job.kind == "prepare":
                prepare(job, work, shell)
            else:
                slices[number].perform(
                    job,
                    self._install(slices[number].name, work, source),
                    self._run(slices[number].name, job, work, source),
                    work,
                )

        try:
            drive(work, done_before(work, record, self.home), perform, record, shell, tell)
        except UserError:
            self._remove(list(record.slices), record, shell)
            raise
        except Stopping:  # whoever cancels removes them
            raise
        except BaseException:
            if record.slices:
                tell(
                    f"{', '.join(record.slices)}: kept; the same command goes on with them, `codemix launch cancel "
                    f"{work.study}` removes them."
                )
            raise
        self._remove(list(record.slices), record, shell)

    def states(self, work: Work, record: Record, shell: Shell) -> Mapping[str, str]:
        return {name: self._state(name, shell) or "NOT_FOUND" for name in record.slices}

    def logs(self, name: str, work: Work, record: Record) -> Sequence[str]:
        return ["cat", str(work.log(name))]

    def cancel(self, work: Work, record: Record, shell: Shell) -> None:
        self._remove(list(record.slices), record, shell)

    def _remove(self, names: Sequence[str], record: Record, shell: Shell) -> None:
        for name in names:
            if self._state(name, shell) is not None:
                succeed(shell, self._delete(name))
            record.removed(name)

    def _state(self, name: str, shell: Shell) -> str | None:
        """The queued resource's state; None where there is none of this name."""
        result = shell.run(self._describe(name))
        if result.returncode == 0:
            return result.stdout.strip().splitlines()[-1]
        if "NOT_FOUND" in result.stdout:
            return None
        raise refusal(self._describe(name), result.stdout)

    def _create(self, name: str) -> list[str]:
        generation = self._generation
        optional = {
            "network": self.network,
            "subnetwork": self.subnetwork,
            "service-account": self.service_account,
        }
        return [
            *("gcloud", "compute", "tpus", "queued-resources", "create", name, f"--node-id={name}"),
            f"--accelerator-type={self.accelerator_type}",
            f"--runtime-version={self.image or (generation.image if generation else '')}",
            *_CAPACITY[self.capacity],
            *(f"--{flag}={value}" for flag, value in optional.items() if value),
            *self._place(),
        ]

    def _describe(self, name: str) -> list[str]:
        command = ["gcloud", "compute", "tpus", "queued-resources", "describe", name, "--format=value(state.state)"]
        return [*command, *self._place()]

    def _node(self, name: str) -> list[str]:
        return ["gcloud", "compute", "tpus", "tpu-vm", "describe", name, "--format=value(state)", *self._place()]

    def _delete(self, name: str) -> list[str]:
        """The queued resource, and with --force the slice that it has."""
        return ["gcloud", "compute", "tpus", "queued-resources", "delete", name, "--force", *self._place()]

    def _install(self, name: str, work: Work, source: Source) -> list[list[str]]:
        files = [str(work.folder / source.archive), str(work.folder / "install.sh")]
        copy = ["gcloud", "compute", "tpus", "tpu-vm", "scp", *files, f"{name}:", "--worker=all", *self._place()]
        return [copy, self._ssh(name, "bash ~/install.sh")]

    def _run(self, name: str, job: LaunchJob, work: Work, source: Source) -> list[str]:
        environment = {**(self._generation.environment if self._generation else {}), **self.environment}
        variables = [f"{variable}={shlex.quote(value)}" for variable, value in environment.items()]
        command = shlex.join(on_worker(work, job, source.study.as_posix(), self.home))
        return self._ssh(name, " ".join(["cd ~/codemix &&", *variables, command]))

    def _ssh(self, name: str, command: str) -> list[str]:
        ssh = ["gcloud", "compute", "tpus", "tpu-vm", "ssh", name, "--worker=all", f"--command={command}"]
        return [*ssh, *self._place()]

    def _place(self) -> list[str]:
        return [f"--project={self.project}", f"--zone={self.zone}", "--quiet"]

    def _install_script(self, source: Source) -> str:
        return rendered(
            "worker/install.sh", setup=self.setup, commit=source.commit, archive=source.archive, extras="gs,tpu"
        )


class _Slice:
    """One slice, made, made ready and made anew as often as it takes."""

    def __init__(self, name: str, engine: TpuVm, record: Record, shell: Shell, tell: Tell):
        self.name = name
        self._engine = engine
        self._record = record
        self._shell = shell
        self._tell = tell
        self._is_ready = False

    def perform(self, job: LaunchJob, install: Sequence[Sequence[str]], run: Sequence[str], work: Work) -> None:
        """Gives the command to every worker until it has ended well on all.

        Raises:
            UserError: there is something to mend, or too much has failed.
        """
        failures = preemptions = 0
        while True:
            preemptions += self._come_up(job)
            if preemptions > self._engine.preemptions:
                raise UserError(
                    f"{job.label}: its slice was taken away {preemptions} times; raise TpuVm.preemptions, or choose "
                    "another TpuVm.capacity."
                )
            output = self._make_ready(install, work.log(job.name))
            if output is None:
                result = self._shell.run(run, work.log(job.name))
                output, statuses = result.stdout, ended(result.stdout)
                if statuses == {DONE} and result.returncode == 0:
                    return
                if USER_ERROR in statuses:
                    raise told(output, job)
            self._is_ready = False
            if not self._is_there():
                self._tell(f"{job.label}: {self.name} was taken away")
                continue
            failures += 1
            if failures >= self._engine.attempts:
                raise UserError(f"{told(output, job)} ({failures} attempts failed; {work.log(job.name)} has more)")
            self._tell(f"{job.label}: attempt {failures} of {self._engine.attempts} failed")
            if failures > 1:  # once more on another slice: one of its machines may be broken
                self._remove()

    def _come_up(self, job: LaunchJob) -> int:
        """Returns once the slice is there; how often one was lost before that."""
        lost = refused = 0
        while True:
            state = self._engine._state(self.name, self._shell)
            if state is not None and self.name not in self._record.slices:
                raise Refused(
                    f"{self.name}: there is such a slice that was not made from this home; another launcher has it, "
                    "and must end it first."
                )
            if state is None:
                self._record.made(self.name)
                self._record.tell(job.name, told=f"asking for {self.name}")
                self._create()
            elif state in _COMING:
                self._record.tell(job.name, told=f"{self.name}: {state}")
                self._shell.wait(self._engine.poll_seconds)
            elif state == "ACTIVE" and self._is_there():
                self._record.tell(job.name, told=f"on {self.name}")
                return lost
            else:
                refused += state == "FAILED"
                if refused >= self._engine.attempts:
                    raise Refused(
                        f"{self.name}: Google Cloud could not give it ({refused} requests FAILED); look at `gcloud "
                        f"compute tpus queued-resources describe {self.name}`, or choose another TpuVm.zone."
                    )
                self._tell(f"{self.name}: {state}, made anew")
                lost += state != "FAILED"
                self._remove()

    def _create(self) -> None:
        command = self._engine._create(self.name)
        result = self._shell.run(command)
        if result.returncode == 0 or "ALREADY_EXISTS" in result.stdout:
            return
        self._record.removed(self.name)
        if "quota" in result.stdout.lower():
            said = next(line.strip() for line in result.stdout.splitlines() if "quota" in line.lower())
            raise Refused(
                f"TpuVm.project {self._engine.project} has no quota for {self._engine.accelerator_type} "
                f"({self._engine.capacity}) in {self._engine.zone}: {said.rstrip('.')}; ask for more, or choose "
                "another TpuVm.zone."
            )
        raise refusal(command, result.stdout)

    def _is_there(self) -> bool:
        """Whether the queued resource has its slice, and all of it."""
        if self._engine._state(self.name, self._shell) != "ACTIVE":
            return False
        node = self._shell.run(self._engine._node(self.name))
        return node.returncode == 0 and node.stdout.strip().splitlines()[-1:] == ["READY"]

    def _make_ready(self, install: Sequence[Sequence[str]], log: Path) -> str | None:
        """Installs codemix on every worker, once. Returns what was said where that failed."""
        for command in () if self._is_ready else install:
            result = self._shell.run(command, log)
            if result.returncode:
                return result.stdout
        self._is_ready = True
        return None

    def _remove(self) -> None:
        self._is_ready = False
        self._engine._remove([self.name], self._record, self._shell)


def _slice(work: Work, number: int) -> str:
    return f"{work.name}-{number}"
