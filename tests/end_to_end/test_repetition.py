"""A source that is too small for its budget: an error, unless the study declares that it is repeated."""

from pathlib import Path

import tiny_study

# Enough for the arms to draw more markup than there is, and not more text.
MORE_TOKENS = ("--gin.Scale.tokens=81_920", "--gin.Hardware.checkpoint_steps=1000", "--gin.Study.seeds=[0]")


def test_a_source_is_not_repeated_unasked(prepared_home: Path) -> None:
    sentence = tiny_study.refusal("run", prepared_home, *MORE_TOKENS)
    assert "'markup'" in sentence
    assert "Study.max_epochs" in sentence
    assert not (prepared_home / "phases").exists()


def test_a_declared_repetition_runs_and_is_flagged(prepared_home: Path) -> None:
    arguments = (*MORE_TOKENS, "--gin.Study.max_epochs={'markup': 2.5}")
    tiny_study.succeed("run", prepared_home, *arguments)
    plan = tiny_study.plan(prepared_home, *arguments)
    repeated = {(entry["arm"], entry["source"]) for entry in plan["ledger"] if entry["epochs"] > 1}
    assert ("balanced_only", "markup") in repeated
    assert not any(arm == "text_only" for arm, _ in repeated)
    report = (tiny_study.study_folder(prepared_home) / "report" / "report.md").read_text(encoding="utf-8")
    assert any("repeat 'markup' and the control does not" in warning for warning in plan["warnings"])
    assert "Warnings" in report
    assert "repetition" in report
