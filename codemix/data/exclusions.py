"""Which of a source's documents are left out of its task: near-duplicates of others, and what holds benchmark items.

<exclusions>/train-00000-000.parquet     beside the document file of the same name, where any of its rows is left out
<exclusions>/manifest.json               written last
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from rich.progress import Progress

from codemix.data.corpora import Corpora
from codemix.data.document_store import open_parquet, read_document_file
from codemix.data.documents import Document
from codemix.data.drops import Drops
from codemix.data.pool import Pool

SCHEMA = pa.schema([("row", pa.int64()), ("reason", pa.string()), ("because", pa.string())])


def exclude(corpora: Corpora, task: str, home: Path, pool: Pool, progress: Progress | None) -> None:
    """Finds what is to be left out of a task, unless it is known."""
    if corpora.exclusions_path(home, task) is None:
        return
    raise NotImplementedError


def read_kept(documents: Path, exclusions: Path | None, drops: Drops) -> Iterator[Document]:
    """The documents of one file that the task has, in order; the others are added to `drops`."""
    reasons: dict[int, str] = {}
    if exclusions is not None and (exclusions / documents.name).exists():
        with open_parquet(exclusions / documents.name) as file:
            table = file.read()
        reasons = dict(zip(table["row"].to_pylist(), table["reason"].to_pylist(), strict=True))
    for row, document in enumerate(read_document_file(documents)):
        if row in reasons:
            drops.add(reasons[row], document.id)
        else:
            yield document
