"""What near-duplicates and the audit leave out of a task."""

import dataclasses
import json
import random
from pathlib import Path

import pytest
from folder_corpora import WORDS, FolderReader, tree, write_files

from codemix.data.audit.config import Audit, Benchmark
from codemix.data.corpora import Corpora
from codemix.data.document_store import read_documents
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.pool import worker_pool
from codemix.data.prepare import prepare
from codemix.data.source import Source
from codemix.data.tokenizer import TrainedTokenizer
from codemix.errors import UserError
from codemix.store.token_store import TokenStore

ITEM = "How many apples has the old farmer left when he gave seven of his twenty away to the neighbours?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources of 30 documents; web_code has near-copies of three of text's, and text an evaluation item."""
    folder = tmp_path_factory.mktemp("corpora")
    text, code = (FolderReader(write_files(folder / suffix, 30, suffix).folder) for suffix in ("en", "python"))
    unlike = random.Random("unlike")
    for path in (*text.paths(), *code.paths()):  # few words, many documents: make them differ
        path.write_text(" ".join(f"{unlike.choice(WORDS)}{unlike.randrange(10**6)}" for _ in range(120)) + "\n")
    for number in range(3):
        (folder / "python" / f"copy{number}.python").write_text(text.paths()[number].read_text() + "one more line\n")
    (folder / "en" / "leak.en").write_text(text.paths()[9].read_text()[::-1] + ITEM.upper())
    (folder / "items.jsonl").write_text(json.dumps({"question": ITEM}) + "\n")
    return folder


def corpora(folder: Path, **fields: object) -> Corpora:
    sources = tuple(
        Source(name, family, FolderReader(str(folder / suffix)), heldout_share=0.2)
        for name, family, suffix in (("text", "text", "en"), ("web_code", "web_code", "python"))
    )
    tokenizer = TrainedTokenizer(vocab_size=280, mixture={"text": 1.0}, budget_bytes=20_000)
    return Corpora("folder", sources, {}, tokenizer, **fields)  # type: ignore[arg-type]


def audit(folder: Path, *drop_from: str) -> Audit:
    return Audit((Benchmark("apples", (str(folder / "items.jsonl"),), text={"q": "question"}),), drop_from=drop_from)


def stored(profile: Corpora, home: Path, task: str) -> tuple[set[str], dict[str, int]]:
    store = TokenStore(profile.store_path(home, task))
    names = {row["document"] for split in ("train", "heldout") for row in store.sequence(split).documents()}
    return names, {reason: entry["count"] for reason, entry in store.manifest["drops"].items()}


def test_near_copies_and_leaks_are_left_out(folder: Path, tmp_path: Path):
    profile = corpora(folder, near_duplicates=NearDuplicates(("text", "web_code")), audit=audit(folder, "text"))
    prepare(profile, profile.tasks, tmp_path / "two", worker_pool(2))
    text, text_drops = stored(profile, tmp_path / "two", "text")
    code, code_drops = stored(profile, tmp_path / "two", "web_code")
    assert text == {f"{number:03d}.en" for number in range(30)}
    assert text_drops == {"benchmark item": 1}
    assert code == {f"{number:03d}.python" for number in range(30)}
    assert code_drops == {"near-duplicate": 3}
    prepare(profile, profile.tasks, tmp_path / "one", worker_pool(1))
    assert tree(tmp_path / "one" / "tokens") == tree(tmp_path / "two" / "tokens")

    plain = corpora(folder, audit=audit(folder))
    prepare(plain, plain.tasks, tmp_path / "two")
    assert len(stored(plain, tmp_path / "two", "text")[0]) == 31
    assert len(stored(plain, tmp_path / "two", "web_code")[0]) == 33


def test_a_preferred_source_is_not_touched_and_does_not_wait_for_others(folder: Path, tmp_path: Path):
    profile = corpora(folder, near_duplicates=NearDuplicates(("web_code", "text")))
    prepare(profile, ["web_code"], tmp_path)
    assert {path.name.split("-")[0] for path in (tmp_path / "documents").iterdir()} == {"web_code", "text"}  # tokenizer
    assert len(stored(profile, tmp_path, "web_code")[0]) == 33
    prepare(profile, ["text"], tmp_path)
    assert {"000.en", "001.en", "002.en"} & stored(profile, tmp_path, "text")[0] == set()


def test_keys_change_with_what_is_left_out_and_only_then(folder: Path):
    plain = corpora(folder)
    both = corpora(folder, near_duplicates=NearDuplicates(("text", "web_code")))
    alone = corpora(folder, near_duplicates=NearDuplicates(("text",)))
    assert both.store_key("text") == alone.store_key("text") != plain.store_key("text")
    assert both.store_key("web_code") != alone.store_key("web_code") == plain.store_key("web_code")
    assert corpora(folder, audit=audit(folder)).store_key("text") == plain.store_key("text")
    assert corpora(folder, audit=audit(folder, "text")).store_key("text") != plain.store_key("text")
    stricter = dataclasses.replace(audit(folder, "text"), minimum_share=0.5)
    assert corpora(folder, audit=stricter).store_key("text") != corpora(folder, audit=audit(folder, "text")).store_key(
        "text"
    )


def test_what_wins_is_named(folder: Path, tmp_path: Path):
    profile = corpora(folder, near_duplicates=NearDuplicates(("text", "web_code")))
    prepare(profile, ["web_code"], tmp_path)
    exclusions = profile.exclusions_path(tmp_path, "web_code")
    assert exclusions is not None
    from codemix.data.document_store import open_parquet

    winners = {}
    for path in exclusions.glob("*.parquet"):
        with open_parquet(path) as file:
            rows = file.read().to_pylist()
        with open_parquet(profile.documents_path(tmp_path, "web_code") / path.name) as file:
            names = file.read(["id"])["id"].to_pylist()
        winners.update({names[row["row"]]: row["because"] for row in rows})
    assert winners == {f"copy{number}.python": f"{number:03d}.en" for number in range(3)}
    assert read_documents(profile.documents_path(tmp_path, "web_code"), "train")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"near_duplicates": NearDuplicates(("text", "prose"))}, r"NearDuplicates\.sources names 'prose'"),
        ({"drop_from": "prose"}, r"Audit\.drop_from names 'prose'"),
    ],
)
def test_an_unknown_source_is_named(folder: Path, fields: dict[str, object], sentence: str):
    if "drop_from" in fields:
        fields = {"audit": audit(folder, "prose")}
    with pytest.raises(UserError, match=sentence):
        corpora(folder, **fields)
