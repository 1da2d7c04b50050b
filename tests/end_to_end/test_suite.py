"""Benchmarks of a study: scored after training and during it, on items of the test's own."""

import json
from collections.abc import Callable
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

    def write(content: str, **values: object) -> Path:
        items = tmp_path / "items.jsonl"
        items.write_text("\n".join(map(json.dumps, ITEMS)))
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
    reference: Reference, prepared_home: Path, written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a look that fails is recorded, and does not stop the run."""
    from codemix.evaluation import scoring

    phases = tiny_study.phases(reference.home)
    key = next(key for key, phase in phases.items() if phase["parent"] is None)
    tokens = phases[key]["tokens"] // 3
    study = written(DURING, tokens=tokens)
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

    assert losses(prepared_home) == losses(reference.home)
    looks = sorted((prepared_home / "phases" / key / "evaluations").glob("step_*/during_training.json"))
    found = sorted((tiny_study.read_json(path) for path in looks), key=lambda look: look["step"])
    assert len(found) >= 3
    assert found[0]["failed"] == "RuntimeError: no more memory"
    for look in found[1:]:
        assert "failed" not in look
        assert look["suite"]["piqa"]["items"] == 4
        assert all(bits > 0 for bits in look["documents"].values())
