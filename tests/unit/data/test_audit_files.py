"""From declared benchmarks to the audit's table: files, errors, thresholds, templates, and what cannot be told."""

import dataclasses
import gzip
import io
import json
from pathlib import Path

import gin
import pyarrow.parquet as pq
import pytest
from audit_samples import built, files_of, samples, write_benchmark
from rich.console import Console

from codemix.data.audit import self_test
from codemix.data.audit.building import build_index
from codemix.data.audit.config import Audit, Benchmark
from codemix.data.audit.items import read_items
from codemix.data.audit.matching import audit_file, read_matches, read_searched
from codemix.data.audit.show import shown
from codemix.data.audit.table import AuditTable, audit_table, matching_documents, write_table
from codemix.data.document_store import write_documents
from codemix.data.documents import Document
from codemix.data.pool import worker_pool
from codemix.errors import UserError
from codemix.study.field_types import checked

ROOT = Path(__file__).parents[3]
LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
OTHER = "a quick brown fox has jumped over that lazy old dog while nobody looked at it again"


def document(identity: str, text: str) -> Document:
    return Document(identity, text, "en", "cluster", {})


def audited(audit: Audit, folder: Path, sources: dict[str, list[Document]]) -> tuple[AuditTable, dict[str, list[Path]]]:
    index_path = build_index(audit, folder / f"{audit.index_key()}.npz")
    matches: dict[str, list[Path]] = {}
    for source, documents in sources.items():
        for number, one in enumerate(documents):  # a file of each
            write_documents(folder / f"{source}-{number}.parquet", [one])
            path = audit_file(index_path, folder / f"{source}-{number}.parquet", folder / f"{source}-{number}.matches")
            matches.setdefault(source, []).append(path)
    return audit_table(audit, index_path, matches), matches


def found(audit: Audit, paths: list[Path]) -> set[str]:
    return {identity for path in paths for identity in matching_documents(audit, path)}


def test_the_table(tmp_path: Path):
    questions = [{"q": f"{LONG} the end", "id": "long"}, {"q": OTHER, "id": "other"}]
    questions += [{"q": "too short", "id": "short"}, {"q": "just eight words are enough to be found", "id": "eight"}]
    questions += [
        {"q": f"answer the following question with one of the letters a or b {n}", "id": f"t{n}"} for n in "xyz"
    ]
    path = write_benchmark(tmp_path / "questions.jsonl", questions)
    missing = Benchmark("gone", [str(tmp_path / "nothing-*.jsonl")], {"question": "q"})
    audit = Audit([Benchmark("b", [path], {"question": "q"}, id="id"), missing], boilerplate_items=2, words=12)
    text = [
        document("half", f"At last: {LONG.upper()}"),
        document("whole", f"… {LONG}, the -- END."),
        document("none", "nothing of it: one two three five"),
        document(
            "twice", f"{LONG}. Just eight (words) are enough to be found! answer the following question with one "
        ),
    ]
    table, matches = audited(audit, tmp_path, {"text": text, "code": [document("c", "x = 1")]})

    rows = {(row["item"], row["source"]): row for row in table.matched.to_pylist()}
    assert set(rows) == {("long", "text"), ("eight", "text")}
    long = rows["long", "text"]
    assert (long["units"], long["found"], long["share"], long["documents"]) == (6, 6, 1.0, 3)
    assert (long["document"], long["document_share"], long["start"], long["part"]) == ("whole", 1.0, 2, "question")
    assert long["excerpt"].startswith("one two three")
    total = next(row for row in table.totals.to_pylist() if row["source"] == "text")
    assert total == {
        "benchmark": "b",
        "source": "text",
        "items": 7,
        "matched": 2,
        "share": 2 / 6,  # one is too short
        "too_short": 1,
        "templates": 0,
        "boilerplate": 1,
        "documents": 3,
        "searched": 4,
    }
    assert table.skipped == {"gone": f"{tmp_path}/nothing-*.jsonl: there is no such file"}
    assert found(audit, matches["text"]) == {"half", "whole", "twice"}
    strict = dataclasses.replace(audit, minimum_share=0.9)
    assert found(strict, matches["text"]) == {"whole", "twice"}
    several = dataclasses.replace(audit, minimum_ngrams=5)
    assert found(several, matches["text"]) == {"whole", "twice"}  # short passages have but one

    write_table(table, tmp_path / "audit")
    assert pq.read_table(tmp_path / "audit" / "matched.parquet").equals(table.matched)
    assert json.loads(pq.read_schema(tmp_path / "audit" / "totals.parquet").metadata[b"skipped"]) == table.skipped
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(shown(table))
    page = console.export_text()
    assert "33.33%" in page
    assert "gone was not looked for" in page
    assert "one two three four" in page


