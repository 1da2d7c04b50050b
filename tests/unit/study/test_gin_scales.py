"""The scales: shapes, budgets and rates are what their files and gin/README.md say of them."""

import re
from pathlib import Path

import pytest

from codemix.study.plan import Plan
from codemix.study.run import Request

ROOT = Path(__file__).parents[3]
SCALES = {  # scale -> a study at it
    "paper_470m": "initialisation",
    "paper_2b8": "scale_2b8",
    "ladder_15m": "ladder_15m",
    "ladder_60m": "ladder_60m",
    "ladder_150m": "ladder_150m",
    "ladder_470m": "ladder_470m",
    "codepangu_2b6": "tuning",
    "cpu_tiny": "quickstart",
}
RUNGS = ["ladder_15m", "ladder_60m", "ladder_150m", "ladder_470m"]


def planned(scale: str) -> Plan:
    return Request(ROOT / f"gin/studies/{SCALES[scale]}.gin", (), Path("nowhere")).plan()[0]


def counts(plan: Plan) -> tuple[int, int]:
    """Parameters with the embedding, and without."""
    parts = plan.study.scale.model.parameters(plan.vocab_size)
    return sum(parts.values()), sum(parts.values()) - parts["embedding"]


def test_every_scale_is_here() -> None:
    assert set(SCALES) == {path.stem for path in (ROOT / "gin/scales").glob("*.gin")}


@pytest.mark.parametrize("scale", SCALES)
def test_the_counts_of_parameters_are_those_of_the_file(scale: str) -> None:
    plan = planned(scale)
    assert plan.study.scale.name == scale
    told = re.search(r"# ([\d,.]+)M parameters .*?([\d.,]+)M without", (ROOT / f"gin/scales/{scale}.gin").read_text())
    assert told
    for number, count in zip(told.groups(), counts(plan), strict=True):
        decimals = len(number.partition(".")[2])
        assert f"{count / 1e6:,.{decimals}f}" == number


@pytest.mark.parametrize(("scale", "millions"), [("paper_470m", 470), ("paper_2b8", 2800)])
def test_paper_scale_is_what_the_paper_discloses(scale: str, millions: int) -> None:
    """arXiv 2408.10914 §2.3: size, vocabulary, context, batch, warm-up."""
    plan = planned(scale)
    of = plan.study.scale
    assert counts(plan)[0] == pytest.approx(millions * 1e6, rel=0.01)
    assert (plan.vocab_size, of.model.context, of.batch_rows) == (256_000, 8192, 512)
    assert of.learning_rate.warmup_tokens == 1325 * of.tokens_per_step
    rates = plan.phases[plan.runs[0].phases[0]].job.rates
    assert rates.argmax() in (1324, 1325)
    assert of.learning_rate.shape == "cosine"


@pytest.mark.parametrize(("scale", "chip_hours"), [("paper_470m", 4736), ("paper_2b8", 13_824)])
def test_200b_tokens_take_the_chip_hours_of_the_paper(scale: str, chip_hours: int) -> None:
    """arXiv 2408.10914 §2.3, on TPU v5e: what the settings' utilisation is for."""
    plan = planned(scale)
    hardware = plan.study.hardware
    flops = 200e9 * plan.study.scale.model.flops_per_token(plan.vocab_size)
    assert flops / (hardware.peak_flops * hardware.utilisation) / 3600 == pytest.approx(chip_hours, rel=0.002)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_rung_has_as_many_tokens_for_a_parameter_as_the_top(rung: str) -> None:
    """184.7 for each parameter without the embedding."""
    plan, top = planned(rung), planned("paper_2b8")
    ratio = plan.study.scale.tokens / counts(plan)[1]
    assert ratio == pytest.approx(top.study.scale.tokens / counts(top)[1], rel=0.001)
    assert plan.study.target_tokens == top.study.scale.tokens


@pytest.mark.parametrize("rung", RUNGS)
def test_the_rates_of_a_rung_follow_from_its_size(rung: str) -> None:
    """Peak rates fall as parameters^(-1/3); the warm-up is the same share of the budget."""
    plan, top = planned(rung), planned("paper_2b8")
    rate, top_rate = plan.study.scale.learning_rate, top.study.scale.learning_rate
    expected = top_rate.peak * (counts(plan)[1] / counts(top)[1]) ** (-1 / 3)
    assert rate.peak == pytest.approx(expected, rel=0.02)
    share = rate.warmup_tokens / plan.study.scale.tokens
    assert share == pytest.approx(top_rate.warmup_tokens / top.study.scale.tokens, rel=0.02)


@pytest.mark.parametrize("scale", [scale for scale in SCALES if scale != "cpu_tiny"])
def test_the_batch_divides_over_the_chips(scale: str) -> None:
    study = planned(scale).study
    assert study.scale.batch_rows % study.hardware.chips == 0
