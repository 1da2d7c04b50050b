"""The audit in MB of text a second, beside the 13-gram janitor of lm-eval, and what it finds in the sample corpora.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.audit [--janitor-megabytes 6]

Both look for the same items, those of gin/benchmarks/all.gin, in one process. The janitor knows words only, so that
it is given every passage as words, and so is a second audit; it does not compare, count or locate by item. The first
megabytes of every corpus in turn are given to all, the rest to the audit as declared. Rounds alternate; figures are
medians of processor time. The memory is that of a process that audits everything.
"""

import argparse
import contextlib
import dataclasses
import gzip
import io
import json
import multiprocessing
import os
import re
import statistics
import tempfile
import time
import xml.etree.ElementTree
from collections.abc import Iterator
from pathlib import Path

import gin
import pyarrow.parquet as pq
import zstandard
from rich.console import Console
from rich.table import Table

from codemix.data.audit.building import build_index
from codemix.data.audit.config import Audit, Benchmark
from codemix.data.audit.files import benchmark_files
from codemix.data.audit.index import load_index
from codemix.data.audit.items import read_items
from codemix.data.audit.matching import audit_file
from codemix.data.audit.show import shown
from codemix.data.audit.table import audit_table
from codemix.data.document_store import read_document_file, write_documents
from codemix.data.documents import Document, well_formed
from codemix.study.field_types import checked

ROOT = Path(__file__).parents[2]
FILE_BYTES = 2 << 20
ROUNDS = 3


def declared_audit() -> Audit:
    """The audit of gin/benchmarks/all.gin."""
    for cls in (Benchmark, Audit):
        if f"codemix.{cls.__name__}" not in gin.config._REGISTRY:
            gin.external_configurable(checked(cls, cls.__name__), module="codemix")
    gin.add_config_file_search_path(str(ROOT))
    gin.parse_config_file(str(ROOT / "gin" / "benchmarks" / "all.gin"), print_includes_and_imports=False)
    return gin.get_configurable("codemix.Audit")()


def json_lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def corpora(folder: Path) -> Iterator[tuple[str, str]]:
    """(source, text) of every document of the samples."""
    for path in sorted(folder.glob("slimpajama/*/*/*.zst")):
        with zstandard.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                yield record["meta"]["redpajama_set_name"], record["text"]
    for path in sorted(folder.glob("starcoderdata/*/*.parquet")):
        for text in pq.read_table(path, columns=["content"])["content"].to_pylist():
            yield f"StarCoder {path.parent.name}", text
    for path in sorted(folder.glob("commitpackft/data/*/data.jsonl.gz")):
        for record in json_lines(path):
            yield "CommitPackFT", record["new_contents"]
    for record in json_lines(folder / "jupyter_raw" / "notebooks.jsonl.gz"):
        yield "notebooks", record["content"]
    for name in ("c4", "redpajama_arxiv"):
        for record in json_lines(folder / "samples_as_found" / f"{name}_sample.jsonl.gz"):
            yield f"{name} sample", record["text"]
    with gzip.open(folder / "samples_as_found" / "cardano.stackexchange.Posts.xml.gz") as file:
        for _, row in xml.etree.ElementTree.iterparse(file):
            if row.get("Body"):
                yield "stackexchange sample", row.attrib["Body"]


def write_sources(folder: Path, samples: Path) -> tuple[dict[str, list[Path]], int]:
    """source -> its files of documents, and the bytes of text."""
    waiting: dict[str, list[Document]] = {}
    size: dict[str, int] = {}
    files: dict[str, list[Path]] = {}
    total = 0

    def flush(source: str) -> None:
        path = folder / f"{source.replace(' ', '_')}-{len(files.setdefault(source, [])):05d}.parquet"
        write_documents(path, waiting.pop(source))
        files[source].append(path)
        size[source] = 0

    for number, (source, text) in enumerate(corpora(samples)):
        text = well_formed(text)
        waiting.setdefault(source, []).append(Document(str(number), text, "", "", {}))
        size[source] = size.get(source, 0) + len(text.encode())
        total += len(text.encode())
        if size[source] >= FILE_BYTES:
            flush(source)
    for source in list(waiting):
        flush(source)
    return files, total


