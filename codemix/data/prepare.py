"""Preparing: every task that a study needs becomes its token store, once.

Documents are collected, what near-duplicates and the audit exclude is found, the tokenizer is trained, and the tasks
are written out, a file of documents to a shard of tokens, by worker processes or by Beam. The bytes are those that the
SeqIO task of the same name yields (`codemix.data.check`), made without loading TensorFlow: that alone takes longer than
the quickstart's tokens do. Whatever is finished is left alone; whatever was interrupted goes on at the shard where it
stopped, and ends in the same bytes.
"""

import dataclasses
import errno
import itertools
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from codemix import __version__
from codemix.data.collect import collect
from codemix.data.corpora import Corpora
from codemix.data.document_store import document_files, read_manifest
from codemix.data.drops import Drops
from codemix.data.encoding import encode_documents
from codemix.data.exclusions import exclude, read_kept
from codemix.data.pool import Pool, worker_pool
from codemix.data.progress import track
from codemix.data.tokenizer import Tokenizer, TokenizerFile
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.data.tokenizer_training import copy_tokenizer, train_tokenizer
from codemix.errors import UserError
from codemix.store.atomic import read_json, remove_leftovers, write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.lock import exclusive
from codemix.store.paths import preparing_lease, remove_tree
from codemix.store.token_store import SPLITS, Shard, is_complete, token_dtype, write_manifest, write_shard

_DOCUMENTS_AT_ONCE = 256  # encoded together
_CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


