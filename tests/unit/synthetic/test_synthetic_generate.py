"""Collections: shards, manifest, resumption, deduplication, the audit, and the reader."""

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from in_process import Here, content, records

from codemix.data.audit.config import Audit, Benchmark
from codemix.data.documents import Document
from codemix.data.pool import worker_pool
from codemix.data.records.files import Files
from codemix.data.records.records import Records
from codemix.data.records.schemas.problems import ProblemSolution
from codemix.data.source import Source
from codemix.errors import UserError
from codemix.synthetic.generate import generate
from codemix.synthetic.reader import SyntheticProblems

FAMILIES = ("count_matching", "letter_shift", "digit_work")


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemix.synthetic.generate.SHARD", 20)


def test_the_manifest_counts_what_was_made_and_written(tmp_path: Path, small_shards: None) -> None:
    manifest = generate(50, 3, tmp_path, Here(), FAMILIES)
    written = records(tmp_path)
    assert manifest["kept"] == len(written) == sum(entry["problems"] for entry in manifest["shards"])
    assert manifest["kept"] + sum(drop["count"] for drop in manifest["drops"].values()) == manifest["problems"] == 50
    assert [entry["file"] for entry in manifest["shards"]] == sorted(content(tmp_path))
    assert manifest["bytes"] == sum(len(record["text"].encode()) for record in written)
    assert manifest["levels"]["1 runs"] >= manifest["levels"]["4 mutants"] >= manifest["kept"]
    assert set(manifest["families"]) <= set(FAMILIES)
    assert sum(manifest["stages"].values()) == manifest["kept"]
    assert manifest["mutants"]["score"] >= 0.9
    assert {path.name for path in tmp_path.iterdir()} == {*content(tmp_path), "manifest.json"}


def test_workers_write_the_same_bytes(tmp_path: Path) -> None:
    generate(30, 3, tmp_path / "here", Here(), FAMILIES)
    with worker_pool(2) as pool:
        generate(30, 3, tmp_path / "there", pool, FAMILIES)
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_a_killed_generation_goes_on(tmp_path: Path, small_shards: None) -> None:
    class Killed(Exception):
        pass

    class Failing(Here):
        def map_in_order(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Generator[Any]:
            for number, call in enumerate(calls):
                if number == 2:
                    raise Killed
                yield function(*call)

    with pytest.raises(Killed):
        generate(60, 3, tmp_path / "one", Failing(), FAMILIES)
    (partial,) = (tmp_path / "one").glob(".*.partial")
    first = partial / "00000.jsonl.zst"
    made = first.stat().st_mtime_ns
    asked: list[str] = []

    class Watched(Here):
        def map_in_order(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Generator[Any]:
            for call in calls:
                asked.append(function.__name__)
                if first.exists():
                    assert first.stat().st_mtime_ns == made
                yield function(*call)

    generate(60, 3, tmp_path / "one", Watched(), FAMILIES)
    assert asked.count("_verify_shard") == 3
    generate(60, 3, tmp_path / "other", Here(), FAMILIES)
    assert content(tmp_path / "one") == content(tmp_path / "other")


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    class Idle(Here):
        def map_in_order(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Generator[Any]:
            raise AssertionError("asked to work")

    manifest = generate(10, 3, tmp_path, Here(), FAMILIES)
    assert generate(10, 3, tmp_path, Idle(), FAMILIES) == manifest
    with pytest.raises(UserError, match="give another folder"):
        generate(10, 4, tmp_path, Idle(), FAMILIES)


def test_a_benchmark_item_does_not_stay(tmp_path: Path) -> None:
    """One of the problems is planted in a benchmark: it, and nothing far from it, is left out."""
    generate(30, 3, tmp_path / "before", Here(), FAMILIES)
    planted = records(tmp_path / "before")[7]
    items = tmp_path / "items.jsonl"
    items.write_bytes(
        orjson.dumps({"id": "item/7", "prompt": planted["problem"], "answer": planted["solution"]}) + b"\n"
    )
    audit = Audit((Benchmark("planted", (str(items),), text={"prompt": "prompt"}, code={"answer": "answer"}, id="id"),))
    manifest = generate(30, 3, tmp_path / "after", Here(), FAMILIES, audit)
    left = {record["id"] for record in records(tmp_path / "before")} - {
        record["id"] for record in records(tmp_path / "after")
    }
    assert planted["id"] in left
    near = {record["id"] for record in records(tmp_path / "before") if record["family"] == planted["family"]}
    assert left < near
    (reason,) = (reason for reason in manifest["drops"] if reason.startswith("benchmark item"))
    assert reason == "benchmark item: planted item/7"
    assert planted["id"] in manifest["drops"][reason]["examples"]


def test_repeated_problems_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_shards: None) -> None:
    """The same seed and index gives the same problem: here the indices of every shard begin anew."""
    from codemix.synthetic import generate as module

    original = module.verified

    def again(seed: int, start: int, stop: int, *others: Any) -> Any:
        return original(seed, start % 20, start % 20 + stop - start, *others)

    monkeypatch.setattr(module, "verified", again)
    manifest = generate(40, 3, tmp_path, Here(), FAMILIES)
    assert manifest["drops"]["duplicate"]["count"] == manifest["kept"]
    assert len({record["id"] for record in records(tmp_path)}) == manifest["kept"]


def test_the_schema_reads_the_records(tmp_path: Path) -> None:
    generate(20, 3, tmp_path, Here(), FAMILIES)
    schema = ProblemSolution(tests="tests", identity="id", layout="{problem}\n\n{solution}\n\n{tests}")
    reader = Records(Files((str(tmp_path / "problems-*.jsonl.zst"),)), schema)
    documents = [document for part in reader.shards() for document in reader.documents(part)]
    written = records(tmp_path)
    assert [document.id for document in documents if isinstance(document, Document)] == [each["id"] for each in written]
    assert all(each["solution"] in document.text for each, document in zip(written, documents, strict=True))


def test_the_reader_gives_what_generate_writes(tmp_path: Path) -> None:
    reader = SyntheticProblems(25, 3, FAMILIES)
    generate(25, 3, tmp_path, Here(), FAMILIES)
    documents = [document for shard in reader.shards() for document in reader.documents(shard)]
    kept = [document for document in documents if isinstance(document, Document)]
    assert len(documents) == 25
    assert [document.text for document in kept] == [record["text"] for record in records(tmp_path)]
    assert {document.language for document in kept} == {"python"}


def test_the_readers_key_is_that_of_its_problems() -> None:
    one = SyntheticProblems(10, 3, FAMILIES)
    assert one.fingerprint() == SyntheticProblems(10, 3, FAMILIES).fingerprint()
    others = [SyntheticProblems(11, 3, FAMILIES), SyntheticProblems(10, 4, FAMILIES), SyntheticProblems(10, 3)]
    assert len({one.fingerprint(), *(other.fingerprint() for other in others)}) == 4
    assert [stop - start for start, stop in SyntheticProblems(600).shards()] == [250, 250, 100]
    assert Source("synthetic", "synthetic", one).key()


def test_nonsense_is_told() -> None:
    with pytest.raises(UserError, match=r"SyntheticProblems\.count"):
        SyntheticProblems(0)
    with pytest.raises(UserError, match="no family"):
        SyntheticProblems(1, families=("nonsense",))
    with pytest.raises(UserError, match="at least 1"):
        generate(0, 1, Path("nowhere"), Here())
