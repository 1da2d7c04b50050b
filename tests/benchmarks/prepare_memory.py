"""The memory of prepare, and its MB of text a second: one shard of 1 GB of text, prepared by one worker.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.prepare_memory [--megabytes 1000] [--group-megabytes 500]

Once the shard is one .jsonl.zst as SlimPajama's, once one Parquet file of a few large row groups as StarCoderData's.
The resident memory of the command and of its worker is the most that Linux has seen (VmHWM); what of it is no page of a
file (RssAnon) is sampled. The aim is 1.5 GB a worker.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from codemix.data.document_store import read_manifest
from tests.benchmarks.prepare_tasks import corpora
from tests.benchmarks.sample_rows import rows, tokenizer_files, write_json_lines, write_parquet

INTERVAL = 0.05  # seconds between two looks
PREPARE = (
    "import sys; from codemix.data.pool import worker_pool; from codemix.data.prepare import prepare; "
    "from tests.benchmarks.prepare_tasks import WORK, corpora; "
    "__name__ == '__main__' and prepare(corpora(), [sys.argv[1]], WORK / 'home', worker_pool(1))"
)


def peaks(command: list[str], environment: dict[str, str]) -> tuple[float, dict[str, tuple[int, int]]]:
    """Seconds that a command takes, and role -> the most bytes that a process of it had: (resident, anonymous)."""
    found: dict[str, tuple[int, int]] = {}
    start = time.perf_counter()
    running = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True)
    while running.poll() is None:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        for pid in (running.pid, *map(int, children.read_text().split())):
            try:
                role = "command" if pid == running.pid else _role(Path(f"/proc/{pid}/cmdline").read_bytes())
                status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
                now = tuple(int(status[field].split()[0]) << 10 for field in ("VmHWM", "RssAnon"))  # given in kB
            except (FileNotFoundError, ProcessLookupError, KeyError):  # it has just ended
                continue
            resident, anonymous = found.get(role, (0, 0))
            found[role] = max(resident, now[0]), max(anonymous, now[1])
        time.sleep(INTERVAL)
    seconds = time.perf_counter() - start
    if running.returncode:
        assert running.stderr is not None
        raise SystemExit(f"prepare failed:\n{running.stderr.read()[-3000:]}")
    return seconds, found


def _role(command_line: bytes) -> str:
    return "worker" if b"spawn_main" in command_line else "resource tracker"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=1000, help="of text in the shard")
    parser.add_argument("--group-megabytes", type=float, default=500, help="of text in a row group")
    arguments = parser.parse_args()
    table = Table(title="prepare: one shard, one worker")
    for column in ("", "MB of text", "tokens", "seconds", "MB/s", "process", "peak resident, MB", "anonymous, MB"):
        table.add_column(column, justify="left" if column in ("", "process") else "right")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        next(iter(tokenizer_files(work).values())).rename(work / "tokenizer.json")
        group = int(arguments.group_megabytes * 1_000_000)
        sizes = {
            "text": write_json_lines(work / "text" / "one.jsonl.zst", rows("text", arguments.megabytes)),
            "code": write_parquet(work / "code" / "one.parquet", rows("code", arguments.megabytes), group),
        }
        environment = {"CODEMIX_BENCHMARK": folder, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
        for task, name in (("text", "jsonl.zst"), ("code", "Parquet")):
            store = corpora(work).store_path(work / "home", task)
            seconds, found = peaks([sys.executable, "-c", PREPARE, task], environment)
            tokens = sum(shard["tokens"] for shard in read_manifest(store)["splits"]["train"])
            for role in ("command", "worker"):
                megabytes = sizes[task] / 1e6
                first = (name, f"{megabytes:,.0f}", f"{tokens:,}", f"{seconds:.0f}", f"{megabytes / seconds:.1f}")
                cells = first if role == "command" else ("",) * 5
                table.add_row(*cells, role, *(f"{peak / 1e6:,.0f}" for peak in found[role]))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
