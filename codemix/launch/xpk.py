"""GKE, by XPK: a workload for each phase, in a container image of this very commit.

The launcher stays, and gives a workload when its parents are done. XPK starts a workload again that is preempted, or
that was asked to stop and saved; the launcher gives one again that failed otherwise. The cluster has one of a name.
"""

import dataclasses
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from codemix.errors import UserError
from codemix.launch.driver import Tell, done_before, drive
from codemix.launch.jobs import LaunchJob, Work, joined
from codemix.launch.record import Record
from codemix.launch.shell import Shell, refusal, succeed
from codemix.launch.source import committed
from codemix.launch.workers import USER_ERROR, check_data, ended, on_worker, prepare, prepare_command, told

_STOPPED = 75
_UNSUCCESSFUL, _TIMED_OUT = 125, 124  # what `xpk workload list --wait-for-job-completion` ends with
_STATUS = 6  # the column of `xpk workload list`, whose columns are two spaces or more apart
_CAPACITY = {"spot": ["--spot"], "on_demand": ["--on-demand"], "cluster": []}


@dataclasses.dataclass(frozen=True)
class Xpk:
    """A GKE cluster made by XPK.

    Attributes:
        project, zone, cluster: of Google Cloud.
        device_type: what a workload runs on, "v5litepod-256" or "h100-80gb-8".
        nodes: of GPUs; slices of TPUs.
        image: the container image of launch/worker/Dockerfile, built from the commit that is launched.
        home: the home as containers see it, in one of `storages`.
        storages: names of XPK's storages that containers mount.
        capacity: "cluster" takes what the cluster has; the others have XPK provision it.
        priority: beside other workloads.
        restarts: how often XPK starts a workload again that was preempted, or asked to stop.
        attempts: how often one is given that fails by itself.
        environment: variables of the command.
    """

    project: str
    zone: str
    cluster: str
    device_type: str
    image: str
    home: str
    storages: Sequence[str] = ()
    nodes: int = 1
    capacity: Literal["spot", "on_demand", "cluster"] = "cluster"
    priority: Literal["very-low", "low", "medium", "high", "very-high"] = "medium"
    restarts: int = 100
    attempts: int = 3
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for field in ("nodes", "attempts"):
            if getattr(self, field) < 1:
                raise UserError(f"Xpk.{field} is {getattr(self, field)}; give a whole number ≥ 1.")

    def shown(self, work: Work) -> Iterator[tuple[str, str]]:
        check_data(work, "Xpk")
        study = committed(work.study, work.commit).study.as_posix()
        for job in work.jobs:
            if job.kind == "prepare":
                yield f"{job.label}, here", joined(prepare_command(job, work))
            else:
                commands = [self._create(job, work, study), self._wait(job.name), self._delete(job.name)]
                yield job.label, "\n".join(map(joined, commands))

    def launch(self, work: Work, record: Record, shell: Shell, tell: Tell) -> None:
        """Gives workloads until every job has ended; where one cannot, until all others have."""
        check_data(work, "Xpk")
        study = committed(work.study, work.commit).study.as_posix()

        def perform(job: LaunchJob, number: int) -> None:
            if job.kind == "prepare":
                prepare(job, work, shell)
            else:
                self._perform(job, work, study, record, shell, tell)

        drive(work, done_before(work, record, self.home), perform, record, shell, tell)

    def states(self, work: Work, record: Record, shell: Shell) -> Mapping[str, str]:
        rows = self._rows("codemix-.*", shell)
        return {name: row for name, row in rows.items() if name in record.jobs}

    def logs(self, name: str, work: Work, record: Record) -> Sequence[str]:
        """Of the workload while the cluster has it; of one that has ended, what the launcher kept."""
        if record.jobs[name]["state"] == "running" and record.jobs[name]["kind"] != "prepare":
            return self._logs(name)
        return ["cat", str(work.log(name))]

    def cancel(self, work: Work, record: Record, shell: Shell) -> None:
        for name in self.states(work, record, shell):
            succeed(shell, self._delete(name))

    def _perform(self, job: LaunchJob, work: Work, study: str, record: Record, shell: Shell, tell: Tell) -> None:
        for attempt in range(1, self.attempts + 1):
            if job.name not in self._rows(job.name, shell):
                succeed(shell, self._create(job, work, study))
            record.tell(job.name, handle=job.name)
            while (result := shell.run(self._wait(job.name))).returncode == _TIMED_OUT:
                pass
            output = shell.run(self._logs(job.name), work.log(job.name)).stdout
            if result.returncode == 0:
                succeed(shell, self._delete(job.name))
                return
            if result.returncode != _UNSUCCESSFUL:
                raise refusal(self._wait(job.name), result.stdout)
            succeed(shell, self._delete(job.name))
            if USER_ERROR in ended(output):
                raise told(output, job)
            tell(f"{job.label}: attempt {attempt} of {self.attempts} failed")
        raise UserError(f"{told(output, job)} ({self.attempts} attempts failed; {work.log(job.name)} has more)")

    def _rows(self, pattern: str, shell: Shell) -> dict[str, str]:
        """The workloads whose names match: name -> XPK's word for it."""
        command = ["xpk", "workload", "list", f"--filter-by-job={pattern}", *self._place()]
        rows = [re.split(r"\s{2,}", line.strip()) for line in succeed(shell, command).splitlines()]
        return {row[0]: row[_STATUS] for row in rows if len(row) > 6 and re.fullmatch(pattern, row[0])}

    def _create(self, job: LaunchJob, work: Work, study: str) -> list[str]:
        return [
            *("xpk", "workload", "create", f"--workload={job.name}", f"--docker-image={self.image}"),
            f"--device-type={self.device_type}",
            f"--num-{'nodes' if self._is_gpu else 'slices'}={self.nodes}",
            f"--priority={self.priority}",
            f"--max-restarts={self.restarts}",
            f"--restart-on-exit-codes={_STOPPED}",
            *_CAPACITY[self.capacity],
            *(f"--storage={storage}" for storage in self.storages),
            *(f"--env={name}={value}" for name, value in self.environment.items()),
            f"--command={shlex.join(on_worker(work, job, study, self.home))}",
            *self._place(),
        ]

    @property
    def _is_gpu(self) -> bool:
        return not re.match(r"v\d|tpu", self.device_type)

    def _wait(self, name: str) -> list[str]:
        return ["xpk", "workload", "list", f"--wait-for-job-completion={name}", *self._place()]

    def _delete(self, name: str) -> list[str]:
        return ["xpk", "workload", "delete", f"--workload={name}", "--force", *self._place()]

    def _logs(self, name: str) -> list[str]:
        """By the credentials of the cluster that XPK's own commands have fetched."""
        return ["kubectl", "logs", f"--selector=jobset.sigs.k8s.io/jobset-name={name}", "--tail=-1", "--prefix"]

    def _place(self) -> list[str]:
        return [f"--cluster={self.cluster}", f"--project={self.project}", f"--zone={self.zone}"]
