"""The document store: a source's documents on disk or in a bucket, split and counted.

<store>/train-00000-000.parquet …    one row per document; shard of the source, piece of the shard
<store>/heldout-00000-000.parquet …
<store>/quarantine.jsonl             the records that could not be read, where there are any
<store>/manifest.json                written last: a store without it is not there
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from codemix.data.documents import Document
from codemix.store.atomic import atomic_path, read_json
from codemix.store.paths import is_local

MANIFEST = "manifest.json"
QUARANTINE = "quarantine.jsonl"
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.large_string()),
        ("language", pa.string()),
        ("cluster", pa.string()),
        ("provenance", pa.string()),  # a JSON object
        ("subset", pa.string()),
        ("prompt", pa.int64()),  # characters at the start of the text that are given
        ("bytes", pa.int64()),  # length of the text in UTF-8
        ("digest", pa.binary(16)),  # XXH3-128 of the text in UTF-8
        ("place", pa.int64()),  # its number among the documents of its shard, whatever their split
    ]
)
_ROW_GROUP_BYTES = 16 << 20  # of text: what a reader holds at once


def write_documents(path: Path, documents: Sequence[Document], places: Sequence[int] | None = None) -> None:
    """Writes one file atomically. `places` are the documents' numbers in their shard, by default in this file."""
    contents = [document.text.encode() for document in documents]
    columns = {
        "id": [document.id for document in documents],
        "text": contents,
        "language": [document.language for document in documents],
        "cluster": [document.cluster for document in documents],
        "provenance": [json.dumps(document.provenance, sort_keys=True) for document in documents],
        "subset": [document.subset for document in documents],
        "prompt": [document.prompt for document in documents],
        "bytes": [len(content) for content in contents],
        "digest": [xxhash.xxh3_128_digest(content) for content in contents],
        "place": range(len(documents)) if places is None else places,
    }
    arrays = [
        pa.array(columns[field.name], pa.large_binary()).cast(field.type)
        if field.name == "text"
        else pa.array(columns[field.name], field.type)
        for field in SCHEMA
    ]
    write_table(path, pa.table(arrays, schema=SCHEMA))


def write_table(path: Path, table: pa.Table) -> None:
    """Writes rows of `SCHEMA`, in row groups of bounded size, atomically."""
    mean = sum(table["bytes"].to_pylist()) // max(1, len(table)) + 1
    with atomic_path(path) as temporary:
        # Dictionaries and statistics of whole texts would cost more than all the rest.
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            use_dictionary=["language", "cluster", "subset"],
            write_statistics=False,
            row_group_size=max(1, _ROW_GROUP_BYTES // mean),
        )


def read_columns(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Some columns of one file, or all."""
    with open_parquet(path) as file:
        return file.read(columns)


def open_parquet(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path) if is_local(path) else pq.ParquetFile(path.open("rb"), pre_buffer=True)


def read_document_file(path: Path) -> Iterator[Document]:
    """The documents of one file, in order; a row group in memory at a time."""
    with open_parquet(path) as file:
        for group in range(file.num_row_groups):
            for batch in file.read_row_group(group).to_batches(max_chunksize=256):
                for row in batch.to_pylist():
                    yield Document(
                        id=row["id"],
                        text=row["text"],
                        language=row["language"],
                        cluster=row["cluster"],
                        provenance=json.loads(row["provenance"]),
                        subset=row["subset"],
                        prompt=row["prompt"],
                    )


def is_complete(store: Path) -> bool:
    return (store / MANIFEST).exists()


def read_manifest(store: Path) -> dict[str, Any]:
    return read_json(store / MANIFEST)


def document_files(store: Path, split: str) -> list[Path]:
    """The files of one split of a finished store, in order."""
    return [store / entry["file"] for entry in read_manifest(store)["splits"][split]]


def read_documents(store: Path, split: str) -> Iterator[Document]:
    """The documents of one split of a finished store, in order."""
    for path in document_files(store, split):
        yield from read_document_file(path)
