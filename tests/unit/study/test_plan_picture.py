"""The picture of the phases: a box for each, none over another, the arms' names beside them."""

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from codemix.cli import main
from codemix.reporting import style
from codemix.reporting.dag import dag_figure, dag_svg
from codemix.study.arm import Arm
from codemix.study.plan import Plan, make_plan
from codemix.study.record import plan_record

LONG = "text_only/init/Phase.mixture=[(0.5, 'text'), (0.5, {'text': 0.5, 'code': 0.5})]"


def drawn(plan: Plan, narrow: bool = False) -> Figure:
    theme = style.THEMES[0]
    with style.applied(theme):
        return dag_figure(json.loads(json.dumps(plan_record(plan, "", ""))), theme, narrow)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("overrides", [(), ("Study.arms=['text_only']",), (LONG,)], ids=["four", "one", "schedule"])
def test_every_phase_is_a_box_and_none_lies_over_another(
    plan_with: Callable[..., Plan], overrides: tuple[str, ...], narrow: bool
) -> None:
    plan = plan_with(*overrides)
    axes = drawn(plan, narrow).axes[0]
    boxes = [patch.get_bbox() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(boxes) == len(plan.phases) / len(plan.study.seeds)
    for one, other in combinations(boxes, 2):
        assert one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
    assert axes.get_xlim() == (0, plan.tokens_arm_by_arm / len(plan.runs))


def test_boxes_say_phase_mixture_and_tokens_and_lanes_name_their_arms(plan_with: Callable[..., Plan]) -> None:
    found = texts(drawn(plan_with()))
    assert {"text_only", "balanced_only", "balanced_to_text", "code_to_text"} <= set(found)
    assert found.count("init") == 3
    assert "90 % text + 10 % code" in found
    assert "401k tokens, 98 steps" in found


def test_an_arm_that_ends_where_others_go_on_is_named_there(plan_with: Callable[..., Plan], tmp_path: Path) -> None:
    """And a phase that is trained is marked."""
    study = plan_with("LearningRate.over=phase").study
    short = Arm(study.arms["text_only"].phases[:1], budget=0.5)
    plan = make_plan(dataclasses.replace(study, arms={**study.arms, "short": short}), tmp_path)
    assert "init   ┤ short" in texts(drawn(plan))
    shared = plan.runs[0].phases[0]
    folder = plan.home / "phases" / shared
    folder.mkdir(parents=True)
    (folder / "phase.json").write_text("{}")
    assert "✓ init   ┤ short" in texts(drawn(plan))


def test_the_command_writes_it_with_its_title(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "pictures" / "dag.svg"
    main(["plan", "gin/studies/quickstart.gin", "--home", str(tmp_path), "--json", "--svg", str(picture)])
    assert json.loads(capsys.readouterr().out)["study"]["name"] == "quickstart"
    root = ET.parse(picture).getroot()
    assert root.tag.endswith("svg")
    assert not re.search(r"https?://(?!www\.w3\.org|purl\.org|creativecommons\.org)", picture.read_text())


def test_equal_plans_give_equal_bytes(plan_with: Callable[..., Plan]) -> None:
    record = plan_record(plan_with(), "", "")
    assert dag_svg(record) == dag_svg(json.loads(json.dumps(record)))
