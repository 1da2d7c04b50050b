import contextlib
import dataclasses
import json
from pathlib import Path

import pytest
from folder_corpora import FolderReader, imported, tree, write_files
from hypothesis import given
from hypothesis import strategies as st

import codemix.data.collect as collecting
from codemix.data.collect import collect
from codemix.data.document_store import read_documents, read_manifest
from codemix.data.documents import Bad, Document, well_formed
from codemix.data.filters import SizeBetween
from codemix.data.held_out import is_held_out
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
    assert sum(entry["documents"] for entry in manifest["splits"]["train"]) == len(train)
    assert (manifest["records"], manifest["quarantined"]) == (43, 0)


def test_the_budget_cuts_in_order_and_workers_do_not_matter(tmp_path: Path, pool):
    reader = write_files(tmp_path / "files", 60, "en")
    source = Source("text", "text", reader, budget_bytes=9_000, heldout_share=0)
    store = collect(source, tmp_path / "two", pool)
    with worker_pool(1) as single:
        assert tree(store) == tree(collect(source, tmp_path / "one", single))

    sizes = [path.stat().st_size for path in reader.paths()]
    needed = next(count for count in range(60) if sum(sizes[:count]) >= 9_000)
    assert texts(store, "train") == [path.read_text() for path in reader.paths()[:needed]]
    manifest = read_manifest(store)
    assert manifest["shards"]["read"] < manifest["shards"]["of"]
    assert manifest["drops"].get("budget", {"count": 0})["count"] == -needed % 8
    assert list((tmp_path / "two" / "documents").iterdir()) == [store]


@pytest.mark.parametrize("killed_in", ["_read_shard", "_fates", "_finish_piece", "write_json"])
def test_killed_at_any_point_it_ends_in_the_same_bytes(
    killed_in: str, tmp_path: Path, pool, monkeypatch: pytest.MonkeyPatch
):
    reader = write_files(tmp_path / "files", 40, "en")
    (Path(reader.folder) / "900.en").write_text((Path(reader.folder) / "000.en").read_text())
    source = Source("text", "text", reader, heldout_share=0.3)
    whole = tree(collect(source, tmp_path / "whole", pool))

    class Here:
        """Runs the work in this process, where it can be killed."""

        def map_in_order(self, function, calls):
            yield from (function(*call) for call in calls)

    for moment in (1, 2, 4, 6):
        calls = 0
        original = getattr(collecting, killed_in)

        def killed(*arguments, moment: int = moment, original=original):
            nonlocal calls
            calls += 1
            if calls == moment:
                raise KeyboardInterrupt
            return original(*arguments)

        home = tmp_path / f"home{moment}"
        with monkeypatch.context() as patch:
            patch.setattr(collecting, killed_in, killed)
            with contextlib.suppress(KeyboardInterrupt):
                collect(source, home, Here())
        assert calls >= min(moment, 4)
        assert tree(collect(source, home, pool)) == whole
        assert [path.name for path in (home / "documents").iterdir()] == [f"text-{source.key()}"]


def test_a_small_budget_keeps_the_held_out_share(tmp_path: Path, pool):
    """Within a piece, too, what is beyond the budget is what was read last, whichever split it is of."""
    folder = tmp_path / "files"
    reader = WholeFolder(write_files(folder, 60, "en").folder)
    sizes = [path.stat().st_size for path in reader.paths()]
    source = Source("text", "text", reader, budget_bytes=sum(sizes[:30]), heldout_share=0.3)
    store = collect(source, tmp_path, pool)
    kept = {split: {document.id for document in read_documents(store, split)} for split in ("train", "heldout")}
    first = [path.name for path in reader.paths()[:30]]
    assert kept["train"] | kept["heldout"] == set(first)
    assert kept["heldout"] == {name for name in first if is_held_out(name, 0.3)}
    assert kept["heldout"]


def test_a_piece_ends_where_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = Source("text", "text", write_files(tmp_path / "files", 20, "en"), heldout_share=0.3)

    class Here:
        def map_in_order(self, function, calls):
            yield from (function(*call) for call in calls)

    whole = collect(source, tmp_path / "whole", Here())
    monkeypatch.setattr(collecting, "PIECE_BYTES", 1_000)
    pieces = collect(source, tmp_path / "pieces", Here())
    assert len(read_manifest(pieces)["splits"]["train"]) > len(read_manifest(whole)["splits"]["train"])
    for split in ("train", "heldout"):
        assert texts(pieces, split) == texts(whole, split)


@dataclasses.dataclass(frozen=True)
class WholeFolder(FolderReader):
    """All files in one shard."""

    def shards(self) -> list[list[Path]]:
        return [self.paths()]


@dataclasses.dataclass(frozen=True)
class HalfBroken:
    """A hundred records, of which the first ones are unreadable."""

    bad: int

    def fingerprint(self) -> str:
        return str(self.bad)

    def shards(self) -> list[range]:
        return [range(50), range(50, 100)]

    def documents(self, shard: range):
        for number in shard:
            if number < self.bad:
                yield Bad(f"lines.jsonl:{number + 1}", "no JSON", '{"te\x00')
            else:
                yield Document(str(number), f"text {number}", "en", "site", {})


def test_unreadable_records_are_kept_aside(tmp_path: Path, pool):
    store = collect(Source("text", "text", HalfBroken(3), bad_share=0.03), tmp_path, pool)
    kept = [json.loads(line) for line in (store / "quarantine.jsonl").read_text().splitlines()]
    assert [entry["where"] for entry in kept] == ["lines.jsonl:1", "lines.jsonl:2", "lines.jsonl:3"]
    assert kept[0] == {"where": "lines.jsonl:1", "reason": "no JSON", "excerpt": '{"te\x00'}
    manifest = read_manifest(store)
    assert (manifest["records"], manifest["quarantined"]) == (100, 3)
    assert len(texts(store, "train") + texts(store, "heldout")) == 97


def test_too_many_unreadable_records_stop_the_task(tmp_path: Path, pool):
    source = Source("text", "text", HalfBroken(4), bad_share=0.03)
    with pytest.raises(UserError, match=r"lines\.jsonl:1: no JSON; 4 of 100 records of source 'text'.*bad_share"):
        collect(source, tmp_path, pool)


def test_nothing_left_is_an_error_that_names_the_reasons(tmp_path: Path, pool):
    source = Source("text", "text", write_files(tmp_path / "files", 9, "en"), (SizeBetween(10**6, 10**7),))
    with pytest.raises(UserError, match=r"Source 'text'.*9 for size.*Source\.filters"):
        collect(source, tmp_path / "home", pool)
    with pytest.raises(UserError, match=r"Source 'none'.*no documents"):
        collect(Source("none", "text", write_files(tmp_path / "none", 0, "en")), tmp_path / "home", pool)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "a b"), ("family", "prose"), ("heldout_share", 1.0), ("bad_share", 2.0), ("budget_bytes", 0)],
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
