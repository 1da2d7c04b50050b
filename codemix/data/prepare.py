"""Preparing: every task that a study needs becomes its token store, once.

Documents are collected, the tokenizer is trained, and the tasks over them are written out, a file of documents to a
shard of tokens, by worker processes. The bytes are those that the SeqIO task of the same name yields
(`codemix.data.check`), made without loading TensorFlow: that alone takes longer than the quickstart's tokens do.
Whatever is finished is left alone; whatever was interrupted goes on at the shard where it stopped, and ends in the same
bytes.
"""

import dataclasses
import errno
import itertools
import shutil
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from codemix.data.collect import collect
from codemix.data.corpora import Corpora
from codemix.data.document_store import document_files, read_document_file, read_manifest
from codemix.data.pool import Workers, worker_pool
from codemix.data.progress import track
from codemix.data.tokenizer import Tokenizer, TokenizerFile
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.data.tokenizer_training import copy_tokenizer, train_tokenizer
from codemix.errors import UserError
from codemix.store.atomic import read_json, remove_leftovers, write_json
from codemix.store.fingerprint import fingerprint
from codemix.store.lock import exclusive
from codemix.store.token_store import SPLITS, Shard, is_complete, token_dtype, write_manifest, write_shard

_DOCUMENTS_AT_ONCE = 256  # encoded together
_CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


def prepare(
    corpora: Corpora,
    tasks: Iterable[str],
    home: Path,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Makes the token stores of `tasks`, those that are not there.

    Args:
        corpora: the profile.
        tasks: names of its sources.
        home: the folder that holds everything.
        workers: processes that read and tokenise; by default one for each core.
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
        with exclusive(home / ".prepare.lock"), worker_pool(workers) as pool:
            for folder in ("documents", "tokenizers", "tokens"):
                remove_leftovers(home / folder)
            missing = [task for task, store in stores.items() if not _is_finished(store)]
            _make(corpora, missing, home, pool, progress)
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


def _make(corpora: Corpora, tasks: list[str], home: Path, pool: Workers, progress: Progress | None) -> None:
    shares = corpora.tokenizer_shares()
    documents = {
        source.name: collect(source, home, pool, progress)
        for source in corpora.sources
        if source.name in tasks or (source.name in shares and not corpora.tokenizer_path(home).exists())
    }
    tokenizer_path = corpora.tokenizer_path(home)
    if not tokenizer_path.exists():
        if isinstance(corpora.tokenizer, TokenizerFile):
            copy_tokenizer(corpora.tokenizer, tokenizer_path)
        else:
            train_tokenizer(corpora.tokenizer, shares, documents, tokenizer_path, progress)
    _tokenizer(tokenizer_path, corpora.tokenizer_eos())  # an unusable one is told here, and not by a worker
    _write_stores(corpora, tasks, home, pool, progress)


def _write_stores(corpora: Corpora, tasks: list[str], home: Path, pool: Workers, progress: Progress | None) -> None:
    """Writes out the tasks: a file of documents to a shard of tokens, every document with its end."""
    tokenizer = (corpora.tokenizer_path(home), corpora.tokenizer_eos())
    calls = {
        task: [
            (split, file, corpora.store_path(home, task), f"{number:05d}", *tokenizer)
            for split in SPLITS
            for number, file in enumerate(document_files(corpora.documents_path(home, task), split))
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
        _finish(corpora, task, home, records, facts)
    for task in tasks:
        shutil.rmtree(_partial(corpora.store_path(home, task)), ignore_errors=True)


@lru_cache(maxsize=1)
def _tokenizer(path: Path, eos: str | None) -> Tokenizer:
    return load_tokenizer(path, eos)


def _write_tokens(
    split: str, documents: Path, store: Path, name: str, tokenizer_path: Path, eos: str | None
) -> dict[str, Any]:
    """Tokenises one file of documents into one shard, unless it is there, and records it. Runs in a worker."""
    record_path = _partial(store) / f"{split}-{name}.json"
    if record_path.exists():
        record = read_json(record_path)
        shard = Shard(**record["shard"])
        if all((store / split / file).exists() for file in (shard.token_file, shard.document_file)):
            return record

    tokenizer = _tokenizer(tokenizer_path, eos)
    rows: list[dict[str, Any]] = []
    ids: list[np.ndarray] = []
    languages: dict[str, Counter[str]] = {}
    remaining = read_document_file(documents)
    while batch := list(itertools.islice(remaining, _DOCUMENTS_AT_ONCE)):
        sequences = tokenizer.encode_batch([document.text for document in batch])
        for document, sequence in zip(batch, sequences, strict=True):
            size = len(document.text.encode())
            rows.append(
                {"document": document.id, "cluster": document.cluster, "language": document.language, "bytes": size}
            )
            ids.append(sequence)
            counts = languages.setdefault(document.language, Counter())
            counts.update(documents=1, bytes=size, tokens=len(sequence) + 1)
    shard = write_shard(store / split, name, rows, ids, token_dtype(tokenizer.vocab_size), tokenizer.eos)
    record = {"split": split, "shard": dataclasses.asdict(shard), "languages": languages}
    write_json(record_path, record)
    return record


def _finish(corpora: Corpora, task: str, home: Path, records: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    """Declares the task's store complete."""
    path = corpora.tokenizer_path(home)
    tokenizer = _tokenizer(path, corpora.tokenizer_eos())
    languages: dict[str, Counter[str]] = {}
    for record in records:
        for language, counts in record["languages"].items():
            languages.setdefault(language, Counter()).update(counts)
    shards = [Shard(**record["shard"]) for record in records]
    splits = {
        split: [shard for record, shard in zip(records, shards, strict=True) if record["split"] == split]
        for split in SPLITS
    }
    write_manifest(
        corpora.store_path(home, task),
        dict(splits),
        key=corpora.store_key(task),
        task=task,
        family=corpora.source(task).family,
        eos=tokenizer.eos,
        vocab_size=tokenizer.vocab_size,
        tokenizer={"path": path.relative_to(home).as_posix(), "fingerprint": tokenizer.fingerprint},
        languages=dict(sorted(languages.items())),
        bytes_per_token=sum(shard.bytes for shard in shards) / sum(shard.tokens for shard in shards),
        drops=facts["drops"],
        documents=facts["key"],
        fingerprint=fingerprint(
            [(record["split"], record["shard"]["name"], record["shard"]["xxh3"]) for record in records]
        ),
    )
