"""Items: the texts of a benchmark's records that are looked for."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from codemix.data.audit.config import Benchmark
from codemix.data.audit.files import BenchmarkFile
from codemix.data.documents import well_formed
from codemix.errors import UserError


@dataclasses.dataclass
class Part:
    """One part of one item: passages that are searched separately, as no n-gram goes from one into another."""

    name: str
    kind: str  # "text" or "code"
    passages: list[str]


def read_items(benchmark: Benchmark, files: tuple[BenchmarkFile, ...]) -> dict[str, list[Part]]:
    """identity -> the item's parts, in the order of the files.

    Raises UserError for a benchmark without records, or with a part that no record has.
    """
    paths = [(name, "text", path.split(".")) for name, path in benchmark.text.items()]
    paths += [(name, "code", path.split(".")) for name, path in benchmark.code.items()]
    items: dict[str, list[Part]] = {}
    for file in files:
        for number, record in file.records():
            identity = f"{file.name}:{number}"
            if benchmark.id:
                values = list(_values(record, benchmark.id.split(".")))
                if len(values) != 1:
                    raise UserError(
                        f"Benchmark '{benchmark.name}': record {number} of {file.path} has {len(values)} fields "
                        f"'{benchmark.id}'; correct Benchmark.id, or leave it out."
                    )
                identity = str(values[0])
            parts = items.setdefault(identity, [Part(name, kind, []) for name, kind, _ in paths])
            for part, (_, _, path) in zip(parts, paths, strict=True):
                part.passages += [well_formed(value) for value in _values(record, path) if isinstance(value, str)]
    for position, (name, kind, path) in enumerate(paths):
        if not any(parts[position].passages for parts in items.values()):
            raise UserError(
                f"Benchmark '{benchmark.name}': no record has text in '{'.'.join(path)}'; "
                f"correct Benchmark.{kind}['{name}']."
            )
    return items


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """What lies at `path`: every element of a list is gone into."""
    if isinstance(value, list):
        for element in value:
            yield from _values(element, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])
