"""An arm written as gin is the arm that is read."""

import dataclasses
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

import codemix
from codemix.api.arms import arm_gin, write_arm, write_study
from codemix.errors import UserError
from codemix.study.arm import Arm, Phase, Ramp
from codemix.study.gin_files import load_study
from codemix.training.optimizer import LearningRate

BASE = "gin/studies/quickstart.gin"  # which binds a LearningRate for all scopes

shares = st.integers(1, 9).map(lambda tenths: tenths / 10)
constants = st.one_of(
    st.sampled_from(["text", "code", "web_code"]),
    st.dictionaries(st.sampled_from(["text", "code", "markup"]), shares, min_size=1),
)
mixtures = st.one_of(constants, st.builds(Ramp, constants, constants, st.sampled_from(["linear", "cosine"])))
schedules = st.lists(mixtures, min_size=2, max_size=3).map(lambda parts: [(1 / len(parts), part) for part in parts])
rates = st.one_of(
    st.none(),
    st.builds(LearningRate, st.sampled_from(["linear", "cosine"]), st.floats(1e-5, 1e-2), st.integers(0, 10_000)),
    st.just(LearningRate("linear", "previous", final_rate=1e-6)),
)


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    count = draw(st.integers(1, 3))
    phases = [
        Phase(f"phase{n}", 0.5, draw(st.one_of(mixtures, schedules)), draw(rates) if n else None) for n in range(count)
    ]
    portions = draw(st.dictionaries(st.sampled_from(["text", "markup"]), shares))
    return Arm(phases, budget=0.5 * count, portions=portions, start=draw(st.sampled_from([None, "0123456789abcdef"])))


@hypothesis.given(arms())
@hypothesis.settings(max_examples=15, deadline=None)
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, arm: Arm) -> None:
    folder = tmp_path_factory.mktemp("arms")
    file = write_arm(folder, "mine", arm, "An arm.")
    study = write_study(folder / "asked.gin", BASE, [file], ["text_only", "mine"], "text_only", "Does it help?")
    read, _ = load_study(study)
    assert read.arms["mine"] == dataclasses.replace(arm, phases=list(arm.phases))
    assert (read.title, read.control, list(read.arms)) == ("Does it help?", "text_only", ["text_only", "mine"])


def test_the_plan_of_the_file_is_that_of_the_design(tmp_path: Path) -> None:
    """The same ledger and the same phases, those of the arms that were there before unchanged."""
    study = codemix.load_study(BASE, home=tmp_path)
    arm = Arm([Phase("rising", 0.5, Ramp("text", {"text": 0.5, "code": 0.5}, "cosine")), Phase("rest", 0.5, "text")])
    design = study.with_arms({"mine": arm})
    file = write_arm(tmp_path, "mine", arm)
    written = codemix.load_study(
        write_study(tmp_path / "asked.gin", BASE, [file], [*study.arms, "mine"], study.control, "?"), home=tmp_path
    )
    assert written.plan.phases.keys() == design.plan.phases.keys() > study.plan.phases.keys()
    assert written.ledger.equals(design.ledger)
    last = design.mixture("mine").iloc[-1]
    assert (last["phase"], last["text"], last["end"]) == ("rest", 1.0, 798_720)


def test_long_comments_are_wrapped_and_names_checked() -> None:
    arm = Arm([Phase("all", 1.0, "text")])
    lines = arm_gin("mine", arm, "word " * 60).splitlines()
    assert lines[0].startswith("# word")
    assert max(map(len, lines)) <= 120
    with pytest.raises(UserError, match="'half code' cannot be a scope of gin"):
        arm_gin("mine", Arm([Phase("half code", 1.0, "text")]))


def test_a_base_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.gin: there is no such gin file"):
        write_study(tmp_path / "asked.gin", "nowhere.gin", [], ["a", "b"], "a", "?")
