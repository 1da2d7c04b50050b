"""prepare end to end, in MB of text a second, beside SeqIO's own caching with Beam's DirectRunner.

    python -m tests.benchmarks.prepare [--megabytes 64]

Both read the same JSON-lines files of documents, apply the same filters and the same tokenizer.json, and write the same
token ids. SeqIO's vocabulary encodes with Hugging Face's tokenizers, as there is nothing else for such a file; a last
run lends it codemix's faster encoding. Each runs in a process of its own; the time its imports take is measured apart,
because it does not grow with the data. Rounds alternate; figures are medians.
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
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from codemix.data.collect import collect
from codemix.data.document_store import read_documents
from codemix.data.documents import Document
from codemix.data.filters import SizeBetween
from codemix.data.local import LocalCode, LocalProse
from codemix.data.pool import default_workers
from codemix.data.source import Source
from codemix.data.tokenizer import TrainedTokenizer
from codemix.data.tokenizer_training import train_tokenizer
from codemix.mixing.weights import resolve

FILES = 16
ROUNDS = 3
IMPORTS = {
    "codemix": "import tests.benchmarks.prepare_tasks, codemix.data.prepare, tiktoken",
    "seqio": "import seqio.scripts.cache_tasks_main, tests.benchmarks.prepare_tasks",
}
OURS = (
    "from pathlib import Path; from codemix.data.prepare import prepare; "
    "from tests.benchmarks.prepare_tasks import WORK, corpora; "
    "__name__ == '__main__' and prepare(corpora(), ['lines'], WORK / 'home')"
)


def write_inputs(work: Path, megabytes: int) -> int:
    """Writes documents of the local sources as JSON lines, and trains the tokenizer. Returns the bytes of text."""
    size = megabytes * 1_000_000
    prose = min(size // 8, 2_000_000)
    sources = [
        Source("text", "text", LocalProse(), (SizeBetween(),), budget_bytes=prose, heldout_share=0.0),
        Source("code", "web_code", LocalCode(), (SizeBetween(),), budget_bytes=size, heldout_share=0.0),
    ]
    stores = {source.name: collect(source, work / "documents") for source in sources}
    total = 0

    def documents(name: str, limit: float) -> list[Document]:
        nonlocal total
        taken = []
        for document in read_documents(stores[name], "train"):
            if total >= limit:
                break
            total += len(document.text.encode())
            taken.append(document)
        return taken

    chosen = documents("text", prose) + documents("code", size)
    (work / "lines").mkdir()
    for number in range(FILES):
        with open(work / "lines" / f"{number:02d}.jsonl", "w", encoding="utf-8") as file:
            for document in itertools.islice(chosen, number, None, FILES):
                file.write(json.dumps({"id": document.id, "text": document.text}) + "\n")
    shares = resolve({"text": 1, "code": 1}, {}, set(stores), "benchmark")
    train_tokenizer(TrainedTokenizer(16_384), shares, stores, work / "tokenizer.json")
    return total


def seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    finished = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    if finished.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{finished.stderr[-3000:]}")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=64, help="of text")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        total = write_inputs(work, arguments.megabytes)
        ours = {"CODEMIX_BENCHMARK": folder, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
        cache = [
            *(sys.executable, "-m", "seqio.scripts.cache_tasks_main", "--tasks=lines"),
            *("--module_import=tests.benchmarks.prepare_tasks", f"--output_cache_dir={work / 'cache'}"),
        ]
        one = [*cache, "--pipeline_options=--runner=DirectRunner"]
        several = [f"{one[-1]},--direct_running_mode=multi_processing,--direct_num_workers={default_workers()}"]
        tokenizers = ours | {"CODEMIX_BENCHMARK_PEER": "tokenizers"}
        runs = {
            "codemix prepare": ("codemix", [sys.executable, "-c", OURS], ours),
            "cache_tasks_main": ("seqio", one, tokenizers),
            f"… {default_workers()} processes": ("seqio", [*cache, *several], tokenizers),
            "… codemix's encoding": ("seqio", one, ours | {"CODEMIX_BENCHMARK_PEER": "codemix"}),
        }
        seconds_of: dict[str, list[float]] = {name: [] for name in runs}
        imports_of: dict[str, list[float]] = {name: [] for name in runs}
        for _ in track(range(ROUNDS), "measuring", transient=True):
            for name, (package, command, environment) in runs.items():
                imports_of[name].append(seconds([sys.executable, "-c", IMPORTS[package]], ours))
                seconds_of[name].append(seconds(command, environment))
                shutil.rmtree(work / "cache", ignore_errors=True)
                shutil.rmtree(work / "home", ignore_errors=True)
        taken = {name: (statistics.median(seconds_of[name]), statistics.median(imports_of[name])) for name in runs}

    table = Table(title=f"prepare: {total / 1e6:.0f} MB of text, {default_workers()} cores")
    for column in ("", "seconds", "imports", "MB/s", "MB/s less imports", "codemix is faster"):
        table.add_column(column, justify="left" if not column else "right")
    whole, importing = taken["codemix prepare"]
    for name, (theirs, their_imports) in taken.items():
        rates = f"{total / 1e6 / theirs:.2f}", f"{total / 1e6 / (theirs - their_imports):.2f}"
        ratio = f"{theirs / whole:.1f}× ({(theirs - their_imports) / (whole - importing):.1f}×)"
        table.add_row(name, f"{theirs:.1f}", f"{their_imports:.1f}", *rates, ratio if theirs != whole else "")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