def test_templates_do_not_match(tmp_path: Path):
    """A prompt that eleven items share is no item's; what follows it is."""
    template = "Below is an instruction that describes a task. Write a response that completes it fully:"
    records = [{"q": f"{template} {'only' * (n > 9)} {OTHER if n == 3 else ''}"} for n in range(11)]
    audit = Audit([Benchmark("b", [write_benchmark(tmp_path / "b.jsonl", records)], {"q": "q"})])
    table, _ = audited(audit, tmp_path, {"s": [document("template", template), document("own", OTHER)]})
    assert [(row["item"], row["document"]) for row in table.matched.to_pylist()] == [("b.jsonl:4", "own")]
    (total,) = table.totals.to_pylist()
    assert (total["items"], total["matched"], total["templates"], total["boilerplate"]) == (11, 1, 9, 3)
    index = built(dataclasses.replace(audit, boilerplate_items=11), tmp_path)
    assert index.boilerplate == {"b": 0}


def test_workers_and_repetition_give_the_same_bytes(tmp_path: Path):
    audit = Audit([Benchmark("b", [write_benchmark(tmp_path / "b.jsonl", [{"q": LONG}])], {"q": "q"})])
    index_path = build_index(audit, tmp_path / "index.npz")
    calls = []
    for number in range(4):
        documents = [document(f"{number}-{n}", f"{n} {LONG * (n % 2)}") for n in range(20)]
        write_documents(tmp_path / f"{number}.parquet", documents)
        calls.append((index_path, tmp_path / f"{number}.parquet", tmp_path / "two" / f"{number}.parquet"))
    with worker_pool(2) as pool:
        two = [path.read_bytes() for path in pool.map_in_order(audit_file, calls)]
    one = [audit_file(*call[:2], tmp_path / "one" / call[2].name).read_bytes() for call in calls]
    assert two == one
    assert read_searched(calls[0][2]) == {"index": audit.index_key(), "documents": "20"}

    before = calls[0][2].stat().st_mtime_ns
    assert audit_file(*calls[0]).stat().st_mtime_ns == before  # it is there
    other = Audit([Benchmark("b", [write_benchmark(tmp_path / "c.jsonl", [{"q": OTHER}])], {"q": "q"})])
    assert build_index(other, index_path) == index_path  # another key at the same place is built anew
    assert read_matches(audit_file(*calls[0])).num_rows == 0
    with pytest.raises(UserError, match=r"matches of another index of benchmarks"):
        audit_table(other, index_path, {"s": [calls[1][2]]})
    with pytest.raises(UserError, match=r"Source 's': the audit searched no document of it"):
        audit_table(other, index_path, {"s": []})


def test_what_is_found_nowhere_stops_the_audit(tmp_path: Path):
    """An index whose keys were damaged finds nothing, and says so before it is used."""
    audit = Audit([Benchmark("b", [write_benchmark(tmp_path / "b.jsonl", [{"q": LONG}])], {"q": "q"})])
    index = built(audit, tmp_path)
    path = tmp_path / f"{audit.index_key()}.npz"
    index.tables["text"].keys[:] += 1
    with pytest.raises(self_test.AuditError, match=r"'q' of item b.jsonl:1 of b was planted .* not found"):
        build_index(audit, path)


