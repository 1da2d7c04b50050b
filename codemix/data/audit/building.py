"""Building the index: the benchmarks' items are cut into n-grams, and what is only a template is left out."""

import dataclasses
from pathlib import Path

import numpy as np

from codemix.data.audit.config import Audit
from codemix.data.audit.files import benchmark_files
from codemix.data.audit.index import Index, Part, Plant, Table, load_index, read_key, write_index
from codemix.data.audit.items import read_items
from codemix.data.audit.normalisation import KINDS, tokens
from codemix.data.audit.self_test import find_planted
from codemix.errors import UserError

_FILTER_BITS = 16  # of the Bloom filter, for every key: one window of a document in 200 gets past it
_COLUMNS = {
    "key": np.uint64,  # what the unit is found by
    "identity": np.uint64,  # equal for equal units
    "part": np.int32,
    "start": np.int64,  # in the passages' bytes
    "end": np.int64,
}


def build_index(audit: Audit, path: Path) -> Path:
    """Writes the index of an audit to `path`, unless it is there with this audit's key.

    Raises:
        UserError: a required benchmark or all of them are missing, or one cannot be read.
        AuditError: an item that was planted into a scratch document was not found there; tried on every call.
    """
    key = audit.index_key()
    if not path.exists() or read_key(path) != key:
        write_index(_build(audit, key), path)
        load_index.cache_clear()
    find_planted(path)
    return path


class _Cut:
    """The units of one kind, in the order of their parts."""

    def __init__(self, kind: str, length: int, shortest: int):
        self._kind, self._length, self._shortest = kind, length, shortest
        self._rows: dict[str, list[np.ndarray]] = {name: [np.empty(0, dtype)] for name, dtype in _COLUMNS.items()}
        self.passages: list[bytes] = []
        self._size = 0  # of them, in bytes

    def add(self, text: str, part: int) -> int:
        """Cuts a passage of a part, unless it is too short. Returns how many units it has."""
        from codemix.data.audit import kernels

        passage = tokens(text, self._kind)
        count = len(passage)
        if count < self._shortest:
            return 0
        length = min(self._length, count)
        identity = np.empty(count - length + 1, np.uint64)
        kernels.window_keys(passage.hashes, length, False, identity)
        key = identity
        if count < self._length:
            key = np.empty(1, np.uint64)
            kernels.window_keys(passage.hashes[: self._shortest], self._shortest, True, key)
        content, ends = passage.joined()
        starts = np.concatenate([[0], ends[:-1] + 1])
        values: dict[str, np.ndarray] = {
            "key": key,
            "identity": identity,
            "part": np.full(len(key), part, np.int32),
            "start": starts[: len(key)] + self._size,
            "end": ends[length - 1 :] + self._size,
        }
        for name, rows in self._rows.items():
            rows.append(values[name])
        self.passages.append(content)
        self._size += len(content)
        return len(key)

    def columns(self) -> dict[str, np.ndarray]:
        """Every part's different units, where they first are in it."""
        columns = {name: np.concatenate(rows) for name, rows in self._rows.items()}
        order = np.lexsort((columns["identity"], columns["part"]))  # stable
        part, identity = columns["part"][order], columns["identity"][order]
        kept = np.sort(order[_starts(part, identity)])
        return {name: values[kept] for name, values in columns.items()}


