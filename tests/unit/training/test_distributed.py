"""How a process joins the others of its job, what it reads of a batch, and what is told where they do not come."""

import os
import socket
import subprocess
import sys
from typing import Any

import jax
import pytest
from jax.sharding import NamedSharding

from codemix.errors import UserError
from codemix.model.partitioning import make_mesh, spec
from codemix.training.distributed import join
from codemix.training.processes import host_rows

LAUNCHERS = ("SLURM", "OMPI", "JOB_COMPLETION", "TPU", "KUBERNETES", "JAX_LOCAL")


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What JAX was told, each time it was asked to join others; no launcher is there unless the test says so."""
    for name in [name for name in os.environ if name.startswith(LAUNCHERS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(jax.distributed, "initialize", lambda **arguments: told.append(arguments))
    return told


def srun(tasks: int, nodes: int) -> dict[str, str]:
    """What a task of a job step finds in its environment."""
    return {
        "SLURM_JOB_ID": "7",
        "SLURM_STEP_NODELIST": "node[1-4]",
        "SLURM_NTASKS": "9",
        "SLURM_STEP_NUM_TASKS": str(tasks),
        "SLURM_STEP_NUM_NODES": str(nodes),
        "SLURM_PROCID": "0",
        "SLURM_LOCALID": "0",
    }


MPIRUN = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4"}, None),  # the shell of sbatch or salloc
        (srun(1, 1), None),
        (srun(4, 4), {"num_processes": 4, "local_device_ids": []}),  # one a node: it has all of the node's devices
        (srun(8, 2), {"num_processes": 8}),
        ({**MPIRUN, "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1:34911"}, {}),
        ({"JAX_PLATFORMS": "tpu,cpu", "TPU_SKIP_MDS_QUERY": "1"}, None),  # JAX found no chips
        ({"JAX_PLATFORMS": "", "TPU_SKIP_MDS_QUERY": "true", "TPU_WORKER_HOSTNAMES": "host0,host1"}, {}),
        ({"JAX_PLATFORMS": "cpu", "TPU_WORKER_HOSTNAMES": "host0,host1"}, None),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, None),  # a pod that is no part of an indexed job
    ],
)
def test_a_launcher_is_asked_and_who_is_alone_joins_nobody(
    joined: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    expected: dict[str, Any] | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    join()
    for told in joined:
        told.pop("initialization_timeout")
    assert joined == ([] if expected is None else [expected])


def test_a_launcher_that_does_not_tell_is_told(joined: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in MPIRUN.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"^mpirun does not tell where process 0 is; give --coordinator HOST:PORT"):
        join()
    assert not joined


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ("host:1", None, None),
            "^--coordinator, --processes and --process go together; give --processes and --process",
        ),
        ((None, 2, 0), "go together; give --coordinator, too"),
        (("host", 2, 0), "^--coordinator host: give HOST:PORT of process 0"),
        (("host:70000", 2, 0), "with a port from 1 to 65535"),
        (("host:1", 0, 0), "^--processes 0: give how many"),
        (("host:1", 2, 2), "^--process 2: of 2 processes the numbers are 0 to 1"),
    ],
)
def test_flags_that_cannot_be_are_told(joined: list[dict[str, Any]], flags: tuple, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        join(*flags)
    assert not joined


def test_one_process_of_one_waits_for_nobody(joined: list[dict[str, Any]]) -> None:
    join("host:1", 1, 0)
    assert not joined


def test_a_port_that_is_taken_is_told(joined: list[dict[str, Any]]) -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"^--coordinator localhost:{port}: address already in use; give another"):
            join(f"localhost:{port}", 2, 0)
    assert not joined


@pytest.mark.parametrize(
    ("process", "sentence"),
    [
        (1, "--coordinator {}: nobody answered for 1 s; start process 0"),
        (0, "--coordinator {}: not all 2 processes came"),
    ],
)
def test_others_that_do_not_come_are_told(process: int, sentence: str) -> None:
    """In a process of its own, which ends with the sentence and not as JAX would end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    program = f"""
from codemix.errors import UserError
from codemix.training.distributed import join
try:
    join({coordinator!r}, 2, {process}, seconds=1)
except UserError as error:
    print(error)
    raise SystemExit(2)
"""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout.startswith(sentence.format(coordinator)), ended.stdout


@pytest.mark.parametrize(
    ("topology", "shape", "hosts_of_a_row"),
    [
        ("v5e:4x4", {"fsdp": -1}, 1),
        ("v5e:16x16", {"data": -1, "fsdp": 16}, 1),
        ("v5e:4x4", {"data": -1, "tensor": 4}, 2),
    ],
)
def test_the_hosts_of_a_pod_read_every_row_and_only_their_own(topology: str, shape: dict, hosts_of_a_row: int) -> None:
    """A mesh lies on a pod's torus as its links go, so that a host's rows are not one stretch."""
    pytest.importorskip("libtpu")
    from codemix.training.compiling import topology_devices

    mesh = make_mesh(shape, topology_devices(topology))
    batch_rows = 2 * mesh.shape["data"] * mesh.shape["fsdp"]
    rows = NamedSharding(mesh, spec("rows", None))
    found = {host: host_rows(rows, batch_rows, host) for host in {device.process_index for device in mesh.devices.flat}}
    device: Any
    for device, index in rows.devices_indices_map((batch_rows, 9)).items():
        assert {*range(*index[0].indices(batch_rows))} <= {*found[device.process_index].rows}
    assert all(list(each.rows) == sorted(each.rows) for each in found.values())
    assert sum(len(each.rows) for each in found.values()) == hosts_of_a_row * batch_rows
    assert ("tensor" not in shape) == any(each.rows[-1] - each.rows[0] >= len(each.rows) for each in found.values())
    counted = [row for each in found.values() for row, counts in zip(each.rows, each.counted, strict=True) if counts]
    assert sorted(counted) == list(range(batch_rows))
