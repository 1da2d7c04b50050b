"""What engines have in common whose workers do not see this machine's files."""

import re
import sys
from collections.abc import Sequence

from codemix.errors import UserError
from codemix.launch.jobs import LaunchJob, Work
from codemix.launch.shell import Shell, refusal

DONE, USER_ERROR = 0, 2
RUN = "launch/worker/run.sh"  # in codemix's folder on a worker


def ended(output: str) -> set[int]:
    """The exit statuses that `launch/worker/run.sh` tells of, one of each worker."""
    return {int(status) for status in re.findall(r"codemix-exit-status (\d+)", output)}


def told(output: str, job: LaunchJob) -> UserError:
    """What codemix said on a worker: its one sentence, or the last line."""
    sentences = re.findall(r"codemix: (.+)", output)
    lines = [line for line in output.splitlines() if line.strip() and "codemix-exit-status" not in line]
    said = sentences[-1] if sentences else (lines[-1] if lines else "it said nothing")
    return UserError(f"{job.label}: {said}")


def check_data(work: Work, engine: str) -> None:
    """Raises UserError where workers would look for token stores that lie on this machine."""
    if not work.data or "://" not in work.data:
        raise UserError(
            f"{engine}: workers do not see the folders of this machine; give a bucket with --data, such as "
            "--data gs://BUCKET/codemix."
        )


def prepare_command(job: LaunchJob, work: Work) -> list[str]:
    """Token stores are made where the launcher is, which needs no accelerator."""
    return [sys.executable, "-m", "codemix", *work.arguments(job, work.study, work.home)]


def prepare(job: LaunchJob, work: Work, shell: Shell) -> None:
    result = shell.run(prepare_command(job, work), work.log(job.name))
    if result.returncode:
        raise refusal(["codemix", "prepare"], result.stdout)


def on_worker(work: Work, job: LaunchJob, study: str, home: str) -> Sequence[str]:
    """The job's command in codemix's folder on a worker."""
    return ["bash", RUN, *work.arguments(job, study, home)]
