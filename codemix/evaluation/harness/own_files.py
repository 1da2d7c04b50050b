"""Items in files of one's own: JSON lines, JSON, CSV or Parquet, with the hub's columns or an original release's."""

import csv
import glob
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codemix.evaluation.harness.columns import as_on_the_hub
from codemix.evaluation.harness.missing import DataMissing
from codemix.evaluation.suite import SuiteTask

Records = list[dict[str, Any]]


def rows_by_split(
    task: SuiteTask, config: dict[str, Any], files: dict[str, str], records_of: Callable[[Path], Records]
) -> dict[str, Records]:
    """The rows of the splits that a definition asks for, with the columns that it asks of them.

    Args:
        task: of the suite.
        config: the definition, as `read_definitions` has it.
        files: split -> path or glob.
        records_of: `read_records`, or what keeps what that gave.

    Raises:
        DataMissing: a split has no file, no row, or columns that are not the benchmark's.
    """
    wanted = {config[split] for split in ("training_split", "validation_split", "test_split") if config.get(split)}
    wanted |= {split for split in (config.get("fewshot_split"),) if split}
    found = {}
    for split in sorted(wanted):
        if split not in files:
            if split == config.get("validation_split") and config.get("test_split"):
                config["validation_split"] = None
                continue
            raise DataMissing(f"Suite.files names no file of the split '{split}' of {task.name}; add it")
        paths = sorted(glob.glob(files[split], recursive=True))
        if not paths:
            raise DataMissing(f"{files[split]} is not there")
        rows = [row for path in paths for row in as_on_the_hub(task.name, config, records_of(Path(path)))]
        if not rows:
            raise DataMissing(f"{files[split]} has no item")
        found[split] = rows
    return found


def read_records(path: Path) -> Records:
    """The records of one file. Raises DataMissing for what is no such file."""
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    try:
        if name.endswith(".parquet"):
            import pyarrow.parquet as pq

            return pq.read_table(path).to_pylist()
        text = _text(path)
        if name.endswith(".csv"):
            return list(csv.DictReader(io.StringIO(text)))
        if not name.endswith((".jsonl", ".json")):
            raise DataMissing(f"{path.name} is no .jsonl, .json, .csv or .parquet")
        if name.endswith(".json") and (whole := _one_array(text)) is not None:
            return whole
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (OSError, ValueError, EOFError) as error:
        raise DataMissing(f"{path} cannot be read ({type(error).__name__}: {error})") from error


def _text(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".zst":
        import zstandard

        content = zstandard.ZstdDecompressor().stream_reader(content).read()
    return content.decode("utf-8-sig")


def _one_array(text: str) -> Records | None:
    """The records of a file that is one array, or one object around it, as some releases are ({"data": [...]}); None
    for lines."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if isinstance(content, dict):
        content = next((value for value in content.values() if isinstance(value, list)), None)
    return content
