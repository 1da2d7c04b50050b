"""Benchmarks for the audit's tests: written by the test, and those of the samples."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from codemix.data.audit.building import build_index
from codemix.data.audit.config import Audit, Benchmark
from codemix.data.audit.files import BenchmarkFile, benchmark_files
from codemix.data.audit.index import Index, load_index

EVALS = "$CODEMIX_SAMPLES/evals/"
REAL = (
    Benchmark(
        "humaneval",
        [f"{EVALS}humaneval/HumanEval.jsonl.gz"],
        code={"prompt": "prompt", "answer": "canonical_solution"},
        id="task_id",
    ),
    Benchmark(
        "mbpp",
        [f"{EVALS}mbpp/mbpp.jsonl"],
        text={"question": "text"},
        code={"answer": "code", "tests": "test_list"},
        id="task_id",
    ),
    Benchmark("gsm8k", [f"{EVALS}gsm8k/test.jsonl.gz"], text={"question": "question", "answer": "answer"}),
    Benchmark(
        "arc",
        [f"{EVALS}arc/ARC-*-Test.jsonl.gz"],
        text={"question": "question.stem", "answer": "question.choices.text"},
        id="id",
    ),
    Benchmark(
        "hellaswag",
        [f"{EVALS}hellaswag/hellaswag_oe_subset.jsonl.gz"],
        text={"question": "query", "answer": "choices"},
        id="doc_id",
    ),
    Benchmark("piqa", [f"{EVALS}piqa/valid.jsonl.gz"], text={"question": "goal", "answer": "sol1", "other": "sol2"}),
    Benchmark("boolq", [f"{EVALS}superglue/BoolQ/val.jsonl.gz"], text={"question": "question", "passage": "passage"}),
)


def samples() -> Path:
    """The folder of the samples; the test is skipped where there is none."""
    if not os.environ.get("CODEMIX_SAMPLES"):
        pytest.skip("CODEMIX_SAMPLES does not name a folder with samples of benchmarks and corpora")
    return Path(os.environ["CODEMIX_SAMPLES"])


def write_benchmark(path: Path, records: Iterable[dict]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def built(audit: Audit, folder: Path) -> Index:
    """The audit's index, written and read."""
    return load_index(build_index(audit, folder / f"{audit.index_key()}.npz"))


def files_of(audit: Audit) -> dict[str, tuple[BenchmarkFile, ...]]:
    return {b.name: benchmark_files(b.name, b.files, b.required).files for b in audit.benchmarks}
