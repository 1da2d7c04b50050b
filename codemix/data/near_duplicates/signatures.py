"""Signatures: the band hashes of every document of one file, and what decides which of equal ones stays."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from codemix.data.document_store import open_parquet
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.store.atomic import atomic_path

UNKNOWN_STARS = -1
_DOCUMENTS_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True)
class SignedFile:
    """The signatures of one document file, and whose they are."""

    path: Path  # of `sign_file`
    source: str  # one of `NearDuplicates.sources`
    held_out: bool


def band_column(band: int) -> str:
    return f"band_{band:03d}"


def sign_file(spec: NearDuplicates, documents: Path, path: Path) -> Path:
    """Writes the signatures of a document file, atomically, unless they are there. Runs in a worker.

    A Parquet file, one row per document in the order of `documents`: its `id`, `stars` and `bytes`, and a column for
    each band, to be read alone; its metadata has the `key` of `NearDuplicates.signatures_key`.

    Args:
        spec: how documents are compared.
        documents: a file of a document store.
        path: of the result; its name or folder should hold `spec.signatures_key()`.

    Returns:
        `path`.
    """
    if path.exists():
        return path
    from codemix.data.near_duplicates.kernel import hash_bands  # compiled code, for workers only

    bands, rows = spec.bands_and_rows()
    a, b = permutations(spec)
    tables = []
    with open_parquet(documents) as file:
        columns = ["id", "text", "provenance", "bytes"]
        for batch in file.iter_batches(batch_size=_DOCUMENTS_AT_ONCE, columns=columns):
            data, offsets = _texts(batch.column("text"))
            hashes = np.empty((bands, len(batch)), np.uint64)
            hash_bands(data, offsets, spec.shingle, spec.minimum_tokens, a, b, rows, hashes)
            stars = pa.array(map(_stars, batch.column("provenance").to_pylist()), pa.int64())
            described = [batch.column("id").cast(pa.large_string()), stars, batch.column("bytes")]
            tables.append(pa.table([*described, *map(pa.array, hashes)], schema=_schema(spec)))
    table = pa.concat_tables(tables) if tables else _schema(spec).empty_table()
    with atomic_path(path) as temporary:
        # Hashes neither compress nor repeat.
        pq.write_table(table, temporary, compression="none", use_dictionary=False, write_statistics=False)
    return path


def permutations(spec: NearDuplicates) -> tuple[np.ndarray, np.ndarray]:
    """Odd a and any b of x → a·x + b mod 2^32, (permutations,) uint32 each, of `spec.seed`: splitmix64."""
    steps = np.arange(1, spec.permutations + 1, dtype=np.uint64)
    value = np.uint64(spec.seed % 2**64) + steps * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    value ^= value >> np.uint64(31)
    return (value >> np.uint64(32)).astype(np.uint32) | np.uint32(1), value.astype(np.uint32)


def _schema(spec: NearDuplicates) -> pa.Schema:
    bands, _ = spec.bands_and_rows()
    described = [("id", pa.large_string()), ("stars", pa.int64()), ("bytes", pa.int64())]
    hashes = [(band_column(band), pa.uint64()) for band in range(bands)]
    return pa.schema([*described, *hashes], metadata={"key": spec.signatures_key()})


def _texts(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of all texts end to end, and (texts + 1,) where each begins and ends; nothing is copied."""
    column = column.cast(pa.large_string())
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data or b"", np.uint8), places


def _stars(provenance: str) -> int:
    """The stars of a document's repository, or `UNKNOWN_STARS`."""
    try:
        stars = float(orjson.loads(provenance)["stars"])
    except (KeyError, TypeError, ValueError):
        return UNKNOWN_STARS
    return int(stars) if math.isfinite(stars) else UNKNOWN_STARS