def janitor_of(audit: Audit):
    """lm-eval's janitor that knows every passage of every item."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        from lm_eval.decontamination.janitor import Janitor  # says that its C++ module is not there
    janitor = Janitor()
    for benchmark in audit.benchmarks:
        files = benchmark_files(benchmark.name, benchmark.files, benchmark.required).files
        for parts in read_items(benchmark, files).values():
            for part in parts:
                for passage in part.passages:
                    janitor.register_contaminant_python(passage)
    return janitor


def audit_all(index_path: Path, files: list[Path], folder: Path) -> float:
    """Seconds of auditing `files`, the index loaded."""
    load_index(index_path)
    start = time.process_time()
    for path in files:
        audit_file(index_path, path, folder / path.name)
    return time.process_time() - start


def memory(index_path: Path, files: list[Path], folder: Path, send) -> None:
    seconds = audit_all(index_path, files, folder)
    status = Path("/proc/self/status").read_text()  # getrusage's peak is at least that of the parent
    send.send((seconds, int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--janitor-megabytes", type=int, default=6, help="of text that both search")
    arguments = parser.parse_args()
    if "CODEMIX_SAMPLES" not in os.environ:
        print("audit: the benchmarks and corpora are those of CODEMIX_SAMPLES, which names no folder; skipped.")
        return
    samples = Path(os.environ["CODEMIX_SAMPLES"])
    audit = declared_audit()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files, total = write_sources(folder / "documents", samples / "pretrain")
        start = time.process_time()
        index_path = build_index(audit, folder / "index.npz")
        building = time.process_time() - start
        tables = load_index(index_path).tables

        common, size = [], 0  # the first file of every source in turn
        for path in (paths[0] for paths in files.values()):
            if size < arguments.janitor_megabytes * 1_000_000:
                common.append(path)
                size += sum(len(document.text.encode()) for document in read_document_file(path))
        start = time.process_time()
        janitor = janitor_of(audit)
        preparing = {"lm-eval janitor": time.process_time() - start, "codemix audit": building}
        start = time.process_time()
        of_words = [dataclasses.replace(b, text={**b.text, **b.code}, code={}) for b in audit.benchmarks]
        words_path = build_index(dataclasses.replace(audit, benchmarks=of_words), folder / "words.npz")
        preparing["… words alone"] = time.process_time() - start
        seconds_of: dict[str, list[float]] = {"codemix audit": [], "… words alone": [], "lm-eval janitor": []}
        for number in range(ROUNDS):
            seconds_of["codemix audit"].append(audit_all(index_path, common, folder / f"{number}-all"))
            seconds_of["… words alone"].append(audit_all(words_path, common, folder / f"{number}-words"))
            start = time.process_time()
            for path in common:
                for document in read_document_file(path):
                    janitor.clean_python(document.text)
            seconds_of["lm-eval janitor"].append(time.process_time() - start)

        receive, send = multiprocessing.get_context("spawn").Pipe(duplex=False)
        everything = [path for paths in files.values() for path in paths]
        worker = multiprocessing.get_context("spawn").Process(
            target=memory, args=(index_path, everything, folder / "matches", send)
        )
        worker.start()
        seconds, peak = receive.recv()
        worker.join()
        matches = {source: [folder / "matches" / path.name for path in paths] for source, paths in files.items()}
        found = audit_table(audit, index_path, matches)

    table = Table(title=f"Audit: {size / 1e6:.1f} MB of text, one process")
    for column in ("", "seconds", "MB/s", "beside the janitor", "preparing, s"):
        table.add_column(column, justify="left" if not column else "right")
    taken = {name: statistics.median(values) for name, values in seconds_of.items()}
    for name, mine in taken.items():
        ratio = f"{taken['lm-eval janitor'] / mine:.1f}×"
        table.add_row(name, f"{mine:.2f}", f"{size / 1e6 / mine:.1f}", ratio, f"{preparing[name]:.1f}")
    console.print(table)
    keys = ", ".join(f"{len(table.keys):,} {kind}" for kind, table in tables.items())
    console.print(
        f"The index: {keys} n-grams. All {total / 1e6:.0f} MB: {seconds:.1f} s, {total / 1e6 / seconds:.1f} MB/s,"
    )
    console.print(f"at most {peak / 1e6:.0f} MB of memory.")
    console.print(shown(found))


if __name__ == "__main__":
    main()
