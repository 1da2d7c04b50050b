"""Which carrier the token store has: random rows a second, and what a row asks of a bucket.

    python -m tests.benchmarks.carriers [--megabytes 128]

The same tokens as a flat file read through a memory map (the token store), as a sharded zarr3 array through
TensorStore, and as ArrayRecord, one record a row. Every carrier gives rows of 1,025 uint16 tokens at random, in the
batches that a training step asks for.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorstore
from array_record.python import array_record_module
from rich.console import Console
from rich.table import Table

from codemix.store.token_store import TokenRows, TokenStore, token_dtype, write_manifest, write_shard

CONTEXT = 1024
ROW = CONTEXT + 1
BATCH = 64
SECONDS = 3.0
VOCAB_SIZE = 1 << 16
DOCUMENT = 1_000
CHUNK = 1 << 14  # tokens in a zarr chunk, read whole
SHARD = 1 << 24  # tokens in a zarr shard, one object of a bucket

Read = Callable[[np.ndarray], np.ndarray]  # numbers of rows -> the rows


def flat(folder: Path, tokens: np.ndarray) -> Read:
    starts = range(0, len(tokens), DOCUMENT)
    rows = [{"document": str(start), "cluster": "", "language": "", "bytes": 0} for start in starts]
    ids = [tokens[start : start + DOCUMENT - 1] for start in starts]
    shard = write_shard(folder / "train", "00000", rows, ids, token_dtype(VOCAB_SIZE), eos=0)
    write_manifest(folder, {"train": [shard], "heldout": []}, eos=0, vocab_size=VOCAB_SIZE)
    source = TokenRows(TokenStore(folder).sequence("train"), CONTEXT)
    return lambda numbers: np.stack([source[number] for number in numbers.tolist()])


def zarr3(folder: Path, tokens: np.ndarray) -> Read:
    specification = {
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": str(folder)},
        "metadata": {
            "shape": [len(tokens)],
            "data_type": "uint16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [SHARD]}},
            "codecs": [
                {
                    "name": "sharding_indexed",
                    "configuration": {
                        "chunk_shape": [CHUNK],
                        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
                        "index_codecs": [
                            {"name": "bytes", "configuration": {"endian": "little"}},
                            {"name": "crc32c"},
                        ],
                    },
                }
            ],
        },
        # Large enough for every chunk: after the first touch it serves from memory.
        "context": {"cache_pool": {"total_bytes_limit": 1 << 30}, "data_copy_concurrency": {"limit": 2}},
        "recheck_cached_data": False,
        "recheck_cached_metadata": False,
    }
    tensorstore.open(specification, create=True).result().write(tokens).result()
    array = tensorstore.open(specification, read=True).result()

    def read(numbers: np.ndarray) -> np.ndarray:
        index = numbers[:, None] * CONTEXT + np.arange(ROW)  # one request for the batch
        return array[index].read().result()

    return read


def zarr3_by_row(folder: Path, tokens: np.ndarray) -> Read:
    zarr3(folder, tokens)
    array = tensorstore.open(
        {
            "driver": "zarr3",
            "kvstore": {"driver": "file", "path": str(folder)},
            "context": {"cache_pool": {"total_bytes_limit": 1 << 30}},
            "recheck_cached_data": False,
            "recheck_cached_metadata": False,
        },
        read=True,
    ).result()

    def read(numbers: np.ndarray) -> np.ndarray:
        rows = [array[start : start + ROW].read() for start in (numbers * CONTEXT).tolist()]
        return np.stack([row.result() for row in rows])

    return read


def array_record(folder: Path, tokens: np.ndarray) -> Read:
    folder.mkdir()
    path = str(folder / "rows.arrayrecord")
    writer = array_record_module.ArrayRecordWriter(path, "group_size:1,uncompressed")
    for start in range(0, len(tokens) - CONTEXT, CONTEXT):
        writer.write(tokens[start : start + ROW].tobytes())
    writer.close()
    reader = array_record_module.ArrayRecordReader(path, "readahead_buffer_size:0")

    def read(numbers: np.ndarray) -> np.ndarray:
        return np.stack([np.frombuffer(record, np.uint16) for record in reader.read(numbers.tolist())])

    return read


CARRIERS: dict[str, tuple[Callable[[Path, np.ndarray], Read], str, str]] = {
    "flat file, memory map": (flat, "1 range", f"{2 * ROW:,}"),
    "zarr3, a batch a request": (zarr3, "1–2 ranges + index", f"{2 * CHUNK:,}–{4 * CHUNK:,}"),
    "zarr3, a row a request": (zarr3_by_row, "1–2 ranges + index", f"{2 * CHUNK:,}–{4 * CHUNK:,}"),
    "ArrayRecord, a row a record": (array_record, "1 range + footer", f"≥ {2 * ROW:,}"),
}


def rows_per_second(read: Read, rows: int) -> float:
    """Random batches for `SECONDS`, after as long again to warm up."""
    random = np.random.default_rng(0)
    for measuring in (False, True):
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            done += len(read(random.integers(rows, size=BATCH)))
        if measuring:
            return done / (time.perf_counter() - start)
    raise AssertionError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=128, help="of tokens")
    arguments = parser.parse_args()
    tokens = np.random.default_rng(1).integers(1, VOCAB_SIZE, arguments.megabytes * 500_000, dtype=np.uint16)
    tokens[DOCUMENT - 1 :: DOCUMENT] = 0  # what ends the documents
    tokens = tokens[: len(tokens) // DOCUMENT * DOCUMENT]
    rows = (len(tokens) - 1) // CONTEXT

    table = Table(title=f"{rows:,} rows of {ROW:,} tokens, {arguments.megabytes} MB, warm, batches of {BATCH}")
    for column in ("carrier", "rows/s", "tokens/s", "size, MB", "requests a row on a bucket", "bytes a row"):
        table.add_column(column, justify="left" if column == "carrier" else "right")
    with tempfile.TemporaryDirectory() as work:
        for number, (name, (carrier, requests, size)) in enumerate(CARRIERS.items()):
            folder = Path(work) / str(number)
            read = carrier(folder, tokens)
            sample = np.array([0, 7, rows - 1])
            np.testing.assert_array_equal(read(sample), tokens[sample[:, None] * CONTEXT + np.arange(ROW)])
            rate = rows_per_second(read, rows)
            stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            table.add_row(name, f"{rate:,.0f}", f"{rate * CONTEXT / 1e6:,.1f} M", f"{stored / 1e6:.0f}", requests, size)
    Console().print(table)


if __name__ == "__main__":
    main()
