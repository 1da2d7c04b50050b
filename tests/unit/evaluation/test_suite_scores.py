"""A checkpoint on a suite: skipped, failed, killed and begun again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from benchmark_rows import rows_of
from small_model import small_model

import codemix.evaluation.suite_scores as suite_scores
from codemix.evaluation.items import read_facts, read_items
from codemix.evaluation.journal import Journal
from codemix.evaluation.model import ScoredModel
from codemix.evaluation.suite import Suite, SuiteTask
from codemix.evaluation.suite_key import suite_key, task_key
from codemix.evaluation.suite_scores import score_suite

PIQA = SuiteTask("piqa", "reasoning", "piqa/piqa.yaml", measure="acc_norm", chance=0.5)
COPA = SuiteTask("copa", "reasoning", "super_glue/copa/default.yaml", chance=0.5)
NQ = SuiteTask("nq_open", "knowledge", "nq_open/nq_open.yaml", measure="exact_match", answers="free", max_tokens=8)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ScoredModel:
    return small_model(tmp_path_factory.mktemp("model"), "step 10")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    folder = tmp_path_factory.mktemp("items")
    files = {}
    for task, count in (("piqa", 12), ("copa", 6), ("nq_open", 6)):
        files[task] = str(folder / f"{task}.jsonl")
        write(Path(files[task]), rows_of(task, count, 1))
    return Suite("three", [PIQA, COPA, NQ], files, batch_rows=2)


def write(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_scored_once_and_again_where_it_was_killed(
    model: ScoredModel, suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = score_suite(model, suite, tmp_path / "whole")
    assert [(outcome.task, outcome.status) for outcome in whole] == [(task, "scored") for task in suite.tasks]

    pieces = {"left": 3}  # each a batch: then it is killed

    class Killed(BaseException):
        pass

    class Until(Journal):
        def entry(self, compute: Callable[[], Any]) -> Any:
            def counted() -> Any:
                if not pieces["left"]:
                    raise Killed
                pieces["left"] -= 1
                return compute()

            return super().entry(counted)

    again = tmp_path / "again"
    monkeypatch.setattr(suite_scores, "Journal", Until)
    killed = 0
    for _ in range(20):
        try:
            score_suite(model, suite, again)
            break
        except Killed:
            killed += 1
            pieces["left"] = 3
            assert len(list(again.glob(".*.journal"))) <= 1
    assert killed >= 2
    for outcome in whole:
        assert outcome.items
        assert read_items(again / outcome.items.name).equals(read_items(outcome.items))
    assert not list(again.glob(".*"))

    monkeypatch.setattr(suite_scores, "_scored", lambda *_: pytest.fail("what is done was scored again"))
    assert [outcome.status for outcome in score_suite(model, suite, again)] == ["scored"] * 3


def test_another_checkpoint_or_other_items_are_scored_anew(model: ScoredModel, suite: Suite, tmp_path: Path) -> None:
    one = Suite("one", [PIQA], suite.files, batch_rows=2)
    (first,) = score_suite(model, one, tmp_path)
    assert first.items
    before = read_facts(first.items)["key"]
    other = ScoredModel(model.graph, model.params, model.mesh, model.tokenizer, "step 20")
    (second,) = score_suite(other, one, tmp_path)
    assert second.items
    assert read_facts(second.items)["key"] != before
    path = tmp_path / "piqa.jsonl"
    write(path, rows_of("piqa", 5, 2))
    (third,) = score_suite(other, Suite("one", [PIQA], {"piqa": str(path)}), tmp_path)
    assert third.items
    assert len(read_items(third.items)) == 5


def test_what_is_missing_is_skipped_and_what_fails_keeps_nobody(
    model: ScoredModel, suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    boolq, sciq = (SuiteTask(name, "reasoning", yaml) for name, yaml in
                   (("boolq", "super_glue/boolq/default.yaml"), ("sciq", "sciq/sciq.yaml")))  # fmt: skip
    write(tmp_path / "boolq.jsonl", [{"question": "?", "text": "another column"}])
    ill = [{**row, "label": 7} for row in rows_of("piqa", 3, 1)]  # the right choice is none of the two
    write(tmp_path / "piqa.jsonl", ill)
    files = {**suite.files, "boolq": str(tmp_path / "boolq.jsonl"), "piqa": str(tmp_path / "piqa.jsonl")}
    outcomes = score_suite(model, Suite("ill", [boolq, sciq, PIQA, COPA], files), tmp_path / "out")
    assert [outcome.status for outcome in outcomes] == ["skipped", "skipped", "failed", "scored"]
    for outcome, word in zip(outcomes, ("(passage, question, label)", "Suite.files", "IndexError"), strict=False):
        assert word in str(outcome.reason)
    assert [path.name for path in (tmp_path / "out").glob("*.parquet")] == ["copa.parquet"]


def test_written_answers_are_in_their_rows(model: ScoredModel, suite: Suite, tmp_path: Path) -> None:
    (outcome,) = score_suite(model, Suite("one", [NQ], suite.files, batch_rows=2), tmp_path)
    rows = pq.read_table(outcome.items).to_pylist()
    assert all(len(row["generations"]) == 1 and row["samples"] == 1 for row in rows)
    assert all(row["passed"] == row["score"] and row["bits_per_byte"] > 0 and row["acc"] is None for row in rows)
    golds = [" " + row["answer"][0] for row in rows_of("nq_open", 6, 1)]
    assert [row["bytes"] for row in rows] == [len(gold) for gold in golds]


def test_keys_cover_what_scores_depend_on(suite: Suite, tmp_path: Path) -> None:
    def key(task: SuiteTask = PIQA, files: dict[str, str] | None = None, seed: int = 1234) -> str:
        return task_key(Suite("any", [task], suite.files if files is None else files, seed=seed), task)

    path = tmp_path / "items.jsonl"
    path.write_bytes(Path(str(suite.files["piqa"])).read_bytes())
    assert key() == key(files={"piqa": str(path)})  # the same items elsewhere
    write(path, rows_of("piqa", 3, 9))
    changed = [
        key(files={"piqa": str(path)}),
        key(files={}),
        key(seed=1),
        key(SuiteTask(**{**vars(PIQA), "shots": 1})),
        key(SuiteTask(**{**vars(PIQA), "limit": 3})),
        key(SuiteTask(**{**vars(PIQA), "measure": "acc"})),
    ]
    own = tmp_path / "own.yaml"
    for text in ("task: own\noutput_type: multiple_choice\n", "task: own\noutput_type: generate_until\n"):
        own.write_text(text)
        changed.append(key(SuiteTask("piqa", "beyond", str(own))))
    assert len({key(), *changed}) == 1 + len(changed)
    assert key(SuiteTask(**{**vars(PIQA), "category": "beyond"})) == key()
    assert suite_key(suite) != suite_key(Suite("three", suite.tasks[:2], suite.files))
