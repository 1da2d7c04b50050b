"""Joins the processes of a job: on one host or on many, JAX then computes in all of them as one.

By itself where JAX knows the launcher (Cloud TPU pods, TPUs on GKE, Slurm's srun, Open MPI's mpirun, indexed Jobs of
Kubernetes), by the flags elsewhere. A process that is alone joins nobody and waits for nobody.
"""

import dataclasses
import errno
import importlib.util
import os
import re
import socket
import threading
from collections.abc import Mapping
from typing import Any

from codemix.errors import UserError

CONNECT_SECONDS = 300  # for which the processes wait for one another
_MARGIN_SECONDS = 60  # JAX ends the process without a sentence after its own time, which is that much longer
_PROBE_SECONDS = 5.0
_NO_CLUSTER = "coordinator_address should be defined"  # says JAX of TPUs that are of no pod


@dataclasses.dataclass(frozen=True)
class _Started:
    """By `launcher`, with others; `told`: what `jax.distributed.initialize` does not find out itself."""

    launcher: str
    told: dict[str, Any]


def join(
    coordinator: str | None = None,
    processes: int | None = None,
    process: int | None = None,
    seconds: float = CONNECT_SECONDS,
) -> None:
    """Joins the other processes of the job, if there are any. To be called before anything asks JAX for a device.

    Args:
        coordinator: HOST:PORT of process 0, as every process reaches it. Given with `processes` and `process`, or not
            at all: then the launcher is asked.
        processes: how many there are.
        process: which one this is, from 0.
        seconds: after which processes that have not come are given up.

    Raises:
        UserError: the flags are half given or contradict each other, the port is taken, or not all processes came.
    """
    if (coordinator, processes, process) != (None, None, None):
        _join_named(coordinator, processes, process, seconds)
        return
    started = _by_launcher(os.environ)
    if started is not None:
        _initialize(seconds, f"not all processes that {started.launcher} started", **started.told)


def _join_named(coordinator: str | None, processes: int | None, process: int | None, seconds: float) -> None:
    if coordinator is None or processes is None or process is None:
        flags = {"--coordinator": coordinator, "--processes": processes, "--process": process}
        missing = " and ".join(flag for flag, value in flags.items() if value is None)
        raise UserError(f"--coordinator, --processes and --process go together; give {missing}, too.")
    found = re.fullmatch(r"(\[[^\]]+\]|[^:]+):(\d+)", coordinator)
    if not found or not 0 < int(found[2]) < 2**16:
        raise UserError(f"--coordinator {coordinator}: give HOST:PORT of process 0, with a port from 1 to 65535.")
    if processes < 1:
        raise UserError(f"--processes {processes}: give how many processes there are, at least 1.")
    if not 0 <= process < processes:
        raise UserError(f"--process {process}: of {processes} processes the numbers are 0 to {processes - 1}.")
    if processes == 1:
        return
    host, port = found[1].strip("[]"), int(found[2])
    if process == 0:
        _check_port(coordinator, port)
    try:
        _initialize(
            seconds,
            f"--coordinator {coordinator}: not all {processes} processes",
            coordinator_address=coordinator,
            num_processes=processes,
            process_id=process,
        )
    except UserError:
        if process and not _answers(host, port):
            raise UserError(
                f"--coordinator {coordinator}: nobody answered for {seconds:g} s; start process 0 there, and see that "
                "this host reaches the port."
            ) from None
        raise


def _by_launcher(environment: Mapping[str, str]) -> _Started | None:
    """Who started this process beside others; None where it is alone."""
    if "SLURM_STEP_NODELIST" in environment:  # srun's; the shell of sbatch or salloc is alone
        tasks = int(environment.get("SLURM_STEP_NUM_TASKS") or environment.get("SLURM_NTASKS") or 1)
        one_a_host = environment.get("SLURM_STEP_NUM_NODES") == str(tasks)
        return None if tasks == 1 else _Started("Slurm", {"num_processes": tasks, **_devices(one_a_host)})
    if int(environment.get("OMPI_COMM_WORLD_SIZE") or 1) > 1:
        if "OMPI_MCA_orte_hnp_uri" not in environment:  # of version 5, which JAX cannot ask
            raise UserError(
                "mpirun does not tell where process 0 is; give --coordinator HOST:PORT --processes "
                "$OMPI_COMM_WORLD_SIZE --process $OMPI_COMM_WORLD_RANK."
            )
        return _Started("mpirun", _devices(environment.get("OMPI_COMM_WORLD_LOCAL_SIZE") == "1"))
    if "JOB_COMPLETION_INDEX" in environment and importlib.util.find_spec("kubernetes"):
        return _Started("Kubernetes", {})
    return _Started("the TPU's runtime", {}) if _has_tpu(environment) else None


def _devices(one_a_host: bool) -> dict[str, Any]:
    """All devices of a host for its only process; JAX would give it one, as to each of several."""
    return {"local_device_ids": []} if one_a_host and "JAX_LOCAL_DEVICE_IDS" not in os.environ else {}


def _has_tpu(environment: Mapping[str, str]) -> bool:
    import jax  # noqa: F401  (looks for chips, and sets TPU_SKIP_MDS_QUERY where it finds none)

    if "tpu" not in (environment.get("JAX_PLATFORMS") or "tpu"):
        return False
    return environment.get("TPU_SKIP_MDS_QUERY") != "1" or "," in environment.get("TPU_WORKER_HOSTNAMES", "")  # GKE's


def _initialize(seconds: float, late: str, **told: Any) -> None:
    """`jax.distributed.initialize` in a thread: it waits in C++, where no signal is heard, and where it gives up it
    ends the process."""
    import jax

    outcome: list[BaseException] = []

    def initialize() -> None:
        try:
            jax.distributed.initialize(initialization_timeout=int(seconds + _MARGIN_SECONDS), **told)
        except BaseException as error:
            outcome.append(error)

    waiting = threading.Thread(target=initialize, daemon=True)
    waiting.start()
    waiting.join(seconds)
    if waiting.is_alive():
        raise UserError(f"{late} came within {seconds:g} s; start them all, and see that they reach one another.")
    if outcome and _NO_CLUSTER not in str(outcome[0]):
        reason = str(outcome[0]).partition("\n")[0].rstrip(".")
        raise UserError(f"{late} could be joined ({reason}); see that they reach one another.") from outcome[0]


def _check_port(coordinator: str, port: int) -> None:
    """JAX crashes where it cannot have the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise UserError(
                f"--coordinator {coordinator}: {os.strerror(error.errno).lower()}; give another port."
            ) from None


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), _PROBE_SECONDS).close()
    except OSError:
        return False
    return True
