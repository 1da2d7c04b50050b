"""A trained model out of a study and back: the same weights, a card that says what the plan says, a new start."""

from pathlib import Path

import numpy as np
import pytest
import tiny_study
import yaml
from tiny_study import Reference

FILES = {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
         "README.md", "study.gin"}  # fmt: skip


@pytest.fixture(scope="module")
def exported(reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interchange") / "model"
    said = tiny_study.succeed("export", reference.home, "--arm", "balanced_to_text", "--seed", "1", "--to", str(folder))
    assert "step 24" in said
    return folder


def test_the_card_says_what_the_plan_says(reference: Reference, exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == FILES
    _, front, body = (exported / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(front)["codemix"]
    plan = tiny_study.plan(reference.home)
    keys = next(run["phases"] for run in plan["runs"] if (run["arm"], run["seed"]) == ("balanced_to_text", 1))
    assert [phase["key"] for phase in card["trained"]] == keys
    drawn: dict[str, int] = {}
    for entry in plan["ledger"]:
        if entry["arm"] == "balanced_to_text":
            drawn[entry["source"]] = drawn.get(entry["source"], 0) + entry["tokens"]
    assert {read["source"]: read["tokens"] for read in card["read"]} == drawn
    assert all(read["fingerprint"] == plan["sources"][read["source"]]["fingerprint"] for read in card["read"])
    assert {score["source"] for score in card["scores"]} == {"all sources", "text", "web_code"}
    assert all(score["low"] < score["bits_per_byte"] < score["high"] for score in card["scores"])
    assert f"`{keys[-1]}`" in body
    assert "Study.control = 'text_only'" in (exported / "study.gin").read_text(encoding="utf-8")


def test_from_two_devices_the_same_files(
    reference: Reference, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    key = tiny_study.plan(reference.home)["runs"][-1]["phases"][-1]
    card = yaml.safe_load((exported / "README.md").read_text(encoding="utf-8").split("---\n")[1])["codemix"]
    assert key == card["phase"]
    tiny_study.succeed("export", reference.home, "--phase", key, "--to", str(tmp_path / "again"))
    assert tiny_study.contents(tmp_path / "again") == tiny_study.contents(exported)


def test_an_arm_goes_on_from_what_was_imported(finished_home: Path, exported: Path) -> None:
    said = tiny_study.succeed("import", finished_home, "--from", str(exported))
    key = said.split("'")[1]
    before = tiny_study.plan(finished_home)
    trained = before["runs"][-1]["phases"][-1]
    expected, found = (tiny_study.final_arrays(finished_home, phase) for phase in (trained, key))
    assert expected.keys() == found.keys()
    for name, array in found.items():
        if "params" in name:
            assert array.tobytes() == expected[name].tobytes(), name
        else:
            assert not np.any(array), name  # the optimizer has seen nothing
    start = f"--gin.balanced_only/Arm.start='{key}'"
    after = tiny_study.plan(finished_home, start)
    of_before, of_after = (
        {(run["arm"], run["seed"]): run["phases"] for run in plan["runs"]} for plan in (before, after)
    )
    for run, phases in of_after.items():
        assert (phases == of_before[run]) == (run[0] != "balanced_only")
    tiny_study.succeed("run", finished_home, start)
    first = of_after["balanced_only", 0][0]
    fresh = of_before["balanced_only", 0][0]
    assert tiny_study.losses(finished_home, first)[0][1] < tiny_study.losses(finished_home, fresh)[0][1] - 0.1
    done = tiny_study.times(finished_home / "phases" / key)
    tiny_study.succeed("import", finished_home, "--from", str(exported))
    assert tiny_study.times(finished_home / "phases" / key) == done


def test_what_does_not_fit_is_told_in_a_sentence(reference: Reference, exported: Path, tmp_path: Path) -> None:
    home, folder = reference.home, str(exported)
    assert "Model.width is 64, and" in tiny_study.refusal("import", home, "--from", folder, "--gin.Model.width=64")
    assert "tokenizer" in tiny_study.refusal("import", home, "--from", folder, "--gin.TrainedTokenizer.vocab_size=400")
    assert "there is something already" in tiny_study.refusal("export", home, "--arm", "text_only", "--to", folder)
    assert "no checkpoint of step 5; there are 24" in tiny_study.refusal(
        "export", home, "--arm", "text_only", "--step", "5", "--to", str(tmp_path / "x")
    )
    trained = tiny_study.plan(home)["runs"][0]["phases"][0]
    for start, told in ((trained, "was trained, and no imported model"), ("0" * 16, "has no imported model")):
        assert told in tiny_study.refusal("run", home, f"--gin.text_only/Arm.start='{start}'")
