"""What is prepared: the token stores of a folder, what their manifests say, and documents of theirs as text."""

import dataclasses
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from codemix.data.document_store import QUARANTINE, read_columns
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.errors import UserError
from codemix.store.token_store import SPLITS, TokenStore, is_complete

COUNTS = ("documents", "bytes", "tokens")


@dataclasses.dataclass(frozen=True)
class StoredDocument:
    """A document as its stored tokens have it. The text is `prompt` and then `text`."""

    id: str
    language: str
    cluster: str
    bytes: int
    tokens: int  # without the end of document
    prompt: str
    text: str


def finished_stores(data: Path) -> list[Path]:
    """The folders of the finished token stores of `data`, by name."""
    folder = data / "tokens"
    if not folder.exists():
        return []
    return sorted((path for path in folder.iterdir() if is_complete(path)), key=lambda path: path.name)


def facts(store: TokenStore) -> dict[str, Any]:
    """All that a store's manifest says, each split's shards summed up.

    Raises UserError where the manifest lacks what every store has.
    """
    try:
        splits = {split: {what: store.count(split, what) for what in (*COUNTS, "prompt_tokens")} for split in SPLITS}
        shards = {split: len(store.shards(split)) for split in SPLITS}
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{store.path}: the manifest is damaged ({error}); remove the folder and run `codemix prepare` again."
        ) from None
    known = {
        **store.manifest,
        "path": str(store.path),
        "splits": {split: {**counts, "shards": shards[split]} for split, counts in splits.items()},
    }
    if known.get("quarantined"):
        home = store.path.parent.parent
        known["quarantine"] = str(home / "documents" / f"{known['task']}-{known['documents']}" / QUARANTINE)
    return known


def sample_documents(
    store: TokenStore, split: str, count: int, language: str | None = None, eos: str | None = None
) -> Iterator[StoredDocument]:
    """Documents of a store as text, decoded by its own tokenizer: the same ones on every call, from all over the split.

    Args:
        store: an open store.
        split: one of `SPLITS`.
        count: how many at most.
        language: theirs; by default any.
        eos: the name of the end-of-document token, where the profile gives one.
    """
    tokenizer = load_tokenizer(store.path.parent.parent / store.manifest["tokenizer"]["path"], eos)
    sequence = store.sequence(split)
    for row in _pick(store, split, count, lambda row: language in (None, row["language"])):
        ids = sequence.read(row["start"], row["start"] + row["tokens"])
        yield StoredDocument(
            id=row["document"],
            language=row["language"],
            cluster=row["cluster"],
            bytes=row["bytes"],
            tokens=row["tokens"],
            prompt=tokenizer.decode(ids[: row["prompt"]]),
            text=tokenizer.decode(ids[row["prompt"] :]),
        )


def _pick(store: TokenStore, split: str, count: int, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Rows of the documents table, with `start` counted from the start of the split, in the order of the split. Shards
    are read only until there are enough."""
    shards = store.shards(split)
    dice = random.Random(0)
    a_shard = -(-count // max(1, len(shards)))
    chosen: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for number in dice.sample(range(len(shards)), len(shards)):
        before = sum(shard.tokens for shard in shards[:number])
        table = read_columns(store.path / split / shards[number].document_file)
        rows = [{**row, "start": row["start"] + before} for row in table.to_pylist() if wanted(row)]
        dice.shuffle(rows)
        chosen += rows[:a_shard]
        others += rows[a_shard:count]
        if len(chosen) >= count:
            break
    return sorted((chosen + others)[:count], key=lambda row: row["start"])
