"""The command line: quick to answer, and one sentence with status 2 for what the user can mend."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from codemix.cli import main

ROOT = Path(__file__).parents[2]
STUDY = "gin/studies/quickstart.gin"
Told = Callable[..., str]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command that must end with status 2, and returns the one sentence it says."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        assert ended.value.code == 2
        sentence = capsys.readouterr().err.strip()
        assert sentence.startswith("codemix: ")
        assert "\n" not in sentence
        return sentence

    return run


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    heavy = ("numpy", "jax", "rich", "gin", "pandas", "tensorflow", "grain")
    code = (
        "import sys\nfrom codemix.cli import main\n"
        f"try: main({arguments})\nexcept SystemExit as end: assert not end.code\n"
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert "codemix" in ran.stdout


def test_an_unknown_flag_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plan", STUDY, "--hoem", "x"])
    assert ended.value.code == 2
    assert "unknown argument --hoem; bindings are overridden with --gin.Class.field=value" in capsys.readouterr().err


def test_options_of_no_runner_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["prepare", STUDY, "--", "--direct_num_workers=2"])
    assert ended.value.code == 2
    assert "--direct_num_workers=2 after -- is for a Beam runner; name it with" in capsys.readouterr().err


def test_a_runner_that_beam_does_not_have_is_told(told: Told, tmp_path: Path) -> None:
    pytest.importorskip("apache_beam", reason="needs pip install 'codemix[beam]'")
    sentence = told("prepare", STUDY, "--home", str(tmp_path), "--runner", "SparkleRunner", "--", "--gin.of=beam")
    assert "--runner SparkleRunner: Beam does not take it" in sentence


def test_data_has_a_place_of_its_own(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the flag, or by the environment; a bucket of no known kind is told by every command that plans."""
    for command in ("plan", "prepare", "run", "train", "evaluate", "report", "data"):
        sentence = told(command, STUDY, "--home", str(tmp_path), "--data", "cloud://bucket/folder")
        assert "cloud://bucket/folder: cloud:// needs a package" in sentence
    monkeypatch.setenv("CODEMIX_DATA", "cloud://environment")
    assert "cloud://environment: " in told("plan", STUDY, "--home", str(tmp_path))


def test_documents_of_no_task_are_told(told: Told, tmp_path: Path) -> None:
    sentence = told("data", "--home", str(tmp_path), "--documents", "3")
    assert sentence == "codemix: --documents shows those of one task; name it with --task."


def test_an_override_of_no_study_is_told(told: Told, tmp_path: Path) -> None:
    sentence = told("data", "--home", str(tmp_path), "--gin.Scale.tokens=1000")
    assert sentence == "codemix: --gin.Scale.tokens=1000 overrides what a study says; give its file."


def test_an_unknown_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["paln", STUDY])
    assert ended.value.code == 2
    assert "'paln'" in capsys.readouterr().err


def test_an_unknown_study_is_told(told: Told, tmp_path: Path) -> None:
    sentence = told("plan", "gin/studies/nowhere.gin", "--home", str(tmp_path))
    assert "gin/studies/nowhere.gin: there is no such gin file; give one of gin/studies, or your own." in sentence


def test_a_wrong_override_is_told(told: Told, tmp_path: Path) -> None:
    sentence = told("plan", STUDY, "--home", str(tmp_path), "--gin.Scale.tokens=many")
    assert sentence == "codemix: --gin.Scale.tokens=many: Scale.tokens is 'many'; give a whole number."


@pytest.mark.parametrize("command", ["run", "prepare", "train"])
def test_a_home_that_cannot_be_written_is_told(told: Told, tmp_path: Path, command: str) -> None:
    """A file stands where the folder, or a folder above it, would be."""
    (tmp_path / "file").write_text("in the way")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        sentence = told(command, STUDY, "--home", str(home))
        assert f"--home {home}: the folder cannot be written" in sentence
        assert "give another with --home or CODEMIX_HOME" in sentence


@pytest.mark.parametrize("command", ["run", "prepare", "train"])
def test_too_little_room_is_told_before_anything_is_spent(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    sentence = told(command, STUDY, "--home", str(tmp_path))
    assert "the disk has 1 MB free, this study writes about" in sentence
    assert "make room, or give another folder with --home or CODEMIX_HOME" in sentence
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_phase_is_told(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is prepared for it."""
    sentence = told("train", STUDY, "--home", str(tmp_path), "--phase", "0123456789abcdef")
    assert "--phase 0123456789abcdef: the study has no such phase; `codemix plan` prints the keys." in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_what_was_not_run_cannot_be_evaluated_or_reported(told: Told, tmp_path: Path, command: str) -> None:
    assert "run `codemix run gin/studies/quickstart.gin" in told(command, STUDY, "--home", str(tmp_path))
