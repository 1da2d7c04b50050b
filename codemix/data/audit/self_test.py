"""The audit's own test: what is planted must be found, on the way that real documents take.

Audits of published pipelines have looked for nothing without a word: a field that was not there, a filter that never
met its input. An audit that finds nothing is only news where it would have found something.
"""

import tempfile
from pathlib import Path

from codemix.data.audit.index import load_index
from codemix.data.audit.matching import audit_file, read_matches
from codemix.data.document_store import write_documents
from codemix.data.documents import Document

_AROUND = "Nothing of what is looked for stands in these lines, neither before nor after.\n\n"


class AuditError(Exception):
    """An audit does not find what was planted: its figures would mean nothing."""


def find_planted(index_path: Path) -> None:
    """Plants a passage of every benchmark into scratch documents, and audits those. Raises AuditError."""
    index = load_index(index_path)
    documents = [
        Document(str(number), f"{_AROUND * 20}{plant.text}\n\n{_AROUND * 20}", "en", "scratch", {})
        for number, plant in enumerate(index.plants)
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_documents(Path(folder) / "documents.parquet", documents)
        path = audit_file(index_path, Path(folder) / "documents.parquet", Path(folder) / "matches.parquet")
        rows = read_matches(path).to_pylist()
    found = {(row["document"], row["benchmark"], row["item"], row["part"]) for row in rows}
    for number, plant in enumerate(index.plants):
        part = index.parts[plant.part]
        if (str(number), part.benchmark, part.item, part.name) not in found:
            raise AuditError(
                f"{index_path}: '{part.name}' of item {part.item} of {part.benchmark} was planted into a scratch "
                "document and not found there; the audit cannot be trusted."
            )
