import dataclasses
import json
from pathlib import Path

import pytest
from folder_corpora import FolderReader, imported, tree, write_files
from hypothesis import given
from hypothesis import strategies as st

from codemix.data.collect import collect, is_held_out
from codemix.data.document_store import read_documents, read_manifest
from codemix.data.documents import well_formed
from codemix.data.filters import SizeBetween
from codemix.data.pool import worker_pool
from codemix.data.source import Source
from codemix.errors import UserError


@pytest.fixture(scope="module")
def pool():
    with worker_pool(2) as workers:
        yield workers


def texts(store: Path, split: str) -> list[str]:
    return [document.text for document in read_documents(store, split)]


def test_duplicates_drops_and_splits(tmp_path: Path, pool):
    reader = write_files(tmp_path / "files", 40, "en")
    folder = Path(reader.folder)
    (folder / "900.en").write_text((folder / "000.en").read_text())
    (folder / "901.en").write_text("")
    (folder / "902.en").write_text("tiny")
    source = Source("text", "text", reader, (SizeBetween(10, 10_000),), heldout_share=0.3)
    store = collect(source, tmp_path / "home", pool)

    drops = {"duplicate": "900.en", "empty": "901.en", "size": "902.en"}
    manifest = read_manifest(store)
    assert manifest["drops"] == {reason: {"count": 1, "examples": [name]} for reason, name in drops.items()}
    train, heldout = ([document.id for document in read_documents(store, split)] for split in ("train", "heldout"))
    assert sorted(train + heldout) == [f"{number:03d}.en" for number in range(40)]
    assert heldout == [name for name in sorted(train + heldout) if is_held_out(name, 0.3)]
    assert 4 <= len(heldout) <= 20
    assert [entry["documents"] for entry in manifest["splits"]["train"]] == [len(train)]


def test_the_budget_cuts_in_order_and_workers_do_not_matter(tmp_path: Path, pool):
    reader = write_files(tmp_path / "files", 60, "en")
    source = Source("text", "text", reader, budget_bytes=9_000)
    store = collect(source, tmp_path / "two", pool)
    assert tree(store) == tree(collect(source, tmp_path / "one", workers=1))

    sizes = [path.stat().st_size for path in reader.paths()]
    needed = next(count for count in range(60) if sum(sizes[:count]) >= 9_000)
    assert len(texts(store, "train") + texts(store, "heldout")) == needed
    manifest = read_manifest(store)
    assert manifest["shards"]["read"] < manifest["shards"]["of"]
    assert list((tmp_path / "two" / "documents").iterdir()) == [store]


def test_intermediate_results_are_used_again(tmp_path: Path, pool, monkeypatch: pytest.MonkeyPatch):
    source = Source("text", "text", write_files(tmp_path / "files", 20, "en"))
    whole = tree(collect(source, tmp_path / "whole", pool))

    def killed(path: Path, content: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("codemix.data.collect.write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            collect(source, tmp_path / "home", pool)
    reader = FolderReader(source.reader.folder)  # type: ignore[attr-defined]
    partial = next((tmp_path / "home" / "documents").glob(".*.partial"))
    assert len(list(partial.iterdir())) == len(reader.shards())
    stamps = {path: path.stat().st_mtime_ns for path in partial.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr("codemix.data.collect.shutil.rmtree", lambda path: None)
        store = collect(source, tmp_path / "home", pool)
    assert {path: path.stat().st_mtime_ns for path in partial.iterdir()} == stamps
    assert tree(store) == whole
    collect(source, tmp_path / "home", pool)
    assert not partial.exists()


def test_nothing_left_is_an_error_that_names_the_reasons(tmp_path: Path, pool):
    source = Source("text", "text", write_files(tmp_path / "files", 9, "en"), (SizeBetween(10**6, 10**7),))
    with pytest.raises(UserError, match=r"Source 'text'.*9 for size.*Source\.filters"):
        collect(source, tmp_path / "home", pool)
    with pytest.raises(UserError, match=r"Source 'none'.*no documents"):
        collect(Source("none", "text", write_files(tmp_path / "none", 0, "en")), tmp_path / "home", pool)


@pytest.mark.parametrize(
    ("field", "value"), [("name", "a b"), ("family", "prose"), ("heldout_share", 1.0), ("budget_bytes", 0)]
)
def test_a_bad_field_is_named(field: str, value: object):
    with pytest.raises(UserError, match=field if field != "name" else r"Source\.name"):
        dataclasses.replace(Source("text", "text", FolderReader("/nowhere")), **{field: value})


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_what_is_held_out_at_a_share_is_held_out_at_every_larger_one(identity: str, one: float, other: float):
    identity = well_formed(identity)
    small, large = sorted((one, other))
    assert not is_held_out(identity, small) or is_held_out(identity, large)
    assert not is_held_out(identity, 0.0)
    assert is_held_out(identity, 1.0)


def test_workers_import_no_tensorflow(pool):
    import codemix.data.tasks  # noqa: F401

    assert list(pool.map_in_order(imported, [("tensorflow",), ("seqio",)])) == [False, False]


def test_provenance_is_kept(tmp_path: Path, pool):
    store = collect(Source("text", "text", write_files(tmp_path / "files", 3, "en"), heldout_share=0), tmp_path, pool)
    assert [document.provenance for document in read_documents(store, "train")] == [
        {"path": f"00{number}.en"} for number in range(3)
    ]
    assert json.loads((store / "manifest.json").read_text())["language_bytes"].keys() == {"en"}