def _build(audit: Audit, key: str) -> Index:
    lengths = {"text": (audit.words, audit.minimum_words), "code": (audit.code_tokens, audit.minimum_code_tokens)}
    cuts = {kind: _Cut(kind, *lengths[kind]) for kind in KINDS}
    parts: list[Part] = []
    items: list[tuple[int, int]] = []  # of every part: its benchmark, its item; numbered through
    longest: list[tuple[str, str]] = []  # of every part: its kind, and its passage of most units
    skipped = {}
    number = 0
    for benchmark_number, benchmark in enumerate(audit.benchmarks):
        found = benchmark_files(benchmark.name, benchmark.files, benchmark.required)
        if found.missing:
            skipped[benchmark.name] = found.missing
            continue
        for identity, item_parts in read_items(benchmark, found.files).items():
            for part in item_parts:
                counts = [cuts[part.kind].add(passage, len(parts)) for passage in part.passages]
                parts.append(Part(benchmark.name, identity, part.name, 0, 0))
                items.append((benchmark_number, number))
                longest.append((part.kind, part.passages[counts.index(max(counts))] if counts else ""))
            number += 1

    if not parts:
        reasons = "; ".join(f"'{name}' for {reason}" for name, reason in skipped.items())
        raise UserError(f"Audit.benchmarks: every one is skipped, {reasons}; correct Benchmark.files.")
    owners = np.array(items, np.int32).reshape(-1, 2)
    units, left_out = np.zeros(len(parts), np.int64), np.zeros(len(parts), np.int64)
    boilerplate = {benchmark.name: 0 for benchmark in audit.benchmarks if benchmark.name not in skipped}
    tables = {}
    for kind, cut in cuts.items():
        columns = cut.columns()
        common, different = _common(columns, owners, audit.boilerplate_items)
        for benchmark_number, count in zip(*np.unique(different, return_counts=True), strict=True):
            boilerplate[audit.benchmarks[benchmark_number].name] += int(count)
        left_out += np.bincount(columns["part"][common], minlength=len(parts))
        columns = {name: values[~common] for name, values in columns.items()}
        units += np.bincount(columns["part"], minlength=len(parts))
        tables[kind] = _table(columns, cut.passages)
    parts = [
        dataclasses.replace(part, units=int(count), boilerplate=int(without))
        for part, count, without in zip(parts, units, left_out, strict=True)
    ]
    return Index(key, lengths, tables, parts, _plants(parts, longest), boilerplate, skipped)


def _starts(*sorted_columns: np.ndarray) -> np.ndarray:
    """Where a row differs from the one before it: (rows,) bool."""
    differs = np.ones(len(sorted_columns[0]), bool)
    differs[1:] = np.any([column[1:] != column[:-1] for column in sorted_columns], axis=0)
    return differs


def _common(columns: dict[str, np.ndarray], owners: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Which units more than `limit` items of their benchmark have.

    Args:
        columns: the units.
        owners: (parts, 2): every part's benchmark and item.
        limit: items.

    Returns:
        (units,) bool, and the benchmark of every different one.
    """
    benchmark, item = owners[columns["part"]].T
    identity = columns["identity"]
    order = np.lexsort((item, identity, benchmark))
    benchmark, identity, item = benchmark[order], identity[order], item[order]
    new_unit = _starts(benchmark, identity)
    group = np.cumsum(new_unit) - 1
    items = np.bincount(group[_starts(benchmark, identity, item)], minlength=new_unit.sum())
    common = np.empty(len(order), bool)
    common[order] = items[group] > limit
    return common, benchmark[new_unit][items > limit]


def _table(columns: dict[str, np.ndarray], passages: list[bytes]) -> Table:
    from codemix.data.audit import kernels

    part = columns["part"]
    number = np.arange(len(part)) - np.searchsorted(part, part)  # parts rise
    order = np.argsort(columns["key"], kind="stable")
    key = columns["key"][order]
    first = np.flatnonzero(_starts(key))
    keys = key[first]
    words = np.zeros(1 << max(0, (len(keys) * _FILTER_BITS // 64).bit_length()), np.uint64)
    kernels.fill_filter(keys, words)
    return Table(
        keys=keys,
        first=np.append(first, len(key)),
        filter=words,
        part=part[order],
        number=number[order].astype(np.int32),
        start=columns["start"][order],
        end=columns["end"][order],
        passages=np.frombuffer(b"".join(passages), np.uint8),
    )


def _plants(parts: list[Part], passages: list[tuple[str, str]]) -> list[Plant]:
    """The first part of every benchmark and kind that is looked for, by its passage of most units."""
    plants: dict[tuple[str, str], Plant] = {}
    for number, (part, (kind, text)) in enumerate(zip(parts, passages, strict=True)):
        if part.units and not part.boilerplate:
            plants.setdefault((part.benchmark, kind), Plant(number, text))
    return list(plants.values())
