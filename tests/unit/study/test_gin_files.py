"""The gin files of the repository: all parse, all studies plan, and arms stay short enough to read at a glance."""

import os
from pathlib import Path

import gin
import pytest

from codemix.study import gin_files
from codemix.study.run import Request

ROOT = Path(__file__).parents[3]


def files(pattern: str) -> list:
    found = sorted((ROOT / "gin").glob(pattern))
    assert found
    return [pytest.param(path, id=path.relative_to(ROOT / "gin").as_posix()) for path in found]


@pytest.mark.parametrize("file", files("**/*.gin"))
def test_every_file_parses(file: Path) -> None:
    """Each alone: every class and field that it binds is there."""
    gin.clear_config()
    gin_files._set_search_path([ROOT])
    gin.parse_config_file(str(file), print_includes_and_imports=False)
    assert gin.config_str()


@pytest.mark.parametrize("file", files("studies/*.gin"))
def test_every_study_plans(file: Path, tmp_path: Path) -> None:
    """In an empty home: every run is planned, and the operative gin names what was read."""
    if file.stem.startswith("sample_") and "CODEMIX_SAMPLES" not in os.environ:
        pytest.skip("reads sample corpora, and CODEMIX_SAMPLES names no folder of them")
    plan, operative_gin = Request(file, (), tmp_path).plan()
    assert len(plan.runs) == len(plan.study.arms) * len(plan.study.seeds)
    assert plan.study.name == file.stem
    assert plan.missing_phases == list(plan.phases)
    assert "Study.arms" in operative_gin
    assert list(tmp_path.iterdir()) == []  # planning writes nothing


@pytest.mark.parametrize("file", files("arms/*.gin"))
def test_an_arm_is_about_ten_lines_after_one_comment(file: Path) -> None:
    """The comment says what the arm is in the paper; everything bound is in the arm's own scope."""
    lines = file.read_text().splitlines()
    comments = [number for number, line in enumerate(lines) if line.startswith("#")]
    assert comments == list(range(len(comments)))
    assert 1 <= len(comments) <= 3
    assert "arXiv" in " ".join(lines[: len(comments)])
    assert len(lines) <= 16
    bound = [line for line in lines if "=" in line and not line.startswith("#")]
    assert all(line.startswith(f"{file.stem}/") for line in bound)
