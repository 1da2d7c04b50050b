"""Benchmarks of a study: scored after training and during it, on items of the test's own."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
import tiny_study
from tiny_study import Reference

from codemix.cli import main

ITEMS = [
    {"goal": f"How do I open box number {number}?", "sol1": "Turn the key.", "sol2": "Eat some sand.", "label": 0}
    for number in range(12)
]
SUITE = """
include '{study}'
include 'gin/suites/tasks.gin'
Study.suite = @Suite()
Suite.name = 'boxes'
Suite.tasks = [@piqa/SuiteTask(), @copa/SuiteTask()]
Suite.files = {{'piqa': '{items}', 'copa': '{items}.missing'}}
"""
AUDITED = """
include '{study}'
include 'gin/suites/tasks.gin'
Study.suite = @Suite()
Suite.name = 'audited'
Suite.tasks = [@piqa/SuiteTask()]
Suite.files = {{'piqa': '{items}'}}
Corpora.audit = @Audit()
Audit.benchmarks = [@Benchmark()]
Benchmark.name = 'another'
Benchmark.files = ['{items}']
Benchmark.text = {{'question': 'goal'}}
"""
DURING = """
include '{study}'
include 'gin/suites/tasks.gin'
Study.during_training = @DuringTraining()
DuringTraining.every_tokens = {tokens}
DuringTraining.documents = 3
DuringTraining.suite = @Suite()
Suite.name = 'few'
Suite.tasks = [@piqa/SuiteTask()]
Suite.files = {{'piqa': '{items}'}}
piqa/SuiteTask.limit = 4
"""
Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Writes a study that is the tiny one and more, of the same name."""

    def write(content: str, rows: Sequence[dict[str, object]] = ITEMS, **values: object) -> Path:
        items = tmp_path / "items.jsonl"
        items.write_text("\n".join(map(json.dumps, rows)))
        study = tmp_path / "study" / tiny_study.STUDY.name
        study.parent.mkdir()
        study.write_text(content.format(study=tiny_study.STUDY, items=items, **values))
        return study

    return write


def test_every_run_is_scored_on_the_same_items(finished_home: Path, written: Write, capsys) -> None:
    study = written(SUITE)
    main(["evaluate", str(study), "--home", str(finished_home)])
    assert "copa is not scored: skipped" in capsys.readouterr().out
    folder = tiny_study.study_folder(finished_home)
    items = pd.read_parquet(folder / "items.parquet")
    runs = pd.read_parquet(folder / "results.parquet")[["arm", "seed"]].drop_duplicates()
    assert len(items) == len(ITEMS) * len(runs)
    assert (items.groupby("item")["hash"].nunique() == 1).all()
    assert items["score"].isin([0.0, 1.0]).all()
    assert (items["bits_per_byte"] > 0).all()
    assert set(items["task"]) == {"piqa"}
    assert items["contaminated"].isna().all()  # the profile declares no audit

    scored = {path: path.stat().st_mtime_ns for path in finished_home.glob("phases/*/evaluations/*/boxes/*.parquet")}
    assert scored
    main(["run", str(study), "--home", str(finished_home)])
    assert {path: path.stat().st_mtime_ns for path in scored} == scored
    page = (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert "piqa" in page
    assert "copa" in page
    main(["run", str(study), "--home", str(finished_home)])
    assert "nothing to do" in capsys.readouterr().out


def test_items_in_training_documents_are_flagged(finished_home: Path, written: Write) -> None:
    """One that is there, one that is not, and one that is too short to tell."""
    source = next(
        folder for folder in sorted((finished_home / "documents").iterdir()) if folder.name.startswith("text")
    )
    texts = pd.concat(map(pd.read_parquet, sorted(source.glob("train*.parquet"))))["text"]
    words = next(text.split() for text in texts if len(text.split()) > 100)
    rows = [
        {"goal": "Go on.", "sol1": " ".join(words[20:34]), "sol2": "No.", "label": 0},
        {"goal": "Go on.", "sol1": " ".join(f"z{number}q" for number in range(14)), "sol2": "No.", "label": 0},
        {"goal": "Go on.", "sol1": "Yes.", "sol2": "No.", "label": 0},
    ]
    study = written(AUDITED, rows)
    main(["evaluate", str(study), "--home", str(finished_home)])
    items = pd.read_parquet(tiny_study.study_folder(finished_home) / "items.parquet")
    for item, flag in (("0", True), ("1", False), ("2", None)):
        assert set(items[items["item"] == item]["contaminated"]) == {flag}


def test_another_suite_leaves_the_study_as_it_is(finished_home: Path, written: Write, capsys) -> None:
    before = tiny_study.times(tiny_study.study_folder(finished_home))
    suite = written(SUITE)
    main(["evaluate", str(tiny_study.STUDY), "--home", str(finished_home), "--suite", str(suite)])
    printed = capsys.readouterr().out
    assert "Benchmarks, each arm against text_only" in printed
    assert "suites/boxes/items.parquet" in printed.replace("\n", "")
    after = tiny_study.times(tiny_study.study_folder(finished_home))
    assert {file: after[file] for file in before} == before


def test_one_checkpoint_is_scored_on_demand(finished_home: Path, written: Write, capsys) -> None:
    suite = written(SUITE)
    key = next(iter(tiny_study.phases(finished_home)))
    asked = ["evaluate", str(tiny_study.STUDY), "--home", str(finished_home), "--phase", key]
    main([*asked, "--suite", str(suite)])
    printed = capsys.readouterr().out
    assert "piqa" in printed
    assert "copa is not scored (skipped)" in printed
    for arguments, sentence in (
        ([], "the study names no suite"),
        (["--suite", str(suite), "--step", "1"], "has no checkpoint of that step"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*asked, *arguments])
        assert ended.value.code == 2
        assert sentence in capsys.readouterr().err


def test_scoring_during_training_changes_nothing(
    reference: Reference, prepared_home: Path, tmp_path: Path, written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a look that fails is recorded, and does not stop the run. Both runs are in this process: with another number
    of devices sums have another order."""
    from codemix.evaluation import scoring

    plain = tiny_study.copy_prepared(reference.home, tmp_path / "plain")
    phases = tiny_study.phases(reference.home)
    key = next(key for key, phase in phases.items() if phase["parent"] is None)
    tokens = phases[key]["tokens"] // 3
    study = written(DURING, tokens=tokens)
    main(["train", str(tiny_study.STUDY), "--home", str(plain), "--phase", key])
    score, calls = scoring.score_documents, []

    def fails_first(*arguments, **named):
        calls.append(arguments)
        if len(calls) == 1:
            raise RuntimeError("no more memory")
        return score(*arguments, **named)

    monkeypatch.setattr(scoring, "score_documents", fails_first)
    main(["train", str(study), "--home", str(prepared_home), "--phase", key])

    def losses(home: Path) -> list[float]:
        lines = (home / "phases" / key / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line)["loss"] for line in lines]

    assert losses(prepared_home) == losses(plain)
    looks = sorted((prepared_home / "phases" / key / "evaluations").glob("step_*/during_training.json"))
    found = sorted((tiny_study.read_json(path) for path in looks), key=lambda look: look["step"])
    assert len(found) >= 3
    assert found[0]["failed"] == "RuntimeError: no more memory"
    for look in found[1:]:
        assert "failed" not in look
        assert look["suite"]["piqa"]["items"] == 4
        assert all(bits > 0 for bits in look["documents"].values())
