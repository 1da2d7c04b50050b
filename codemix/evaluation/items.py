"""The items table: a row for every item of a task, as a Parquet file for each checkpoint and task."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from codemix.store.atomic import atomic_path

ITEM_SCHEMA = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),  # unique in the task
        pa.field("hash", pa.string(), nullable=False),  # of the item's content (`item_hash`)
        pa.field("score", pa.float64()),  # the task's declared measure, from 0 to 1
        pa.field("acc", pa.float64()),
        pa.field("acc_norm", pa.float64()),
        pa.field("bits_per_byte", pa.float64()),  # of the right answer, or the reference solution
        pa.field("p_correct", pa.float64()),  # probability of the right choice among the choices
        pa.field("margin", pa.float64()),  # nats per byte, the right choice less the best other
        pa.field("samples", pa.int64()),
        pa.field("passed", pa.int64()),
        pa.field("generations", pa.list_(pa.string())),
        pa.field("contaminated", pa.bool_()),  # null: not audited
        pa.field("bytes", pa.int64()),  # of UTF-8, of what bits_per_byte is of
    ]
)


def item_hash(content: Mapping[str, Any]) -> str:
    """XXH3-64 of an item's canonical JSON (sorted keys, no spaces, UTF-8): 16 hexadecimal digits."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass"))


def write_items(path: Path, rows: Iterable[Mapping[str, Any]], facts: Mapping[str, str] | None = None) -> None:
    """Writes rows of `ITEM_SCHEMA`; what a row lacks is null. The file is whole or absent.

    `facts` are about all of them, and kept in the file's metadata.

    Raises:
        ValueError: two rows of a task have the same item, or a row has another column.
    """
    rows = list(rows)
    names = [(row["task"], row["item"]) for row in rows]
    if len(set(names)) < len(names):
        raise ValueError(f"{path}: an item is there twice")
    if extra := {column for row in rows for column in row} - set(ITEM_SCHEMA.names):
        raise ValueError(f"{path}: no such columns in the items table: {sorted(extra)}")
    table = pa.Table.from_pylist([{name: row.get(name) for name in ITEM_SCHEMA.names} for row in rows], ITEM_SCHEMA)
    table = table.replace_schema_metadata(dict(facts or {}))
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_items(path: Path) -> pa.Table:
    """The table of a file that `write_items` wrote."""
    with path.open("rb") as file:
        return pq.read_table(file, schema=ITEM_SCHEMA)


def read_facts(path: Path) -> dict[str, str]:
    """The facts that were written with a file's items."""
    with path.open("rb") as file:
        metadata = pq.read_schema(file).metadata or {}
    return {key.decode(): value.decode() for key, value in metadata.items() if not key.startswith(b"ARROW:")}
