"""The records of a benchmark's files as they are: values are programs' inputs, whose types a table would bend."""

import contextlib
import glob
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from codemix.errors import UserError


def read_records(pattern: str) -> list[dict[str, Any]]:
    """The records of the files of a path or glob: .jsonl, .json (an array), both also .gz or .zst, or .parquet.

    Raises:
        UserError: there is no such file, or it is none of these.
    """
    paths = [Path(path) for path in sorted(glob.glob(pattern))]
    if not paths:
        raise UserError(f"Suite.files: there is no file {pattern}; correct the path, or leave the task out.")
    return [record for path in paths for record in _read(path)]


def _read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path).to_pylist()
    try:
        with _opened(path) as file:
            if ".jsonl" in path.suffixes:
                return [json.loads(line) for line in file if line.strip()]
            return list(json.load(file))
    except (ValueError, OSError, EOFError) as error:
        raise UserError(
            f"Suite.files: {path} cannot be read as JSON ({error}); give the benchmark's own file."
        ) from None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as text:
            yield text
    elif path.suffix == ".zst":
        import zstandard

        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            yield io.TextIOWrapper(stream, encoding="utf-8")
    else:
        with path.open(encoding="utf-8") as text:
            yield text
