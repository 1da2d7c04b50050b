"""The index of an audit: the n-grams of all items by their hash, and the items' words to compare a hit with."""

import dataclasses
import functools
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from codemix.data.audit.normalisation import KINDS
from codemix.errors import UserError
from codemix.store.atomic import write_bytes


@dataclasses.dataclass(frozen=True)
class Table:
    """The units of one kind: n-grams, and short passages as a whole, which are found by their first tokens.

    Units are sorted by key; those of `keys[k]` are `first[k]` to `first[k + 1]`.
    """

    keys: np.ndarray  # (keys,) uint64, rising
    first: np.ndarray  # (keys + 1,) int64
    filter: np.ndarray  # (a power of two,) uint64: the Bloom filter over keys
    part: np.ndarray  # (units,) int32: whose it is
    number: np.ndarray  # (units,) int32: which of its part's it is, from 0
    start: np.ndarray  # (units,) int64: its first byte in `passages`
    end: np.ndarray  # (units,) int64
    passages: np.ndarray  # (bytes,) uint8: every passage's tokens, with spaces between


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of one item, as the index has it."""

    benchmark: str
    item: str
    name: str
    units: int  # n-grams and short passages that are looked for; each once
    boilerplate: int  # … that are not, since too many items of the benchmark have them


@dataclasses.dataclass(frozen=True)
class Plant:
    """A passage as its benchmark has it, all of whose units are looked for. A document that has it matches `part`."""

    part: int
    text: str


@dataclasses.dataclass(frozen=True)
class Index:
    """What is looked for.

    Attributes:
        key: `Audit.index_key()`.
        lengths: kind -> (tokens of an n-gram, tokens of the shortest passage).
        tables: kind -> its units.
        parts: of every item, in the order of the benchmarks' records.
        plants: a passage of every benchmark and kind.
        boilerplate: benchmark -> how many different n-grams do not count.
        skipped: benchmark -> why it is not looked for.
    """

    key: str
    lengths: dict[str, tuple[int, int]]
    tables: dict[str, Table]
    parts: list[Part]
    plants: list[Plant]
    boilerplate: dict[str, int]
    skipped: dict[str, str]


@functools.lru_cache(maxsize=1)
def load_index(path: Path) -> Index:
    """The index at `path`; kept by the process. Raises UserError where there is none."""
    if not path.exists():
        raise UserError(f"{path}: the audit's index is missing; build it anew.")
    with path.open("rb") as file, np.load(file) as arrays:
        facts = json.loads(arrays["facts"].tobytes())
        tables = {
            kind: Table(**{field.name: arrays[f"{kind}_{field.name}"] for field in dataclasses.fields(Table)})
            for kind in KINDS
        }
    facts["parts"] = [Part(*part) for part in facts["parts"]]
    facts["plants"] = [Plant(*plant) for plant in facts["plants"]]
    return Index(tables=tables, **facts)


def read_key(path: Path) -> str:
    """The key of the index at `path`."""
    with path.open("rb") as file, np.load(file) as arrays:
        return json.loads(arrays["facts"].tobytes())["key"]


def write_index(index: Index, path: Path) -> None:
    """Writes an index atomically."""
    arrays = {
        f"{kind}_{field.name}": getattr(table, field.name)
        for kind, table in index.tables.items()
        for field in dataclasses.fields(Table)
    }
    facts: dict[str, Any] = {
        "key": index.key,
        "lengths": index.lengths,
        "parts": [dataclasses.astuple(part) for part in index.parts],
        "plants": [dataclasses.astuple(plant) for plant in index.plants],
        "boilerplate": index.boilerplate,
        "skipped": index.skipped,
    }
    content = io.BytesIO()
    np.savez(content, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)
    write_bytes(path, content.getbuffer())
