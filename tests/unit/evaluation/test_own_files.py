"""Items in files of one's own: every form, and original releases beside the hub's columns."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from benchmark_rows import rows_of

from codemix.evaluation.harness.columns import as_on_the_hub
from codemix.evaluation.harness.missing import DataMissing
from codemix.evaluation.harness.own_files import read_records, rows_by_split
from codemix.evaluation.suite import SuiteTask

ROWS = rows_of("piqa", 4, 1)
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
TASK = SuiteTask("gsm8k", "beyond", "gsm8k/gsm8k.yaml")


def hub(name: str, records: list[dict[str, Any]], **config: Any) -> list[dict[str, Any]]:
    return list(as_on_the_hub(name, {"task": name, **config}, records))


def test_every_form_gives_the_same_records(tmp_path: Path) -> None:
    contents = {
        "a.jsonl": LINES.encode(),
        "a.jsonl.gz": gzip.compress(LINES.encode()),
        "a.jsonl.zst": zstandard.ZstdCompressor().compress(LINES.encode()),
        "b.json": LINES.encode(),
        "array.json": json.dumps(ROWS, indent=1).encode(),
        "around.json": json.dumps({"version": "1", "data": ROWS}).encode(),
        "bom.jsonl": b"\xef\xbb\xbf" + LINES.encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        if name != "around.json":
            assert read_records(tmp_path / name) == ROWS, name
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert read_records(tmp_path / "a.parquet") == ROWS
    assert read_records(tmp_path / "around.json") == ROWS


@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", b'{"cut'), ("a.jsonl.gz", b"no"), ("a.txt", b"x"), ("a.parquet", b"x")]
)
def test_what_cannot_be_read_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataMissing, match=name):
        read_records(tmp_path / name)


def test_splits(tmp_path: Path) -> None:
    path = tmp_path / "gsm8k.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of("gsm8k", 3, 1)))
    asked = {"task": "gsm8k", "test_split": "test", "training_split": "train"}
    with pytest.raises(DataMissing, match="'train' of gsm8k"):
        rows_by_split(TASK, dict(asked), {"test": str(path)}, read_records)
    with pytest.raises(DataMissing, match="is not there"):
        rows_by_split(TASK, dict(asked), {"test": str(path), "train": str(tmp_path / "none*")}, read_records)
    found = rows_by_split(TASK, dict(asked), {"test": str(path), "train": str(tmp_path / "g*")}, read_records)
    assert found == {"test": rows_of("gsm8k", 3, 1), "train": rows_of("gsm8k", 3, 1)}


def test_releases_known_by_their_columns(tmp_path: Path) -> None:
    quiz = {f"RandomFifthSentenceQuiz{n}": f"end {n}" for n in (1, 2)}
    story = {
        "InputStoryid": "s",
        **{f"InputSentence{n}": f"{n}." for n in range(1, 5)},
        **quiz,
        "AnswerRightEnding": "2",
    }
    with (tmp_path / "cloze.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, story)
        writer.writeheader()
        writer.writerow(story)
    (row,) = hub("storycloze_2016", read_records(tmp_path / "cloze.csv"))
    assert (row["input_sentence_4"], row["sentence_quiz2"], row["answer_right_ending"]) == ("4.", "end 2", 2)

    (row,) = hub("cb", [{"premise": "p", "hypothesis": "h", "label": "neutral"}])
    assert row["label"] == 2
    assert [
        hub("boolq", [{"passage": "", "question": "", "label": label}])[0]["label"] for label in (True, "false", 1)
    ] == [1, 0, 1]
    (row,) = hub("triviaqa", [{"Question": "Who?", "Answer": {"Value": "V", "Aliases": ["V", "W"]}}])
    assert row == {"question": "Who?", "answer": {"value": "V", "aliases": ["V", "W"]}}
    (row,) = hub("lambada_openai", [{"context": "a b", "continuation": " c"}])
    assert row == {"text": "a b c"}
    turn = {"question": "Q", "orig_answer": {"text": "A"}}
    (row,) = hub("quac", [{"title": "T", "section_title": "S", "paragraphs": [{"context": "C", "qas": [turn, turn]}]}])
    assert (row["questions"], row["orig_answers"]) == (["Q", "Q"], {"texts": ["A", "A"]})
    assert hub("mmlu_anatomy", rows_of("mmlu", 20, 1), dataset_name="anatomy") == [
        row for row in rows_of("mmlu", 20, 1) if row["subject"] == "anatomy"
    ]
    with pytest.raises(DataMissing, match=r"\(goal, sol1, sol2, label\)"):
        hub("piqa", [{"goal": "", "sol1": ""}])


def test_the_original_arc_is_the_hubs(samples: Path) -> None:
    for part in ("Easy", "Challenge"):
        original = read_records(samples / f"evals/arc/ARC-{part}-Dev.jsonl.gz")
        theirs = read_records(samples / f"evals/hf_rows/arc/ARC-{part}-validation-hf.jsonl.gz")
        assert hub(f"arc_{part.lower()}", original) == theirs
