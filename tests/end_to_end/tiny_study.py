"""The tiny study in processes of its own: starting, killing and comparing them."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

STUDY = Path(__file__).with_name("tiny.gin")
NAME = STUDY.stem
LEASES = (".lease", ".preparing")
TIMEOUT = 300  # seconds after which a command counts as hanging


@dataclasses.dataclass(frozen=True)
class Reference:
    """The tiny study, run once without interruption."""

    home: Path
    output: str
    status: int
    peak_memory: int  # bytes, of all its processes together


def start(command: str, home: Path, *arguments: str, program: tuple[str, ...] = ("-m", "codemix")) -> subprocess.Popen:
    """Starts a codemix command on the tiny study, as the leader of a process group; its output is captured."""
    home.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, *program, command, str(STUDY), "--home", str(home), *arguments],
        cwd=home,
        env={**os.environ, "JAX_PLATFORMS": "cpu", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen) -> subprocess.CompletedProcess:
    """Waits for a process to end; one that hangs is killed, with all that it started."""
    try:
        stdout, stderr = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def codemix(command: str, home: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Runs a codemix command on the tiny study, to its end."""
    return finish(start(command, home, *arguments))


def succeed(command: str, home: Path, *arguments: str) -> str:
    """Runs a command that must end well; returns what it printed."""
    result = codemix(command, home, *arguments)
    assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}"
    return result.stdout


def refusal(command: str, home: Path, *arguments: str) -> str:
    """Runs a command that must be refused with status 2 and one sentence on stderr; returns the sentence."""
    result = codemix(command, home, *arguments)
    assert result.returncode == 2, f"{command} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}"
    lines = result.stderr.strip().split("\n")
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("codemix: "), result.stderr
    return lines[0]


def kill_when(
    condition: Callable[[Path], bool], home: Path, *arguments: str, command: str = "run", alone: bool = False
) -> None:
    """Runs a command and sends it SIGKILL as soon as `condition(home)` holds: with all its children, or `alone`."""
    process = start(command, home, *arguments)
    try:
        wait_until(condition, home, process)
    except BaseException:
        kill(process)
        raise
    kill(process, alone)


def wait_until(condition: Callable[[Path], bool], home: Path, process: subprocess.Popen) -> None:
    """Returns as soon as `condition(home)` holds; fails if the process ends or hangs before."""
    deadline = time.monotonic() + TIMEOUT
    while not _holds(condition, home):
        assert process.poll() is None, f"the run ended before the moment came:\n{finish(process).stderr}"
        assert time.monotonic() < deadline, "the moment did not come"
        time.sleep(0.0005)


def _holds(condition: Callable[[Path], bool], home: Path) -> bool:
    try:
        return condition(home)
    except FileNotFoundError:  # a folder that was removed while it was listed
        return False


def kill_after(seconds: float, home: Path) -> None:
    """Runs the study and sends SIGKILL to all of it after so long; it may have ended by then."""
    process = start("run", home)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    kill(process)


def kill(process: subprocess.Popen, alone: bool = False) -> None:
    if alone:
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def copy_prepared(home: Path, target: Path) -> Path:
    """A home that has the token stores of another, and nothing trained."""
    for folder in ("documents", "tokenizers", "tokens"):
        shutil.copytree(home / folder, target / folder)
    return target


def copy_home(home: Path, target: Path) -> Path:
    """All of a home, times of change included."""
    return shutil.copytree(home, target, symlinks=True)


def study_folder(home: Path) -> Path:
    return home / "studies" / NAME


def phases(home: Path) -> dict[str, dict[str, Any]]:
    """key -> phase.json of every finished phase."""
    return {path.parent.name: read_json(path) for path in sorted((home / "phases").glob("*/phase.json"))}


def plan(home: Path, *arguments: str) -> dict[str, Any]:
    return json.loads(succeed("plan", home, "--json", *arguments))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def times(folder: Path) -> dict[str, int]:
    """When each file below `folder` was last written."""
    return {file.relative_to(folder).as_posix(): file.stat().st_mtime_ns for file in _files(folder)}


def file_count(home: Path) -> int:
    """How many files are there, also while a run adds and removes some."""
    return sum(len(files) for _, _, files in os.walk(home))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in _files(folder)}


def losses(home: Path, key: str) -> list[tuple[int, float, float]]:
    """(step, loss, gradient norm) of every step that the phase's metrics record."""
    lines = (home / "phases" / key / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(record["step"], record["loss"], record["grad_norm"]) for record in map(json.loads, lines)]


def final_arrays(home: Path, key: str) -> dict[str, np.ndarray]:
    """Every array of the phase's last checkpoint: parameters and the optimizer's moments; whole, whatever devices they
    were on."""
    import jax
    import orbax.checkpoint as ocp

    step = phases(home)[key]["last_step"]
    folder = (home / "phases" / key / "checkpoints" / f"step_{step}" / "state").absolute()
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    with ocp.StandardCheckpointer() as checkpointer:
        saved = checkpointer.metadata(folder).item_metadata
        target = jax.tree.map(lambda array: jax.ShapeDtypeStruct(array.shape, array.dtype, sharding=here), saved.tree)
        leaves = jax.tree_util.tree_leaves_with_path(checkpointer.restore(folder, target))
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def assert_same_outcome(home: Path, reference: Path, but: Collection[str] = ()) -> None:
    """Parameters, losses, ledger, results and report are those of the reference, bit for bit; the parameters of the
    phases `but` are not looked at."""
    done, expected = phases(home), phases(reference)
    assert done.keys() == expected.keys()
    for key in expected:
        assert losses(home, key) == losses(reference, key), key
        assert done[key]["consumed_rows"] == expected[key]["consumed_rows"], key
        if key in but:
            continue
        ours, theirs = final_arrays(home, key), final_arrays(reference, key)
        assert ours.keys() == theirs.keys()
        for name, array in theirs.items():
            assert array.dtype == ours[name].dtype, (key, name)
            assert array.tobytes() == ours[name].tobytes(), (key, name)
    results = f"studies/{NAME}/results.parquet"
    assert (home / results).read_bytes() == (reference / results).read_bytes()
    assert contents(study_folder(home) / "report") == contents(study_folder(reference) / "report")


def finish_alike(home: Path, reference: Path) -> None:
    """Runs the study to its end: the outcome is the reference's, bit for bit, and nothing else is left."""
    succeed("run", home)
    assert_same_outcome(home, reference)
    assert_no_leftovers(home)


def assert_no_leftovers(home: Path) -> None:
    """Nothing that an interrupted writer began is left."""
    left = [path for path in home.rglob("*") if ".tmp" in path.name or "-tmp" in path.name or ".partial" in path.name]
    assert not left, left


def memory_of_session(process: subprocess.Popen) -> int:
    """Bytes of memory that the process and everything it started hold now; shared pages count once for each."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[3]) == process.pid:  # the session
                total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            continue  # it has just ended
    return total


def _files(folder: Path) -> list[Path]:
    """All but the leases, which say who worked here last."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name not in LEASES)
