"""Auditing the sources of a profile: which evaluation items are in their documents.

home/audits/INDEX-KEY/index…              the benchmarks' n-grams
home/audits/INDEX-KEY/SOURCE-KEY/…        what is in one file of documents, under that file's name
"""

from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress

from codemix.data.audit.building import build_index
from codemix.data.audit.config import Audit
from codemix.data.audit.matching import audit_file
from codemix.data.audit.self_test import find_planted
from codemix.data.audit.table import AuditTable, audit_table
from codemix.data.collect import collect
from codemix.data.corpora import Corpora
from codemix.data.document_store import read_manifest
from codemix.data.pool import Pool
from codemix.data.progress import track
from codemix.store.token_store import SPLITS


def audit_sources(
    corpora: Corpora, audit: Audit, tasks: Sequence[str], home: Path, pool: Pool, progress: Progress | None = None
) -> AuditTable:
    """Looks for every item in every document of the tasks' sources, and puts together what it found.

    Args:
        corpora: the profile.
        audit: what is looked for.
        tasks: whose sources; their documents are collected if they are not there.
        home: the folder that holds everything prepared.
        pool: runs the work.
        progress: shows how far it is, if given.

    Raises:
        UserError: a required benchmark that is missing, or a source that cannot be collected.
    """
    index = audit_index(audit, home)
    matches = {}
    for task in tasks:
        documents = collect(corpora.source(task), home, pool, progress)
        matches[task] = audit_store(index, documents, pool, progress)
    return audit_table(audit, index, matches)


def audit_index(audit: Audit, home: Path) -> Path:
    """The index of the benchmarks' n-grams, which is built, and tested, if it is not there."""
    path = home / "audits" / audit.index_key() / "index"
    build_index(audit, path)
    find_planted(path)
    return path


def audit_store(index: Path, documents: Path, pool: Pool, progress: Progress | None = None) -> list[Path]:
    """Looks for the items in every file of a finished document store. Gives what `audit_file` wrote for each."""
    entries = [entry for split in SPLITS for entry in read_manifest(documents)["splits"][split]]
    folder = index.parent / documents.name
    advance = track(progress, f"audit {documents.name.rpartition('-')[0]}", total=sum(e["bytes"] for e in entries))
    calls = [(index, documents / entry["file"], folder / entry["file"]) for entry in entries]
    paths = []
    for path, entry in zip(pool.map_in_order(audit_file, calls), entries, strict=True):
        paths.append(path)
        advance(entry["bytes"])
    return paths
