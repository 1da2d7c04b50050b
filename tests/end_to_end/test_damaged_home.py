"""What is damaged or foreign in the home is told in one sentence before anything is trained."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_study
from tiny_study import Reference


def text_store(home: Path) -> Path:
    return next((home / "tokens").glob("text-*"))


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2])


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        *itertools.product(
            ["train/00000-000.tokens", "heldout/00000-000.documents.parquet"], [flip_a_byte, truncate, Path.unlink]
        ),
        ("manifest.json", truncate),
    ],
)
def test_a_damaged_token_store(prepared_home: Path, file: str, damage: Callable[[Path], None]) -> None:
    damaged = text_store(prepared_home) / file
    damage(damaged)
    sentence = tiny_study.refusal("run", prepared_home)
    assert str(damaged) in sentence
    assert "codemix prepare" in sentence
    assert not (prepared_home / "phases").exists()


def test_a_checkpoint_of_another_model(reference: Reference, prepared_home: Path) -> None:
    first = tiny_study.plan(prepared_home)["phases"][0]["key"]
    wider = tiny_study.plan(prepared_home, "--gin.Model.width=64")["phases"][0]["key"]
    shutil.copytree(reference.home / "phases" / first / "checkpoints", prepared_home / "phases" / wider / "checkpoints")
    sentence = tiny_study.refusal("run", prepared_home, "--gin.Model.width=64")
    assert "checkpoint is of another model" in sentence
    assert "Model.width" in sentence
    assert not any((prepared_home / "phases").glob("*/phase.json"))


def test_nothing_held_out(tmp_path: Path) -> None:
    """A source that is to be scored and has no held-out documents would silently be missing from the report."""
    sentence = tiny_study.refusal("run", tmp_path / "home", "--gin.web_code/Source.heldout_share=0.0")
    assert "BitsPerByte.sources" in sentence
    assert "'web_code'" in sentence
    assert not (tmp_path / "home" / "phases").exists()