def test_files_fields_and_identities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_BENCHMARKS", str(tmp_path))
    nested = {"id": 1, "question": {"stem": "why", "choices": [{"text": "x"}, {"text": "y"}]}, "none": None}
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps([nested, {"id": 2, "question": {}}]).encode()))
    write_benchmark(tmp_path / "b.jsonl", [{"id": 2, "question": {"stem": "how"}}])
    parts = {"stem": "question.stem", "choices": "question.choices.text"}
    benchmark = Benchmark("b", ["$MY_BENCHMARKS/*.json*"], parts, id="id")
    files = files_of(Audit([benchmark]))["b"]
    items = read_items(benchmark, files)
    assert {item: [part.passages for part in of] for item, of in items.items()} == {
        "1": [["why"], ["x", "y"]],
        "2": [["how"], []],
    }
    unnamed = dataclasses.replace(benchmark, id="")
    assert list(read_items(unnamed, files)) == ["a.json.gz:1", "a.json.gz:2", "b.jsonl:1"]

    key = Audit([benchmark]).index_key()
    assert Audit([dataclasses.replace(benchmark, files=[str(tmp_path / "*.json*")])]).index_key() == key
    assert Audit([benchmark], minimum_share=0.5).index_key() == key
    assert Audit([benchmark], minimum_share=0.5).key() != Audit([benchmark]).key()
    assert Audit([benchmark], words=12).index_key() != key
    write_benchmark(tmp_path / "b.jsonl", [{"id": 2, "question": {"stem": "when"}}])
    assert Audit([benchmark]).index_key() != key


def test_what_a_user_can_mend(tmp_path: Path):
    path = write_benchmark(tmp_path / "b.jsonl", [{"q": LONG}, {"q": [OTHER]}])
    (tmp_path / "bad.jsonl").write_text('{"q": 1}\n[1]\n')
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"q": "x"}\n' * 1000)[:-20])
    (tmp_path / "b.csv").write_text("q")

    def message(**fields: object) -> str:
        with pytest.raises(UserError) as told:
            built(Audit([Benchmark(**{"name": "b", "files": [path], "text": {"q": "q"}} | fields)]), tmp_path)
        return str(told.value)

    assert "Benchmark 'b': no record has text in 'r.s'; correct Benchmark.text['q']." in message(text={"q": "r.s"})
    assert "record 1 of" in message(id="nothing")
    assert "record 2 is no JSON object (it is a list)" in message(files=[str(tmp_path / "bad.jsonl")])
    assert "cut.jsonl.gz" in message(files=[str(tmp_path / "cut.jsonl.gz")])
    assert "from .jsonl and .json" in message(files=[str(tmp_path / "b.csv")])
    assert "there is no such file; correct Benchmark.files." in message(files=["/nowhere/*.jsonl"], required=True)
    assert "$NOT_SET_HERE is not set" in message(files=["$NOT_SET_HERE/x.jsonl"], required=True)
    assert "every one is skipped, 'b' for $NOT_SET_HERE" in message(files=["$NOT_SET_HERE/x.jsonl"])
    assert "text and code are empty" in message(text={})
    assert "'q' is a part of text and of code" in message(code={"q": "q"})
    with pytest.raises(UserError, match=r"Audit.minimum_words is 14; give a number from 1 to Audit.words, which is 13"):
        Audit([Benchmark("b", [path], {"q": "q"})], minimum_words=14)
    with pytest.raises(UserError, match=r"has two named 'b'"):
        Audit([Benchmark("b", [path], {"q": "q"})] * 2)


def test_the_declared_benchmarks_are_there(tmp_path: Path):
    """Every file of gin/benchmarks: each declared field has text, each passage of its self-test is found."""
    samples()
    for cls in (Benchmark, Audit):
        if f"codemix.{cls.__name__}" not in gin.config._REGISTRY:
            gin.external_configurable(checked(cls, cls.__name__), module="codemix")
    gin.clear_config()
    gin.add_config_file_search_path(str(ROOT))
    try:
        gin.parse_config_file(str(ROOT / "gin" / "benchmarks" / "all.gin"), print_includes_and_imports=False)
        audit = gin.get_configurable("codemix.Audit")()
    finally:
        gin.clear_config()
    assert len(audit.benchmarks) >= 40
    # Items of some of them are enough here; `tests.benchmarks.audit` builds the index of all.
    files = files_of(audit)
    items = {benchmark.name: read_items(benchmark, files[benchmark.name]) for benchmark in audit.benchmarks}
    assert all(items.values())
    assert len(items["humaneval"]) == 164
    assert len(items["humanevalpack"]) == 6 * 164
