"""What a suite says, the table that its items are in, and what their measures are good for."""

from pathlib import Path
from typing import Any

import pytest

from codemix.errors import UserError
from codemix.evaluation.harness.definitions import definition_files
from codemix.evaluation.items import ITEM_SCHEMA, item_hash, read_facts, read_items, write_items
from codemix.evaluation.measures import measures
from codemix.evaluation.suite import Suite, SuiteTask
from codemix.study.gin_files import load_suite

TASK: dict[str, Any] = {"name": "piqa", "category": "reasoning", "yaml": "piqa/piqa.yaml"}
SUITES = sorted(path.stem for path in Path("gin/suites").glob("*.gin") if "Suite.name" in path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": ""}, "SuiteTask.name"),
        ({"yaml": ""}, "SuiteTask.yaml"),
        ({"chance": 1.0}, "SuiteTask.chance"),
        ({"shots": -1}, "SuiteTask.shots"),
        ({"limit": 0}, "SuiteTask.limit"),
        ({"samples": 2}, "SuiteTask.samples"),
        ({"top_p": 0.0}, "top_p"),
    ],
)
def test_what_a_task_cannot_be(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named):
        SuiteTask(**TASK | fields)


def test_what_a_suite_cannot_be() -> None:
    task = SuiteTask(**TASK)
    for given, named in (
        (("", [task]), "Suite.name"),
        (("s", []), "Suite.tasks"),
        (("s", [task, task]), "piqa more than once"),
    ):
        with pytest.raises(UserError, match=named):
            Suite(*given)
    with pytest.raises(UserError, match=r"Suite\.batch_rows"):
        Suite("s", [task], batch_rows=0)
    with pytest.raises(UserError, match=r"no definition 'nowhere\.yaml'"):
        definition_files(SuiteTask(**TASK | {"yaml": "nowhere.yaml"}))


def test_files_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMS", "/items")
    suite = Suite("s", [SuiteTask(**TASK)], {"piqa": "$ITEMS/p.jsonl", "gsm8k": {"test": "$ITEMS/t", "train": "~x"}})
    assert suite.files_of("piqa") == {"": "/items/p.jsonl"}
    assert suite.files_of("gsm8k") == {"test": "/items/t", "train": "~x"}
    assert suite.files_of("copa") is None


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("profile", ["", "samples", "files"])
def test_every_suite_is_read_with_every_profile(name: str, profile: str, tmp_path: Path) -> None:
    file = tmp_path / "suite.gin"
    file.write_text("".join(f"include 'gin/suites/{part}.gin'\n" for part in (name, profile) if part))
    suite = load_suite(file)
    assert suite.name == name
    for task in suite.tasks:
        assert task.answers == "code" or definition_files(task)
        assert (suite.files_of(task.name) is None) == (not profile)


def test_items_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"task": "t", "item": "1", "hash": "00", "score": 1.0, "acc": 1.0, "bytes": 3},
        {"task": "t", "item": "2", "hash": "01", "score": None, "generations": ["a", "é"], "contaminated": False},
    ]
    path = tmp_path / "t.parquet"
    write_items(path, rows, {"key": "k"})
    table = read_items(path)
    assert table.schema.equals(ITEM_SCHEMA)
    assert table.to_pylist() == [{name: row.get(name) for name in ITEM_SCHEMA.names} for row in rows]
    assert read_facts(path) == {"key": "k"}
    with pytest.raises(ValueError, match="twice"):
        write_items(path, [rows[0], rows[0]])
    with pytest.raises(ValueError, match="perplexity"):
        write_items(path, [{**rows[0], "perplexity": 1.0}])
    assert read_items(path).num_rows == 2


def test_an_items_hash_is_of_its_content() -> None:
    assert item_hash({"a": 1, "b": ["é", None]}) == item_hash({"b": ["é", None], "a": 1})
    assert item_hash({"a": 1}) != item_hash({"a": "1"})
    assert len(item_hash({})) == 16


def test_small_models_are_not_decided_between_by_counted_answers() -> None:
    task = SuiteTask(**TASK, measure="acc_norm", chance=0.5)
    small, large = ({m.name: m for m in measures(task, size)} for size in (150_000_000, 2_800_000_000))
    assert list(small) == ["acc_norm", "acc", "bits_per_byte", "p_correct", "margin"]
    assert [m.grade for m in small.values()] == ["display", "display", "decision", "decision", "display"]
    assert small["acc_norm"].column == "score"
    assert small["acc_norm"].chance == 0.5
    assert not small["bits_per_byte"].higher_is_better
    assert large["acc_norm"].grade == "decision"
    labels = SuiteTask("mmlu", "beyond", "mmlu/default/mmlu_*.yaml", answers="labels", chance=0.25)
    graded = {m.name: m.grade for m in measures(labels, 150_000_000)}
    assert graded == {"acc": "display", "acc_norm": "display", "bits_per_byte": "display", "p_correct": "decision",
                      "margin": "display"}  # fmt: skip
    written = SuiteTask("nq_open", "knowledge", "nq_open/nq_open.yaml", measure="exact_match", answers="free")
    assert [(m.name, m.grade) for m in measures(written, 10**8)] == [
        ("exact_match", "display"),
        ("bits_per_byte", "decision"),
    ]
