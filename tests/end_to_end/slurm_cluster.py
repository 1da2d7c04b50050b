"""A small Slurm cluster on this machine: one controller, node daemons with names and ports of their own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue")
NODES = ("codemix1", "codemix2")

_CONFIGURATION = """
ClusterName=codemix
SlurmctldHost={host}
SlurmctldPort={controller_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmdSpoolDir={folder}/spool.%n
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldTimeout=10
SlurmdTimeout=10
KillWait=10
MinJobAge=86400
JobRequeue=1
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def install() -> str | None:
    """Installs Slurm where it is missing. Returns why there is none, or None."""
    if os.geteuid() != 0:
        return "Slurm's daemons need root"
    missing = [program for program in PROGRAMS if shutil.which(program, path=_path()) is None]
    if missing and shutil.which("apt-get") is None:
        return f"{missing[0]} is missing, and apt-get, which would install it"
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "slurm-wlm", "munge"]):
            result = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True)
        if result.returncode:
            return f"apt-get installs no slurm-wlm: {result.stderr.strip().splitlines()[-1]}"
    return None


class Cluster:
    """Its daemons, and commands given in it. The nodes' names are known inside only: it has a mount namespace of its
    own, in which /etc/hosts is another file."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._keeper: subprocess.Popen | None = None
        self._daemons: dict[str, list[subprocess.Popen]] = {}
        self.environment = {
            **os.environ, "PATH": _path(), "SLURM_CONF": str(folder / "slurm.conf"), "JAX_PLATFORMS": "cpu"
        }  # fmt: skip

    def start(self) -> None:
        for name in ("state", *(f"spool.{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        host, ports = socket.gethostname(), _free_ports(1 + len(NODES))
        nodes = [
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={os.cpu_count()} State=UNKNOWN\n"
            for node, port in zip(NODES, ports[1:], strict=True)
        ]
        configuration = _CONFIGURATION.format(host=host, folder=self.folder, controller_port=ports[0])
        partition = configuration.index("PartitionName")
        text = configuration[:partition] + "".join(nodes) + configuration[partition:]
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "hosts").write_text(Path("/etc/hosts").read_text() + f"127.0.0.1 {' '.join(NODES)}\n")
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", f"mount --bind {self.folder}/hosts /etc/hosts && echo up && exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"up\n"
        named = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        self._start("munged", ["munged", "--foreground", "--force",
                    *(f"--{flag}={self.folder}/munge.{name}" for flag, name in named.items())])  # fmt: skip
        _until(lambda: (self.folder / "munge.socket").exists())
        self._start("slurmctld", ["slurmctld", "-D"])
        for node in NODES:
            self.start_node(node)
        self.await_idle()

    def stop(self) -> None:
        for node in NODES:
            self.kill_node(node)
        for daemons in self._daemons.values():
            for daemon in daemons:
                daemon.kill()
                daemon.wait()
        if self._keeper:
            self._keeper.communicate()

    def start_node(self, node: str) -> None:
        self._start(node, ["slurmd", "-D", "-N", node])

    def kill_node(self, node: str) -> None:
        """What a power cut does to a node: its daemon, the steps on it and their processes are gone at once."""
        for daemon in self._daemons.pop(node, []):
            daemon.kill()
            daemon.wait()
        for process in Path("/proc").glob("[0-9]*"):
            if self._is_on(node, process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process.name), signal.SIGKILL)

    def _is_on(self, node: str, process: Path) -> bool:
        """Whether it is a step of this cluster's node, or a process that one started."""
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            if f"SLURM_CONF={self.folder}/slurm.conf".encode() not in variables:
                return False
            log = f"{self.folder}/slurmd.{node}.log"
            opened = [os.readlink(file) for file in (process / "fd").iterdir()]
        except OSError:  # it has just ended
            return False
        return f"SLURMD_NODENAME={node}".encode() in variables or log in opened

    def run(self, command: Sequence[str], **options) -> subprocess.CompletedProcess:
        """A command given on the cluster, to its end."""
        return subprocess.run(self._inside(command), env=self.environment, capture_output=True, text=True, **options)

    def output(self, *command: str) -> str:
        result = self.run(command, timeout=300)
        assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def node_state(self, node: str) -> str:
        return self.output("sinfo", "--noheader", "--Node", f"--nodes={node}", "--format=%T").strip()

    def await_idle(self) -> None:
        _until(lambda: all(self.node_state(node) == "idle" for node in NODES))

    def _start(self, name: str, command: Sequence[str]) -> None:
        with open(self.folder / f"{name}.out", "ab") as log:
            daemon = subprocess.Popen(self._inside(command), env=self.environment, stdout=log, stderr=log)
        self._daemons.setdefault(name, []).append(daemon)

    def _inside(self, command: Sequence[str]) -> list[str]:
        assert self._keeper is not None
        return ["nsenter", f"--mount=/proc/{self._keeper.pid}/ns/mnt", f"--wd={Path.cwd()}", "--", *command]


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for opened in sockets:
        opened.bind(("127.0.0.1", 0))
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def _until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the cluster does not come up"
        time.sleep(0.2)
