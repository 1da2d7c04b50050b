"""The initialisation study on real samples of the literature's corpora, from their files to the report."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "gin" / "studies" / "sample_initialisation.gin"
SAMPLES = os.environ.get("CODEMIX_SAMPLES", "")
pytestmark = pytest.mark.skipif(
    not Path(SAMPLES, "pretrain").is_dir() or not SAMPLES,
    reason="CODEMIX_SAMPLES does not name the folder of the samples",
)
ARMS = ["text_only", "balanced_only", "balanced_to_text", "code_to_text"]


@dataclasses.dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    home: Path
    output: str


def codemix(command: str, home: Path, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "codemix", command, str(STUDY), "--home", str(home), *arguments],
        env={**os.environ, "JAX_PLATFORMS": "cpu", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_it_plans(tmp_path: Path) -> None:
    """Four arms, of which two share their first half; nothing is read but what has to be, and nothing written."""
    plan = json.loads(codemix("plan", tmp_path, "--json"))
    assert sorted(plan["missing"]["tasks"]) == ["markup", "text", "web_code"]
    assert len(plan["missing"]["phases"]) == 3 * 7
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    home = tmp_path_factory.mktemp("sample")
    return Finished(home, codemix("run", home))


@pytest.mark.slow
def test_it_runs_to_its_report(finished: Finished) -> None:
    report = finished.home / "studies" / STUDY.stem / "report"
    assert any(report.iterdir())
    for arm in ARMS:
        assert arm in finished.output
    plan = json.loads(codemix("plan", finished.home, "--json"))
    assert plan["missing"] == {"tasks": [], "phases": []}


@pytest.mark.slow
def test_it_read_every_language_and_set_that_the_sample_has(finished: Finished) -> None:
    languages = {
        manifest["task"]: set(manifest["languages"])
        for manifest in map(json.loads, (path.read_text() for path in finished.home.glob("tokens/*/manifest.json")))
    }
    assert languages["web_code"] == {
        *("java", "javascript", "php", "python", "c-sharp", "typescript", "c", "cpp", "go", "ruby", "shell"),
        *("kotlin", "rust", "dart", "lua"),
    }
    assert languages["markup"] == {"markdown", "yaml", "json", "html", "css", "restructuredtext"}
    assert languages["text"] == {"en"}


@pytest.mark.slow
def test_every_drop_has_its_reason(finished: Finished) -> None:
    drops = {
        manifest["source"]: manifest["drops"]
        for manifest in map(json.loads, (path.read_text() for path in finished.home.glob("documents/*/manifest.json")))
    }
    assert drops["web_code"]["forbidden string"]["count"] > 100
    assert {"alphabetic share", "characters", "visible text"} <= set(drops["markup"])
    assert {"subset Github", "subset StackExchange", "size"} <= set(drops["text"])
