"""Derived sources: the fate, the filters and the exclusions of the originals."""

import pickle
from pathlib import Path

import pytest
from folder_corpora import FolderReader

from codemix.data.collect import collect
from codemix.data.corpora import Corpora
from codemix.data.derived import comments_only, scrambled
from codemix.data.document_store import document_files, read_columns, read_documents, read_manifest
from codemix.data.filters import Without
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.pool import worker_pool
from codemix.data.prepare import prepare
from codemix.data.source import Source
from codemix.data.tokenizer import TrainedTokenizer
from codemix.store.token_store import SPLITS, TokenStore


def program(number: int, more: str = "") -> str:
    names = [f"basket_{(number * 7919 + k) % 10_007}" for k in range(40)]
    lines = [f"{name} = {number} + {k}  # The basket {name} holds {k}." for k, name in enumerate(names)]
    return "\n".join(lines) + f"\n{more}"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """40 programs, one of which a filter drops, one without comments and one of comments alone; and 3 near-copies."""
    folder = tmp_path_factory.mktemp("programs")
    for number in range(40):
        (folder / f"{number:03d}.python").write_text(program(number))
    for number in range(3):
        (folder / f"copy{number}.python").write_text(program(number, "last = 1  # One more.\n"))
    (folder / "filtered.python").write_text("forbidden = 1  # Has the forbidden word.\n")
    (folder / "silent.python").write_text("basket = 1\n")
    (folder / "talk.python").write_text("# Comments alone.\n")
    return Source("web_code", "web_code", FolderReader(str(folder)), (Without("forbidden"),), heldout_share=0.3)


def corpora(source: Source, near_duplicates: NearDuplicates | None = None) -> Corpora:
    sources = (source, comments_only(source), scrambled(source))
    tokenizer = TrainedTokenizer(vocab_size=280, mixture={"web_code": 1.0}, budget_bytes=20_000)
    return Corpora("folder", sources, {}, tokenizer, near_duplicates)


def kept(store: Path) -> dict[str, set[str]]:
    return {split: {document.id for document in read_documents(store, split)} for split in SPLITS}


def test_documents_keep_their_identity_and_their_side_of_the_split(source: Source, tmp_path: Path):
    with worker_pool(2) as pool:
        originals, comments, structure = (
            collect(s, tmp_path, pool) for s in (source, comments_only(source), scrambled(source))
        )
    assert kept(originals)["heldout"]
    for store, without, reason in (
        (comments, "silent.python", "no comments"),
        (structure, "talk.python", "no code"),
    ):
        assert kept(store) == {split: ids - {without} for split, ids in kept(originals).items()}
        drops = {why: entry["examples"] for why, entry in read_manifest(store)["drops"].items()}
        assert drops == {reason: [without], "forbidden string": ["filtered.python"]}
        for original, derived in zip(read_documents(originals, "train"), read_documents(store, "train"), strict=False):
            assert (derived.language, derived.cluster) == (original.language, original.cluster)
            assert derived.prompt == 0
    told = next(iter(read_documents(comments, "train"))).text
    assert told.startswith("The basket basket_")
    assert all("asket" not in document.text for document in read_documents(structure, "train"))


def test_sources_are_declared_by_their_originals(source: Source):
    comments = comments_only(source, budget_bytes=1000, expected_tokens=7)
    assert (comments.name, comments.family, comments.heldout_share) == ("web_code_comments", "web_code", 0.3)
    assert (comments.budget_bytes, comments.expected_tokens, comments.filters) == (1000, 7, ())
    assert pickle.loads(pickle.dumps(comments)) == comments
    other = Source("web_code", "web_code", source.reader, (Without("another"),), heldout_share=0.3)
    assert scrambled(other).key() != scrambled(source).key() != comments_only(source).key()
    assert scrambled(source).key() == scrambled(source).key()


def test_what_the_original_leaves_out_is_left_out(source: Source, tmp_path: Path):
    profile = corpora(source, NearDuplicates(("web_code",)))
    stores = prepare(profile, ("web_code_scrambled", "web_code_comments"), tmp_path, worker_pool(2))
    assert not profile.store_path(tmp_path, "web_code").exists()  # judged, and not tokenised
    judgements = profile.exclusions_path(tmp_path, "web_code")
    assert judgements is not None
    left_out = set()
    for path in document_files(profile.documents_path(tmp_path, "web_code"), "train"):
        if (judgements / path.name).exists():
            rows = read_columns(judgements / path.name, ["row"])["row"]
            left_out |= set(read_columns(path, ["id"])["id"].take(rows).to_pylist())
    assert len(left_out) >= 3
    for task, store in stores.items():
        sequences = [TokenStore(store).sequence(split) for split in SPLITS]
        names = {row["document"] for sequence in sequences for row in sequence.documents()}
        documents = kept(profile.documents_path(tmp_path, task))
        assert names == (documents["train"] | documents["heldout"]) - left_out
        assert TokenStore(store).manifest["drops"]["near-duplicate"]["count"] == len(left_out)


def test_keys_tell_what_the_original_leaves_out(source: Source):
    plain, deduplicated = corpora(source), corpora(source, NearDuplicates(("web_code",)))
    assert plain.store_key("web_code_scrambled") != deduplicated.store_key("web_code_scrambled")
    assert plain.exclusions_path(Path(), "web_code_scrambled") is None
    elsewhere = corpora(source, NearDuplicates(("web_code_comments",)))
    assert elsewhere.store_key("web_code_scrambled") == plain.store_key("web_code_scrambled")
