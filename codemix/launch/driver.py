"""Jobs on an engine that knows nothing of dependencies: the launcher stays, and gives each job when its parents are
done and a slice is free."""

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from codemix.errors import UserError
from codemix.launch.jobs import LaunchJob, Work
from codemix.launch.record import CANCELLED, Record
from codemix.launch.shell import Refused, Shell, Stopping

Tell = Callable[[str], None]
Perform = Callable[[LaunchJob, int], None]

_LOOK_SECONDS = 1.0


def drive(work: Work, done: Collection[str], perform: Perform, record: Record, shell: Shell, tell: Tell) -> None:
    """Brings every job to its end.

    Args:
        work: the jobs, and how many side by side.
        done: names of those that have ended well before.
        perform: does a job on the slice of this number, to its end; raises UserError where that is no use.
        record: told of each job as it goes.

    Raises:
        UserError: a job failed; what waits for it was not begun, everything else was, unless the engine refuses.
        Stopping: the launch was cancelled.
    """
    done = set(done)
    waiting = [job for job in work.jobs if job.name not in done]
    if not waiting:
        tell(f"All {len(work.jobs)} jobs were done before; `codemix launch logs {work.study}` has what they said.")
    free = list(range(work.slices))
    running: dict[Future, tuple[LaunchJob, int]] = {}
    failed: UserError | None = None
    with ThreadPoolExecutor(work.slices) as threads:
        try:
            while True:
                ready = [job for job in waiting if set(job.parents) <= done]
                for job in ready[: len(free)]:
                    waiting.remove(job)
                    number = free.pop(0)
                    record.tell(job.name, state="running", told="")
                    tell(f"{job.label}: begins")
                    running[threads.submit(perform, job, number)] = (job, number)
                if not running:
                    break
                ended, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
                for future in ended:
                    job, number = running.pop(future)
                    free.insert(0, number)
                    try:
                        future.result()
                    except UserError as error:
                        failed = failed or error
                        record.tell(job.name, state="failed", told=str(error))
                        tell(f"{job.label}: {error}")
                        if isinstance(error, Refused):
                            waiting.clear()
                    else:
                        done.add(job.name)
                        record.tell(job.name, state="done")
                        tell(f"{job.label}: done")
                if (work.folder / CANCELLED).exists():
                    raise Stopping
        except BaseException:
            shell.stop()
            raise
    if failed:
        raise failed


def done_before(work: Work, record: Record, home: str) -> set[str]:
    """The jobs that the record calls done. Where the workers' home is the one here, the home itself says it, and
    knows of what was lost since."""
    if home == str(work.home.absolute()):
        return set()
    return {job.name for job in work.jobs if record.jobs[job.name]["state"] == "done"}
