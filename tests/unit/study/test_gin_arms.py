"""The arms of the literature: what each draws, which phases they share, and that no study changes them."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import gin
import pytest

from codemix.study import gin_files
from codemix.study.plan import Plan
from codemix.study.run import Request
from codemix.study.warnings import warnings_of

ROOT = Path(__file__).parents[3]
ARMS = {path.stem for path in (ROOT / "gin/arms").glob("*.gin")}
STUDIES = sorted((ROOT / "gin/studies").glob("*.gin"))
AT_PAPER_SCALE = [
    path for path in STUDIES if not path.stem.startswith(("sample_", "local_")) and path.stem != "quickstart"
]
B = 10**9

Planned = Callable[..., Plan]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The plan of one of gin/studies in an empty home, with overrides."""
    home = tmp_path_factory.mktemp("home")
    return lambda name, *overrides: Request(ROOT / f"gin/studies/{name}.gin", overrides, home).plan()[0]


def arms_of(study: Path) -> list[str]:
    """`Study.arms`, without making the study: its corpora need not be there."""
    gin_files._parse(study, ())
    return gin.query_parameter("Study.arms")


def keys(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {run.arm: run.phases for run in plan.runs if run.seed == plan.study.seeds[0]}


def drawn(plan: Plan, arm: str) -> dict[str, int]:
    """source -> tokens that an arm draws of it."""
    totals: dict[str, int] = {}
    for entry in plan.ledgers[arm]:
        totals[entry.source] = totals.get(entry.source, 0) + entry.tokens
    return totals


def billions(tokens: float) -> float:
    return round(tokens / B, 2)


def test_every_arm_is_in_a_study_at_paper_scale_and_in_one_that_runs_on_samples() -> None:
    at_paper_scale = {arm for study in AT_PAPER_SCALE for arm in arms_of(study)}
    on_samples = {arm for study in STUDIES if study.stem.startswith("sample_") for arm in arms_of(study)}
    assert at_paper_scale == ARMS
    assert on_samples == ARMS


@pytest.mark.parametrize("study", AT_PAPER_SCALE, ids=lambda path: path.stem)
def test_an_arm_planned_alone_has_the_phase_keys_that_it_has_in_a_study(study: Path, planned: Planned) -> None:
    for arm, phases in keys(planned(study.stem)).items():
        alone = planned(study.stem, f"Study.arms=['{arm}']", f"Study.control='{arm}'")
        assert keys(alone) == {arm: phases}


def test_studies_at_one_scale_share_their_arms(planned: Planned) -> None:
    """What one study has trained, another takes: an arm's keys are the same in all."""
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    for study in AT_PAPER_SCALE:
        plan = planned(study.stem)
        for arm, phases in keys(plan).items():
            assert known.setdefault((plan.study.scale.name, arm), phases) == phases


@pytest.mark.parametrize("study", AT_PAPER_SCALE, ids=lambda path: path.stem)
def test_no_source_is_too_small_for_its_study(study: Path, planned: Planned) -> None:
    """By the sizes that are declared, no arm asks for more passes than Study.max_epochs allows."""
    assert not [sentence for sentence in warnings_of(planned(study.stem)) if "too small" in sentence]


def test_the_proportion_arms_are_prefixes_of_the_initialisation_arms(planned: Planned) -> None:
    """0, 50 and 100 % code, and code with 20 % markup, are first halves that others go on from."""
    key = keys(planned("programme_470m"))
    assert key["code_0"] == key["text_only"][:1]
    assert key["code_50"] == key["balanced_only"][:1] == key["balanced_to_text"][:1]
    assert key["code_100"] == key["quality_markup"] == key["code_to_text"][:1]
    assert len({key[arm] for arm in ("code_0", "code_25", "code_50", "code_75", "code_90", "code_100")}) == 6


def test_a_cooldown_goes_on_from_its_arm(planned: Planned) -> None:
    plan = planned("cooldown")
    key = keys(plan)
    cooled = [arm for arm in key if "_cooldown_" in arm]
    assert len(cooled) == 10
    for arm in cooled:
        parent, _, kind = arm.rpartition("_cooldown_")
        assert key[arm][:-1] == key[parent]
        last = plan.phases[key[arm][-1]]
        assert billions(last.tokens) == 40
        code = sum(share for source, share in last.shares.items() if source in ("web_code", "markup"))
        assert code == pytest.approx(0.2 if kind == "code" else 0)
        before = plan.phases[key[parent][-1]].job.rates
        assert last.job.rates[0] < before[-1]
        assert last.job.rates[-1] == pytest.approx(1e-6)


def test_the_code_free_pipeline_sees_no_code(planned: Planned) -> None:
    sources = set(drawn(planned("cooldown"), "text_only_cooldown_text"))
    assert sources == {"text", "text_filtered", "text_ArXiv", "text_Wikipedia", "instruct"}


@pytest.mark.parametrize("code", [0, 25, 50, 75, 90, 100])
def test_the_proportion_is_of_tokens(code: int, planned: Planned) -> None:
    """200B tokens; the code is 80 % web code and 20 % markup."""
    plan = planned("proportion")
    (key,) = keys(plan)[f"code_{code}"]
    expected = {"text": 100 - code, "web_code": 0.8 * code, "markup": 0.2 * code}
    assert plan.phases[key].steps == 47_684  # 200B / (512 · 8,192)
    assert {source: billions(tokens) for source, tokens in drawn(plan, f"code_{code}").items()} == {
        source: pytest.approx(2 * share, abs=0.01) for source, share in expected.items() if share
    }


@pytest.mark.parametrize(
    ("study", "arm", "expected"),
    [
        ("initialisation", "text_only", {"text": 400}),
        ("initialisation", "balanced_only", {"text": 200, "web_code": 160, "markup": 40}),
        ("initialisation", "balanced_to_text", {"text": 280, "web_code": 96, "markup": 24}),
        ("initialisation", "code_to_text", {"text": 180, "web_code": 176, "markup": 44}),
        ("initialisation_synthetic", "balanced_synthetic_to_text", {"text": 280, "web_code": 108, "synthetic": 12}),
        ("initialisation_synthetic", "code_synthetic_to_text", {"text": 180, "web_code": 198, "synthetic": 22}),
        ("quality", "quality_code", {"web_code": 200}),
        ("quality", "quality_markup", {"web_code": 160, "markup": 40}),
        ("quality", "quality_adjacent", {"web_code": 170, "issues": 10, "stackexchange": 10, "notebooks": 10}),
        ("quality", "quality_synthetic", {"web_code": 180, "synthetic": 20}),
        ("additive", "additive_20", {"text": 400, "web_code": 80, "markup": 20}),
        ("additive", "text_125", {"text": 500}),
        ("additive", "additive_50", {"text": 400, "web_code": 320, "markup": 80}),
        ("additive", "text_200", {"text": 800}),
    ],
)
def test_what_an_arm_draws(study: str, arm: str, expected: dict[str, int], planned: Planned) -> None:
    """In billions of tokens, as the papers have it (arXiv 2408.10914 §3.1, §3.4; arXiv 2409.04556)."""
    found = drawn(planned(study), arm)
    assert {source: billions(tokens) for source, tokens in found.items()} == {
        source: pytest.approx(tokens, abs=0.01) for source, tokens in expected.items()
    }


def test_the_dynamic_arms_draw_the_same_code_in_another_order(planned: Planned) -> None:
    """37.5 % in sum (arXiv 2309.16298: 5:3 is 37.5 %, as 7:3, 7:3, 6:4, 5:5 are), rising or falling."""
    plan = planned("dynamic")
    for arm in plan.study.arms:
        tokens = drawn(plan, arm)
        assert (tokens["web_code"] + tokens["markup"]) / sum(tokens.values()) == pytest.approx(0.375, abs=1e-4)
        index = plan.phases[keys(plan)[arm][0]].job.index
        half, whole = index.counts(len(index) // 2), index.counts(len(index))
        first = (half["web_code"] + half["markup"]) / (len(index) // 2)
        second = 2 * (whole["web_code"] + whole["markup"]) / len(index) - first
        assert (first < second, first > second) == (arm.endswith("increase"), arm.endswith("decrease"))


def test_tuning_follows_pre_training_with_and_without_code(planned: Planned) -> None:
    """arXiv 2309.16298 Table 3: text or code in pre-training, text or code in tuning; two trunks for six arms."""
    plan = planned("tuning")
    key = keys(plan)
    assert key["stage_text_text"][0] == key["stage_text_code"][0]
    assert key["stage_code_text"][0] == key["tuned_uniform"][0] == key["tuned_increase"][0] == key["tuned_decrease"][0]
    assert len(plan.phases) == 2 + 6
    for arm in ("tuned_uniform", "tuned_increase", "tuned_decrease", "stage_text_code"):
        shares = plan.phases[key[arm][1]].shares
        assert shares["instruct_code"] == pytest.approx(float(Fraction(3, 8)), abs=1e-3)
    assert set(plan.phases[key["stage_text_text"][1]].shares) == {"instruct"}


def test_the_epoch_matched_arms_pass_over_their_source_as_often(planned: Planned) -> None:
    plan = planned("epoch_matched")
    epochs = {(arm, e.source): e.epochs for arm, entries in plan.ledgers.items() for e in entries}
    assert epochs["code_0_epoch_matched", "text"] == pytest.approx(epochs["code_100", "web_code"], rel=0.001)
    assert epochs["code_0", "text"] == pytest.approx(200 / 503, rel=0.001)
    assert epochs["quality_synthetic", "synthetic"] == pytest.approx(6.25, rel=0.001)


def test_the_ladder_passes_over_every_source_as_paper_scale_does(planned: Planned) -> None:
    """Simulated epoching: a rung's epochs are those of the 400B tokens."""
    at_2b8 = {(arm, e.phase, e.source): e.epochs for arm, es in planned("scale_2b8").ledgers.items() for e in es}
    for rung in ("15m", "60m", "150m", "470m"):
        ledgers = planned(f"ladder_{rung}").ledgers
        found = {(arm, e.phase, e.source): e.epochs for arm, entries in ledgers.items() for e in entries}
        assert found == {key: pytest.approx(epochs, rel=0.01) for key, epochs in at_2b8.items()}
