"""Every question of the literature, asked in small on real samples: from their files to the report, in a few steps."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = os.environ.get("CODEMIX_SAMPLES", "")
pytestmark = [
    pytest.mark.skipif(
        not SAMPLES or not Path(SAMPLES, "pretrain").is_dir(),
        reason="CODEMIX_SAMPLES does not name the folder of the samples",
    ),
    pytest.mark.slow,
]
QUESTIONS = {  # question -> arms that between them read what its arms read; the first is its control
    "initialisation_synthetic": ["text_only", "code_synthetic_to_text"],
    "proportion": ["code_0", "code_25"],
    "quality": ["quality_code", "quality_adjacent", "quality_synthetic"],
    "quality_continual": ["balanced_to_text", "balanced_synthetic_to_text"],
    "cooldown": ["text_only_cooldown_text", "text_only_cooldown_code"],
    "programme": ["text_only", "code_0", "text_only_cooldown_code"],
    "dynamic": ["dynamic_uniform", "dynamic_increase", "dynamic_cosine_decrease"],
    "tuning": ["stage_text_text", "stage_text_code"],
    "additive": ["text_100", "additive_20"],
    "epoch_matched": ["code_0", "code_0_epoch_matched", "quality_repeated"],
    "text_corpora": ["text_only", "filtered_balanced_to_text"],
    "code_properties": ["text_only", "balanced_comments_to_text", "balanced_scrambled_to_text"],
}


def codemix(command: str, question: str, home: Path, *arguments: str) -> str:
    study = ROOT / f"gin/studies/sample_{question}.gin"
    small = {"Scale.tokens": 81_920, "Study.seeds": [0], "BitsPerByte.documents": 6, "Study.arms": QUESTIONS[question]}
    overrides = [f"--gin.{name}={value}" for name, value in small.items()]
    result = subprocess.run(
        [sys.executable, "-m", "codemix", command, str(study), "--home", str(home), *overrides, *arguments],
        cwd=ROOT,
        env={**os.environ, "JAX_PLATFORMS": "cpu", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all: a source is prepared once, and an arm that another question has trained is there."""
    return tmp_path_factory.mktemp("samples")


def test_every_question_but_the_first_is_here() -> None:
    """That one, of initialisation, is asked at length in test_sample_initialisation.py."""
    studies = {path.stem.removeprefix("sample_") for path in (ROOT / "gin/studies").glob("sample_*.gin")}
    assert studies == {*QUESTIONS, "initialisation"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_runs_to_its_report(question: str, home: Path) -> None:
    codemix("run", question, home)
    plan: dict[str, Any] = json.loads(codemix("plan", question, home, "--json"))
    assert plan["study"]["arms"] == QUESTIONS[question]
    assert plan["study"]["control"] == QUESTIONS[question][0]
    assert plan["missing"] == {"tasks": [], "phases": []}
    assert any((home / f"studies/sample_{question}/report").iterdir())
    assert not any(entry["declared"] for entry in plan["ledger"])  # what is counted takes the place of what is told
    losses = [
        json.loads(line)["loss"]
        for phase in plan["phases"]
        if phase["parent"] is None
        for line in (home / "phases" / phase["key"] / "metrics.jsonl").read_text().splitlines()
    ]
    assert min(losses) < losses[0] - 0.5  # it learns
