"""The files of a benchmark: where they are, and their records."""

import dataclasses
import glob
import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codemix.errors import UserError

_MEND = "correct Benchmark.files"


@dataclasses.dataclass(frozen=True)
class BenchmarkFile:
    """One file, as declared and as it is."""

    path: Path

    @property
    def name(self) -> str:
        """The same on every machine."""
        return self.path.name

    def digest(self) -> str:
        """Of its bytes."""
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(number from 1, record), in order. Raises UserError for what is neither JSON lines nor a JSON array."""
        opener = gzip.open if self.path.suffix == ".gz" else open
        kind = self.path.with_suffix("").suffix if self.path.suffix == ".gz" else self.path.suffix
        if kind not in (".jsonl", ".json"):
            raise UserError(f"{self.path}: benchmarks are read from .jsonl and .json, also .gz; {_MEND}.")
        number = 0
        try:
            with opener(self.path, "rt", encoding="utf-8") as file:
                records = json.load(file) if kind == ".json" else map(json.loads, filter(str.strip, file))
                for number, record in enumerate(records, 1):
                    if not isinstance(record, dict):
                        raise ValueError(f"it is a {type(record).__name__}")
                    yield number, record
        except (ValueError, TypeError, EOFError, OSError) as error:
            raise UserError(f"{self.path}: record {number or 1} is no JSON object ({error}); {_MEND}.") from None


@dataclasses.dataclass(frozen=True)
class Found:
    """The files of a benchmark, or why it is skipped."""

    files: tuple[BenchmarkFile, ...]
    missing: str = ""


def benchmark_files(name: str, patterns: Sequence[str], required: bool) -> Found:
    """The files that `patterns` name, in order. Where one names none there are none, and `missing` says why.

    Raises UserError for that where the benchmark is required.
    """
    files: list[BenchmarkFile] = []
    for pattern in patterns:
        expanded = os.path.expandvars(pattern)
        paths = sorted(path for path in glob.glob(expanded, recursive=True) if os.path.isfile(path))
        if not paths:
            unset = re.search(r"\$(\w+|\{\w+\})", expanded)
            reason = f"{unset.group()} is not set" if unset else "there is no such file"
            if required:
                raise UserError(f"Benchmark '{name}': files has {pattern}, and {reason}; {_MEND}.")
            return Found((), f"{pattern}: {reason}")
        files.extend(BenchmarkFile(Path(path)) for path in paths)
    return Found(tuple(dict.fromkeys(files)))
