"""What is damaged or foreign in the home is told in one sentence before anything is trained."""

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
        ("train/00000-000.tokens", flip_a_byte),
        ("train/00000-000.tokens", Path.unlink),
        ("heldout/00000-000.documents.parquet", truncate),
    ],
)
def test_a_damaged_token_store_is_prepared_again(
    reference: Reference, prepared_home: Path, file: str, damage: Callable[[Path], None]
) -> None:
    damaged = text_store(prepared_home) / file
    damage(damaged)
    first = tiny_study.plan(prepared_home)["phases"][0]["key"]
    said = tiny_study.succeed("train", prepared_home, "--phase", first).replace("\n", "")
    assert f"The token store of 'text' is prepared again, since {damaged}" in said
    assert tiny_study.contents(prepared_home / "tokens") == tiny_study.contents(reference.home / "tokens")


def test_a_damaged_manifest_is_told(prepared_home: Path) -> None:
    damaged = text_store(prepared_home) / "manifest.json"
    truncate(damaged)
    sentence = tiny_study.refusal("run", prepared_home)
    assert str(damaged) in sentence
    assert "codemix prepare" in sentence
    assert not (prepared_home / "phases").exists()


def test_a_finished_phase_that_lost_its_checkpoint_is_trained_again(reference: Reference, prepared_home: Path) -> None:
    """A trunk of which its child finds out, and then a child of which the evaluation does."""
    phases = tiny_study.plan(reference.home)["phases"]
    trunk = next(phase["key"] for phase in phases if len(phase["arms"]) > 1)
    child = next(phase["key"] for phase in phases if phase["parent"] == trunk)
    tiny_study.succeed("train", prepared_home, "--phase", trunk)
    truncate_checkpoint(prepared_home, trunk)
    sentence = tiny_study.refusal("train", prepared_home, "--phase", child)
    assert "the checkpoint is damaged" in sentence
    assert "kept as damaged-step_12" in sentence
    tiny_study.succeed("train", prepared_home)
    truncate_checkpoint(prepared_home, child)
    said = tiny_study.succeed("run", prepared_home).replace("\n", "")
    assert said.count("the checkpoint is damaged") == 1
    tiny_study.assert_same_outcome(prepared_home, reference.home)


def truncate_checkpoint(home: Path, key: str) -> None:
    truncate(max((home / "phases" / key / "checkpoints").rglob("d/*"), key=lambda path: path.stat().st_size))


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