def prepare(
    corpora: Corpora,
    tasks: Iterable[str],
    home: Path,
    pool: AbstractContextManager[Pool] | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Makes the token stores of `tasks`, those that are not there.

    Args:
        corpora: the profile.
        tasks: names of its sources.
        home: the folder, or the folder in a bucket, that holds everything prepared.
        pool: gives what runs the work; by default a process for each core.
        progress: shows how far it is, if given.

    Returns:
        task -> its token store.

    Raises:
        UserError: an unknown task, a source without documents, a tokenizer that cannot be had, or a home that cannot
            be written.
    """
    stores = {task: corpora.store_path(home, task) for task in tasks}
    if all(_is_finished(store) for store in stores.values()):
        return stores
    try:
        with exclusive(preparing_lease(home)), pool or worker_pool() as workers:
            for folder in ("documents", "tokenizers", "tokens"):
                remove_leftovers(home / folder)
            missing = [task for task, store in stores.items() if not _is_finished(store)]
            _make(corpora, missing, home, workers, progress)
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        raise UserError(f"{home}: cannot be written ({error}); make room there, or choose another --home.") from error
    return stores


def _is_finished(store: Path) -> bool:
    """Whether the store is complete and nothing of its making is left over."""
    return is_complete(store) and not _partial(store).exists()


def _partial(store: Path) -> Path:
    """The folder of the records of finished shards, until the manifest has them."""
    return store.with_name(f".{store.name}.partial")


def _make(corpora: Corpora, tasks: list[str], home: Path, pool: Pool, progress: Progress | None) -> None:
    shares = {} if corpora.tokenizer_path(home).exists() else corpora.tokenizer_shares()
    wanted = {*tasks, *shares, *(other for task in tasks for other in corpora.judged_with(task))}
    documents = {s.name: collect(s, home, pool, progress) for s in corpora.sources if s.name in wanted}
    for task in tasks:
        exclude(corpora, task, home, pool, progress)
    tokenizer_path = corpora.tokenizer_path(home)
    if not tokenizer_path.exists():
        if isinstance(corpora.tokenizer, TokenizerFile):
            copy_tokenizer(corpora.tokenizer, tokenizer_path)
        else:
            train_tokenizer(corpora.tokenizer, shares, documents, tokenizer_path, progress)
    _tokenizer(tokenizer_path, corpora.tokenizer_eos())  # an unusable one is told here, and not by a worker
    _write_stores(corpora, tasks, home, pool, progress)


def _write_stores(corpora: Corpora, tasks: list[str], home: Path, pool: Pool, progress: Progress | None) -> None:
    """Writes out the tasks: a file of documents to a shard of tokens, every document with its end."""
    tokenizer = (corpora.tokenizer_path(home), corpora.tokenizer_eos())
    calls = {
        task: [
            (split, file, corpora.exclusions_path(home, task), corpora.store_path(home, task), *tokenizer)
            for split in SPLITS
            for file in document_files(corpora.documents_path(home, task), split)
        ]
        for task in tasks
        if not is_complete(corpora.store_path(home, task))
    }
    all_records = pool.map_in_order(_write_tokens, itertools.chain(*calls.values()))
    for task, task_calls in calls.items():
        facts = read_manifest(corpora.documents_path(home, task))
        advance = track(progress, f"tokenise {task}", total=facts["bytes"])
        records = []
        for record in itertools.islice(all_records, len(task_calls)):
            records.append(record)
            advance(record["shard"]["bytes"])
        advance(0, total=sum(record["shard"]["bytes"] for record in records))  # less what is left out
        _finish(corpora, task, home, records, facts)
    for task in tasks:
        remove_tree(_partial(corpora.store_path(home, task)))


@lru_cache(maxsize=1)
def _tokenizer(path: Path, eos: str | None) -> Tokenizer:
    return load_tokenizer(path, eos)


def _write_tokens(
    split: str, documents: Path, exclusions: Path | None, store: Path, tokenizer_path: Path, eos: str | None
) -> dict[str, Any]:
    """Tokenises one file of documents into one shard, unless it is there, and records it. Runs in a worker."""
    name = documents.stem.removeprefix(f"{split}-")
    record_path = _partial(store) / f"{split}-{name}.json"
    if record_path.exists():
        record = read_json(record_path)
        shard = Shard(**record["shard"])
        if all((store / split / file).exists() for file in (shard.token_file, shard.document_file)):
            return record

    tokenizer = _tokenizer(tokenizer_path, eos)
    rows: list[dict[str, Any]] = []
    ids: list[np.ndarray] = []
    parts: dict[str, dict[str, Counter[str]]] = {"languages": {}, "subsets": {}}
    drops = Drops()
    remaining = read_kept(documents, exclusions, drops)
    while batch := list(itertools.islice(remaining, _DOCUMENTS_AT_ONCE)):
        for document, sequence, prompt in zip(batch, *encode_documents(tokenizer, batch), strict=True):
            size = len(document.text.encode())
            rows.append(
                {
                    "document": document.id,
                    "cluster": document.cluster,
                    "language": document.language,
                    "bytes": size,
                    "prompt": prompt,
                    "prompt_bytes": len(document.text[: document.prompt].encode()),
                }
            )
            ids.append(sequence)
            for part, value in (("languages", document.language), ("subsets", document.subset)):
                counts = parts[part].setdefault(value, Counter())
                counts.update(documents=1, bytes=size, tokens=len(sequence) + 1)
    shard = write_shard(store / split, name, rows, ids, token_dtype(tokenizer.vocab_size), tokenizer.eos)
    record = {"split": split, "shard": dataclasses.asdict(shard), **parts, "drops": drops.counts}
    write_json(record_path, record)
    return record


def _finish(corpora: Corpora, task: str, home: Path, records: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    """Declares the task's store complete."""
    path = corpora.tokenizer_path(home)
    tokenizer = _tokenizer(path, corpora.tokenizer_eos())
    parts: dict[str, dict[str, Counter[str]]] = {"languages": {}, "subsets": {}}
    drops = Drops()
    drops.merge(facts["drops"])
    for record in records:
        drops.merge(record["drops"])
        for part, counts in parts.items():
            for value, more in record[part].items():
                counts.setdefault(value, Counter()).update(more)
    shards = [Shard(**record["shard"]) for record in records]
    splits = {
        split: [shard for record, shard in zip(records, shards, strict=True) if record["split"] == split]
        for split in SPLITS
    }
    if not any(shard.tokens for shard in splits["train"]):
        raise UserError(
            f"task '{task}': near-duplicates or the audit leave no document to train on; "
            "change Corpora.near_duplicates or Audit.drop_from, or take the task out."
        )
    write_manifest(
        corpora.store_path(home, task),
        dict(splits),
        key=corpora.store_key(task),
        task=task,
        family=corpora.source(task).family,
        eos=tokenizer.eos,
        vocab_size=tokenizer.vocab_size,
        tokenizer={"path": path.relative_to(home).as_posix(), "fingerprint": tokenizer.fingerprint},
        languages=dict(sorted(parts["languages"].items())),
        subsets={value: counts for value, counts in sorted(parts["subsets"].items()) if value},
        bytes_per_token=sum(shard.bytes for shard in shards) / sum(shard.tokens for shard in shards),
        records=facts["records"],
        quarantined=facts["quarantined"],
        drops=drops.counts,
        documents=facts["key"],
        inputs=facts["inputs"],
        filters=facts["filters"],
        codemix=__version__,
        fingerprint=fingerprint(
            [(record["split"], record["shard"]["name"], record["shard"]["xxh3"]) for record in records]
        ),
    )
