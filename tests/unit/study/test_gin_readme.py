"""gin/README.md: its tables are what `codemix plan --json` says, so that they cannot go stale."""

import re
from pathlib import Path
from typing import Any

import pytest

from codemix.study.record import plan_record
from codemix.study.run import Request

ROOT = Path(__file__).parents[3]
README = ROOT / "gin/README.md"
QUESTIONS_AT_470M = [
    *("initialisation", "initialisation_synthetic", "proportion", "quality", "cooldown", "dynamic", "additive"),
    *("epoch_matched", "text_corpora", "code_properties"),
]
PROGRAMME = [  # part of the programme -> its arms
    ("initialisation", ["text_only", "balanced_only", "balanced_to_text", "code_to_text"]),
    (
        "cooldowns",
        [
            *("text_only_cooldown_code", "balanced_only_cooldown_code", "balanced_to_text_cooldown_code"),
            *("code_to_text_cooldown_code", "balanced_to_text_cooldown_text"),
        ],
    ),
    ("proportion", ["code_0", "code_25", "code_50", "code_75", "code_90", "code_100"]),
    ("quality", ["quality_code", "quality_markup", "quality_adjacent", "quality_synthetic"]),
]
TOTALS = [(1600, 1400), (3800, 1600), (5000, 2200), (5800, 2800)]  # billions of tokens, arm by arm and as a DAG


def record(file: Path, *overrides: str) -> dict[str, Any]:
    """What `codemix plan --json` prints, in an empty home."""
    request = Request(file, overrides, Path("nowhere"))
    plan, operative_gin = request.plan()
    return plan_record(plan, request.command, operative_gin)


def study(name: str) -> dict[str, Any]:
    return record(ROOT / f"gin/studies/{name}.gin")


def section(heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def table(heading: str) -> dict[str, list[str]]:
    """Of the section's rows that begin with a link to a gin file: the file's name -> the other cells."""
    rows = {}
    for line in section(heading).splitlines():
        if linked := re.match(r"\| \[(\w+)\]\((?:arms|studies)/(\w+)\.gin\) \|", line):
            assert linked[1] == linked[2]
            rows[linked[1]] = [cell.strip() for cell in line.split("|")][2:-1]
    assert rows
    return rows


def billions(tokens: float) -> str:
    """400B, 0.42B."""
    return f"{tokens / 1e9:,.1f}".removesuffix(".0") + "B"


def costs(cost: dict[str, Any]) -> list[str]:
    return [billions(cost["tokens"]), f"{cost['flops']:.2e}".replace("e+", "e"), f"{cost['chip_hours']:,.0f}"]


@pytest.fixture(scope="module")
def at_470m(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plan of every arm that a question at 470M has, together."""
    studies = [study(name)["study"]["arms"] for name in QUESTIONS_AT_470M]
    arms = list(dict.fromkeys(arm for names in studies for arm in names))
    file = tmp_path_factory.mktemp("study") / "every_arm.gin"
    includes = [f"questions/{name}" for name in QUESTIONS_AT_470M] + ["settings/paper_470m"]
    file.write_text("\n".join([*(f"include 'gin/{name}.gin'" for name in includes), f"Study.arms = {arms}"]))
    return record(file, "Study.control=text_only")


def of_arms(plan: dict[str, Any]) -> dict[str, list[str]]:
    return {entry["arm"]: costs(entry["alone"]) for entry in plan["sharing"]["arms"]}


def test_the_arms_at_470m(at_470m: dict[str, Any]) -> None:
    assert {arm: cells[-3:] for arm, cells in table("Arms at 470M").items()} == of_arms(at_470m)


def test_the_arms_at_2b8() -> None:
    assert {arm: cells[-3:] for arm, cells in table("Arms at 2.8B").items()} == of_arms(study("scale_2b8"))


def test_the_arms_of_instruction_tuning() -> None:
    assert {arm: cells[-3:] for arm, cells in table("Arms of instruction tuning").items()} == of_arms(study("tuning"))


def test_every_arm_is_in_a_table() -> None:
    tables = [table("Arms at 470M"), table("Arms at 2.8B"), table("Arms of instruction tuning")]
    assert {arm for rows in tables for arm in rows} == {path.stem for path in (ROOT / "gin/arms").glob("*.gin")}


def test_the_studies() -> None:
    """Arms, tokens arm by arm and as a DAG, chip-hours of the DAG; and every study at paper scale is there."""
    rows = table("Studies")
    for name, cells in rows.items():
        plan = study(name)
        sharing = plan["sharing"]
        arms, seeds = len(plan["study"]["arms"]), len(plan["study"]["seeds"])
        assert cells[1:5] == [
            f"{arms} × {seeds}",
            billions(sharing["tokens_arm_by_arm"]),
            billions(sharing["tokens_trained"]),
            f"{plan['chip_hours']:,.0f}",
        ], name
    listed = set(rows) | set(re.findall(r"\(studies/(\w+)\.gin\)", section("Studies")))
    assert listed == {path.stem for path in (ROOT / "gin/studies").glob("*.gin")}


def test_the_arithmetic_of_the_programme() -> None:
    """Part after part: as many tokens as arXiv 2408.10914 trains if nothing is shared, and as a DAG needs."""
    plan = study("programme_470m")
    assert plan["study"]["arms"] == [arm for _, arms in PROGRAMME for arm in arms]
    arms = {entry["arm"]: entry for entry in plan["sharing"]["arms"]}
    alone = new = 0
    for (part, names), totals in zip(PROGRAMME, TOTALS, strict=True):
        alone += sum(arms[arm]["alone"]["tokens"] for arm in names)
        new += sum(arms[arm]["new"]["tokens"] for arm in names)
        assert (round(alone / 1e9), round(new / 1e9)) == totals
        saved = f"{100 * (1 - new / alone):.1f} %"
        row = rf"\| {part} \| [^|]* \| {billions(alone)} \| [^|]* \| {billions(new)} \| {saved} \|"
        assert re.search(row, section("The programme at 470M")), row
    assert (alone, new) == (plan["sharing"]["tokens_arm_by_arm"], plan["sharing"]["tokens_trained"])
    phases, costs = len(plan["phases"]), plan["costs"]
    shared, apart = (f"{costs[how]['chip_hours']:,.0f}" for how in ("trained", "arm_by_arm"))
    told = f"The 19 rows are {phases} phases and {shared} chip-hours in place of {apart}."
    assert told in " ".join(section("The programme at 470M").split())


def test_the_total_of_all_arms_at_470m(at_470m: dict[str, Any]) -> None:
    sharing = at_470m["sharing"]
    alone, new = billions(sharing["tokens_arm_by_arm"]), billions(sharing["tokens_trained"])
    told = f"All {len(at_470m['study']['arms'])} arms below are {alone} arm by arm, {new} as a DAG."
    assert told in " ".join(section("The programme at 470M").split())
