"""prepare end to end, in MB of text a second, beside SeqIO's caching with Beam's DirectRunner and beside datatrove.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.prepare [--megabytes 100]

All read the same files, half of the text from .jsonl.zst as SlimPajama's, half from Parquet as StarCoderData's, apply
the same filters and the same tokenizer.json, and write the same token ids: their tokens are counted and compared. No
text occurs twice, so that exact deduplication, which codemix alone does, drops nothing. SeqIO's vocabulary encodes with
Hugging Face's tokenizers, as there is nothing else for such a file; a last run lends it codemix's faster encoding. Each
runs in a process of its own; the time its imports take is measured apart, because it does not grow with the data.
Rounds alternate; figures are medians.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from codemix.data.document_store import read_manifest
from codemix.data.pool import default_workers
from tests.benchmarks.prepare_tasks import TASKS, corpora
from tests.benchmarks.sample_rows import rows, tokenizer_files, write_json_lines, write_parquet

FILES = 8  # of each kind
ROUNDS = 3
GROUP_BYTES = 32 << 20
TASKS_MODULE = "tests.benchmarks.prepare_tasks"
PREPARE = (
    "from codemix.data.prepare import prepare; "
    f"from {TASKS_MODULE} import TASKS, WORK, corpora; "
    "__name__ == '__main__' and prepare(corpora(), TASKS, WORK / 'home')"
)
DATATROVE = f"from {TASKS_MODULE} import run_datatrove; __name__ == '__main__' and run_datatrove()"


class Run(NamedTuple):
    """One way to make the tokens."""

    imports: str  # the modules whose import is measured apart
    command: list[str]
    environment: dict[str, str]
    tokens: Callable[[Path], int]  # those it has made, the ends of documents among them


def write_inputs(work: Path, megabytes: float) -> int:
    """Writes the files and the tokenizer. Returns the bytes of text."""
    text = list(rows("text", megabytes / 2))
    code = list(rows("code", megabytes / 2))
    total = 0
    for number in range(FILES):
        total += write_json_lines(
            work / "text" / f"{number:02d}.jsonl.zst", itertools.islice(text, number, None, FILES)
        )
        total += write_parquet(
            work / "code" / f"{number:02d}.parquet", itertools.islice(code, number, None, FILES), GROUP_BYTES
        )
    tokenizer = next(iter(tokenizer_files(work).values()))
    shutil.copyfile(tokenizer, work / "tokenizer.json")
    return total


def tokens_of_codemix(work: Path) -> int:
    stores = (read_manifest(corpora(work).store_path(work / "home", task)) for task in TASKS)
    return sum(shard["tokens"] for store in stores for shard in store["splits"]["train"])


def tokens_of_seqio(work: Path) -> int:
    """The end of a document is appended when the cache is read."""
    found = (json.loads((work / "cache" / task / "stats.train.json").read_text()) for task in TASKS)
    return sum(stats["targets_tokens"] + stats["examples"] for stats in found)


def tokens_of_datatrove(work: Path) -> int:
    """Two bytes each: the vocabulary has fewer than 2^16."""
    return sum(path.stat().st_size // 2 for path in (work / "datatrove").glob("*.ds"))


def ways(work: Path) -> dict[str, Run]:
    ours = {"CODEMIX_BENCHMARK": str(work), "PYTHONPATH": os.pathsep.join(["", *sys.path])}
    cache = [
        *(sys.executable, "-m", "seqio.scripts.cache_tasks_main", f"--tasks={','.join(TASKS)}", "--min_shards=1"),
        *(f"--module_import={TASKS_MODULE}", f"--output_cache_dir={work / 'cache'}"),
    ]
    one = [*cache, "--pipeline_options=--runner=DirectRunner"]
    several = [f"{one[-1]},--direct_running_mode=multi_processing,--direct_num_workers={default_workers()}"]
    tokenizers, lent = (ours | {"CODEMIX_BENCHMARK_PEER": peer} for peer in ("tokenizers", "codemix"))
    prepare = f"import {TASKS_MODULE}, codemix.data.prepare, tiktoken"
    seqio = f"import seqio.scripts.cache_tasks_main, {TASKS_MODULE}"
    datatrove = f"import datatrove.executor, datatrove.pipeline.tokens, {TASKS_MODULE}"
    return {
        "codemix prepare": Run(prepare, [sys.executable, "-c", PREPARE], ours, tokens_of_codemix),
        "datatrove": Run(datatrove, [sys.executable, "-c", DATATROVE], ours, tokens_of_datatrove),
        "cache_tasks_main": Run(seqio, one, tokenizers, tokens_of_seqio),
        f"… {default_workers()} processes": Run(seqio, [*cache, *several], tokenizers, tokens_of_seqio),
        "… codemix's encoding": Run(seqio, one, lent, tokens_of_seqio),
    }


def seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    finished = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    if finished.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{finished.stderr[-3000:]}")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=100, help="of text")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        total = write_inputs(work, arguments.megabytes)
        runs = ways(work)
        seconds_of: dict[str, list[float]] = {name: [] for name in runs}
        imports_of: dict[str, list[float]] = {name: [] for name in runs}
        tokens: dict[str, int] = {}
        for _ in track(range(arguments.rounds), "measuring", transient=True):
            for name, run in runs.items():
                without_peer = {key: value for key, value in run.environment.items() if key != "CODEMIX_BENCHMARK_PEER"}
                imports_of[name].append(seconds([sys.executable, "-c", run.imports], without_peer))
                seconds_of[name].append(seconds(run.command, run.environment))
                tokens[name] = run.tokens(work)
                for made in ("home", "cache", "datatrove", "datatrove-logs"):
                    shutil.rmtree(work / made, ignore_errors=True)
        taken = {name: (statistics.median(seconds_of[name]), statistics.median(imports_of[name])) for name in runs}

    table = Table(title=f"prepare: {total / 1e6:.0f} MB of text, {default_workers()} cores")
    for column in ("", "seconds", "imports", "MB/s", "MB/s less imports", "codemix is faster", "tokens"):
        table.add_column(column, justify="left" if not column else "right")
    whole, importing = taken["codemix prepare"]
    for name, (theirs, their_imports) in taken.items():
        rates = f"{total / 1e6 / theirs:.2f}", f"{total / 1e6 / (theirs - their_imports):.2f}"
        ratio = f"{theirs / whole:.1f}× ({(theirs - their_imports) / (whole - importing):.1f}×)"
        ratio = ratio if name != "codemix prepare" else ""
        table.add_row(name, f"{theirs:.1f}", f"{their_imports:.1f}", *rates, ratio, f"{tokens[name]:,}")
    Console(width=120).print(table)
    if len(set(tokens.values())) > 1:
        raise SystemExit("The token counts differ: the runs did not do the same.")


if __name__ == "__main__":
    main()
