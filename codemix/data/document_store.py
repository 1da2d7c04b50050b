"""The document store: a source's documents on disk, split and counted.

<store>/train-00000.parquet …    one row per document
<store>/heldout-00000.parquet …
<store>/manifest.json            written last: a store without it is not there
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from codemix.data.documents import Document
from codemix.store.atomic import atomic_path, read_json

MANIFEST = "manifest.json"
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("cluster", pa.string()),
        ("provenance", pa.string()),  # a JSON object
        ("bytes", pa.int64()),  # length of the text in UTF-8
    ]
)


def write_documents(path: Path, documents: list[Document], metadata: dict[str, str] | None = None) -> None:
    """Writes one file atomically. `metadata` goes into the file's own."""
    columns = {
        "id": [document.id for document in documents],
        "text": [document.text for document in documents],
        "language": [document.language for document in documents],
        "cluster": [document.cluster for document in documents],
        "provenance": [json.dumps(document.provenance, sort_keys=True) for document in documents],
        "bytes": [len(document.text.encode()) for document in documents],
    }
    table = pa.table(columns, schema=SCHEMA.with_metadata(metadata))
    with atomic_path(path) as temporary:
        # Dictionaries and statistics of whole texts would cost more than all the rest.
        pq.write_table(
            table, temporary, compression="zstd", use_dictionary=["language", "cluster"], write_statistics=False
        )


def read_document_file(path: Path) -> Iterator[Document]:
    """The documents of one file, in order; a row group in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                yield Document(row["id"], row["text"], row["language"], row["cluster"], json.loads(row["provenance"]))


def read_metadata(path: Path) -> dict[str, str]:
    """The file's own metadata, as given to `write_documents`."""
    stored = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in stored.items()}


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
