"""Any arm at any scale, on any hardware: none of their files knows of the others."""

from pathlib import Path

import pytest

from codemix.study.plan import Plan
from codemix.study.run import Request

ROOT = Path(__file__).parents[3]


def names(folder: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / "gin" / folder).glob("*.gin"))


@pytest.fixture
def planned(tmp_path: Path):
    """The plan of all arms, on corpora that need not be there, with further files."""

    def plan(*files: str) -> Plan:
        arms = names("arms")
        study = tmp_path / "all_arms.gin"
        lines = [f"include 'gin/{file}.gin'" for file in [*(f"arms/{arm}" for arm in arms), "settings/paper", *files]]
        study.write_text("\n".join([*lines, f"Study.arms = {arms}", "Study.control = 'text_only'"]))
        return Request(study, (), tmp_path).plan()[0]

    return plan


@pytest.mark.parametrize("scale", names("scales"))
def test_every_arm_at_every_scale(scale: str, planned) -> None:
    plan = planned(f"scales/{scale}")
    assert plan.study.scale.name == scale
    budget = plan.study.scale.tokens
    for run in plan.runs:
        tokens = sum(plan.phases[key].tokens for key in run.phases)
        step = plan.study.scale.tokens_per_step
        assert tokens == pytest.approx(plan.study.arms[run.arm].budget * budget, abs=2 * step)


@pytest.mark.parametrize("hardware", names("hardware"))
def test_every_arm_on_every_hardware(hardware: str, planned) -> None:
    """What it runs on changes no batch; only its precision is in a key."""
    plan = planned("scales/paper_470m", f"hardware/{hardware}")
    usual = planned("scales/paper_470m", "hardware/v5e_256")
    assert plan.study.hardware.name == hardware
    same_precision = plan.study.hardware.compute == usual.study.hardware.compute
    assert (list(plan.phases) == list(usual.phases)) == same_precision
