"""SkyPilot: a managed job for each phase, on whichever cloud has the machines.

The launcher stays, and gives a job when its parents are done. SkyPilot finds the machines, and finds others when they
are taken away, or when codemix was asked to stop and saved.
"""

import dataclasses
import json
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codemix.errors import UserError
from codemix.launch.driver import Tell, done_before, drive
from codemix.launch.jobs import LaunchJob, Work, joined
from codemix.launch.record import Record
from codemix.launch.shell import Shell, refusal, succeed
from codemix.launch.source import Source, committed, write_archive
from codemix.launch.templates import rendered
from codemix.launch.workers import USER_ERROR, ended, on_worker, told
from codemix.store.atomic import write_text

_STOPPED = 75
_ENDED = ("SUCCEEDED", "CANCELLED", "FAILED", "FAILED_SETUP", "FAILED_PRECHECKS", "FAILED_NO_RESOURCE",
          "FAILED_CONTROLLER")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Sky:
    """Machines that SkyPilot finds.

    Attributes:
        accelerators: of a node, "tpu-v5litepod-16" or "H100:8".
        home: the home as every node sees it: a folder that `setup` mounts.
        infra: where to look, "gcp/us-east5"; None for everywhere that SkyPilot has credentials for.
        spot: machines that may be taken away at any time.
        nodes: of a phase.
        setup: lines of shell, on every node before codemix is installed.
        extras: what codemix needs there beside itself, "gs,tpu".
        prepare_cpus: of the node that makes token stores.
        environment: variables of the command.
        image: of the machines, as SkyPilot writes it.
        attempts: how often a command is tried that fails by itself.
        poll_seconds: between two looks at a job.
    """

    accelerators: str
    home: str
    extras: str
    spot: bool
    infra: str | None = None
    nodes: int = 1
    setup: str = ""
    prepare_cpus: int = 16
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    image: str | None = None
    attempts: int = 3
    poll_seconds: float = 30.0

    def __post_init__(self) -> None:
        for field in ("nodes", "prepare_cpus", "attempts", "poll_seconds"):
            if not getattr(self, field) > 0:
                raise UserError(f"Sky.{field} is {getattr(self, field)}; give a number above 0.")

    def shown(self, work: Work) -> Iterator[tuple[str, str]]:
        source = committed(work.study, work.commit)
        yield "codemix, packed", joined(["git", "archive", f"--output={source.archive}", source.commit])
        for job in work.jobs:
            yield f"{work.script(job)}.yaml", self._task(job, work, source)
            yield job.label, joined(self._launch(job, work))

    def launch(self, work: Work, record: Record, shell: Shell, tell: Tell) -> None:
        """Gives managed jobs until every job has ended; where one cannot, until all others have."""
        source = committed(work.study, work.commit)
        write_archive(source, work.folder)

        def perform(job: LaunchJob, number: int) -> None:
            write_text(work.script(job).with_suffix(".yaml"), self._task(job, work, source))
            self._perform(job, work, record, shell)

        drive(work, done_before(work, record, self.home), perform, record, shell, tell)

    def states(self, work: Work, record: Record, shell: Shell) -> Mapping[str, str]:
        return {name: row["status"] for name, row in self._queue(shell).items() if name in record.jobs}

    def logs(self, name: str, work: Work, record: Record) -> Sequence[str]:
        return self._logs(name)

    def cancel(self, work: Work, record: Record, shell: Shell) -> None:
        for name, state in self.states(work, record, shell).items():
            if state not in _ENDED:
                succeed(shell, ["sky", "jobs", "cancel", f"--name={name}", "--yes"])

    def _perform(self, job: LaunchJob, work: Work, record: Record, shell: Shell) -> None:
        row = self._queue(shell).get(job.name)
        if row is None or row["status"] in _ENDED:
            succeed(shell, self._launch(job, work))
        while True:
            row = self._queue(shell).get(job.name)
            if row is None:
                raise UserError(f"{job.label}: SkyPilot has no job {job.name} any more; give the same command again.")
            record.tell(job.name, handle=row["job_id"], told=row["status"])
            if row["status"] in _ENDED:
                break
            shell.wait(self.poll_seconds)
        if row["status"] == "SUCCEEDED":
            return
        if row["status"] == "FAILED":
            output = shell.run(self._logs(job.name), work.log(job.name)).stdout
            tries = "" if USER_ERROR in ended(output) else f" ({self.attempts} attempts failed)"
            raise UserError(f"{told(output, job)}{tries}")
        raise UserError(f"{job.label}: {row['status']}: {row.get('failure_reason') or 'SkyPilot says no more'}")

    def _queue(self, shell: Shell) -> dict[str, dict[str, Any]]:
        """name -> the latest managed job of this name."""
        command = ["sky", "jobs", "queue", "--all", "--output=json"]
        output = succeed(shell, command)
        try:
            rows = json.loads(output[output.index("[") :])
        except ValueError:
            raise refusal(command, output) from None
        return {row["job_name"]: row for row in sorted(rows, key=lambda row: row["job_id"])}

    def _launch(self, job: LaunchJob, work: Work) -> list[str]:
        return ["sky", "jobs", "launch", f"{work.script(job)}.yaml", f"--name={job.name}", "--detach-run", "--yes"]

    def _logs(self, name: str) -> list[str]:
        return ["sky", "jobs", "logs", f"--name={name}", "--no-follow"]

    def _task(self, job: LaunchJob, work: Work, source: Source) -> str:
        many = job.kind != "prepare"
        machines = {"accelerators": self.accelerators, "use_spot": self.spot, "image_id": self.image}
        resources = {
            "infra": self.infra,
            **(machines if many else {"cpus": f"{self.prepare_cpus}+"}),
            "job_recovery": {"max_restarts_on_errors": self.attempts - 1, "recover_on_exit_codes": [_STOPPED]},
        }
        install = rendered(
            "worker/install.sh", setup=self.setup, commit=source.commit, archive=source.archive, extras=self.extras
        )
        return rendered(
            "sky/task.yaml",
            label=job.label,
            name=job.name,
            nodes=str(self.nodes if many else 1),
            resources=json.dumps({name: value for name, value in resources.items() if value is not None}),
            archive=source.archive,
            local_archive=str((work.folder / source.archive).absolute()),
            environment=json.dumps(dict(self.environment)),
            install=textwrap.indent(install, "  ").strip(),
            command=shlex.join(on_worker(work, job, source.study.as_posix(), self.home)),
        )
