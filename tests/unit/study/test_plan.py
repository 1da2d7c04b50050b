"""The plan: each phase has the key of what shapes it, so that it is trained once and again only when that changes."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from codemix.study.plan import Plan
from codemix.study.record import plan_record
from codemix.study.show import show_plan

PlanWith = Callable[..., Plan]
ROOT = Path(__file__).parents[3]


def keys(plan: Plan) -> dict[tuple[str, int], tuple[str, ...]]:
    return {(run.arm, run.seed): run.phases for run in plan.runs}


def test_arms_that_begin_alike_share_their_beginning(plan_with: PlanWith) -> None:
    """balanced_only and balanced_to_text are one phase until they part; no other arms share anything."""
    plan = plan_with()
    found = keys(plan)
    for seed in plan.study.seeds:
        assert found["balanced_only", seed][0] == found["balanced_to_text", seed][0]
        assert found["balanced_only", seed][1] != found["balanced_to_text", seed][1]
    shared = [phase for phase in plan.phases.values() if len(phase.arms) > 1]
    assert [phase.arms for phase in shared] == [("balanced_only", "balanced_to_text")] * len(plan.study.seeds)
    assert len(plan.phases) == 7 * len(plan.study.seeds)
    saved = sum(phase.tokens for phase in shared)
    assert plan.tokens_arm_by_arm - plan.tokens_trained == saved > 0


def test_a_phase_comes_after_its_parent(plan_with: PlanWith) -> None:
    seen: set[str | None] = {None}
    for key, phase in plan_with().phases.items():
        assert phase.job.parent in seen
        seen.add(key)


@pytest.mark.parametrize("arm", ["text_only", "balanced_to_text", "code_to_text"])
def test_an_arm_alone_has_the_keys_it_has_beside_others(plan_with: PlanWith, arm: str) -> None:
    alone = keys(plan_with(f"Study.arms=['{arm}']", f"Study.control={arm}"))
    together = keys(plan_with())
    assert alone == {run: phases for run, phases in together.items() if run[0] == arm}


def test_changing_a_weight_changes_what_depends_on_it(plan_with: PlanWith) -> None:
    """A weight of a second phase changes that phase's keys alone; one of a first phase, its children's too."""
    before = keys(plan_with())
    second = keys(plan_with("code_to_text/continued/Phase.mixture={'text': 0.8, 'code': 0.2}"))
    first = keys(plan_with("balanced_to_text/init/Phase.mixture={'text': 0.4, 'code': 0.6}"))
    for (arm, seed), phases in before.items():
        if arm == "code_to_text":
            assert second[arm, seed][0] == phases[0]
            assert second[arm, seed][1] != phases[1]
        else:
            assert second[arm, seed] == phases
        if arm == "balanced_to_text":
            assert not set(first[arm, seed]) & set(phases)
        else:
            assert first[arm, seed] == phases


@pytest.mark.parametrize(
    "override",
    [
        "Study.seeds=[100, 101, 102]",
        "Model.layers=3",
        "Model.rotary_base=500.0",
        "Optimizer.weight_decay=0.2",
        "LearningRate.peak=1e-3",
        "LearningRate.over=phase",
        "Scale.batch_rows=8",
        "TrainedTokenizer.vocab_size=1024",
        "Hardware.compute=bfloat16",
    ],
)
def test_what_shapes_every_result_is_in_every_key(plan_with: PlanWith, override: str) -> None:
    changed = {phases for run in keys(plan_with(override)).values() for phases in run}
    assert not changed & set(plan_with().phases)


@pytest.mark.parametrize(
    "override",
    [
        "Hardware.mesh={'fsdp': 4, 'data': -1}",
        "Hardware.checkpoint_steps=7",
        "Hardware.read_threads=3",
        "Hardware.name=elsewhere",
        "Study.title='Another question?'",
        "Study.control=balanced_only",
        "Study.arms=['code_to_text', 'text_only', 'balanced_to_text', 'balanced_only']",
        "BitsPerByte.documents=3",
        "text_only/init/Phase.name=renamed",
    ],
)
def test_what_shapes_no_training_is_in_no_key(plan_with: PlanWith, override: str) -> None:
    assert keys(plan_with(override)) == keys(plan_with())


def test_a_rate_is_in_the_keys_of_the_steps_that_have_it(plan_with: PlanWith) -> None:
    """Another end of the arm's schedule leaves the first phases as they are, whose rates are the same."""
    before, after = keys(plan_with()), keys(plan_with("LearningRate.final=0.5"))
    for run, (first, second) in before.items():
        assert after[run][0] == first
        assert after[run][1] != second


def test_a_changed_store_changes_the_phases_that_read_it(plan_with: PlanWith) -> None:
    """A store's key is in the keys of the phases with weight on it, and of no others: held-out text of another share
    is another store of text, and the tokenizer is trained on web code alone."""
    tokenizer = "TrainedTokenizer.mixture={'web_code': 1.0}"
    before = keys(plan_with(tokenizer))
    after = keys(plan_with(tokenizer, "text/Source.heldout_share=0.1"))
    for (arm, seed), (first, second) in before.items():
        assert (after[arm, seed][0] == first) == (arm == "code_to_text")  # its first phase reads no text
        assert after[arm, seed][1] != second


def test_phases_cover_the_budget_without_gap(plan_with: PlanWith) -> None:
    """The steps of an arm's phases follow one another; each has its rates and its rows."""
    plan = plan_with()
    steps = plan.study.scale.tokens // plan.study.scale.tokens_per_step
    for run in plan.runs:
        end = 0
        for key in run.phases:
            job = plan.phases[key].job
            assert job.first_step == end
            end = job.last_step
            assert job.rates.shape == (job.last_step - job.first_step,)
            assert len(job.index) == end * job.batch_rows
        assert end == steps


def test_an_arm_that_never_changes_its_mixture_has_one_ledger_over_both_phases(plan_with: PlanWith) -> None:
    """A weight is a share of tokens, exact to a few rows, over the phases together."""
    plan = plan_with()
    entries = plan.ledgers["balanced_only"]
    total = sum(entry.tokens for entry in entries)
    context = plan.study.scale.model.context
    for source, share in (("text", 0.5), ("web_code", 0.4), ("markup", 0.1)):
        drawn = sum(entry.tokens for entry in entries if entry.source == source)
        assert abs(drawn - share * total) <= 3 * context


def test_a_schedule_within_a_phase_goes_row_by_row(plan_with: PlanWith) -> None:
    plan = plan_with("text_only/init/Phase.mixture=[(0.25, 'text'), (0.75, {'text': 0.5, 'web_code': 0.5})]")
    first = next(p for p in plan.phases.values() if p.arms == ("text_only",) and p.name == "init")
    rows = len(first.job.index)
    assert first.job.index.counts(round(rows / 4)) == {"text": round(rows / 4), "web_code": 0}
    np.testing.assert_allclose([first.shares["text"], first.shares["web_code"]], [0.625, 0.375], atol=1e-3)


def test_the_record_is_json_and_has_what_the_report_reads(plan_with: PlanWith) -> None:
    record = json.loads(json.dumps(plan_record(plan_with(), "codemix run …", "Study.title = '…'")))
    assert {"study", "sources", "phases", "runs", "ledger", "sharing", "versions", "command", "gin"} <= set(record)
    assert {"control", "arms", "seeds", "title", "evaluation"} <= set(record["study"])
    phases = {phase["key"]: phase for phase in record["phases"]}
    for run in record["runs"]:
        assert all(run["arm"] in phases[key]["arms"] and phases[key]["seed"] == run["seed"] for key in run["phases"])
    assert sum(phase["tokens"] for phase in record["phases"]) == record["sharing"]["tokens_trained"]
    assert all(abs(sum(phase["weights"].values()) - 1) < 1e-9 for phase in record["phases"])


def test_the_table_is_readable_at_80_columns(plan_with: PlanWith) -> None:
    """Every arm, every key of the first seed and what sharing saves are there, and no line is wider."""
    plan = plan_with()
    console = Console(width=80, record=True, file=io.StringIO())
    show_plan(plan, console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    for phase in plan.phases.values():
        assert (phase.key in text) == (phase.job.seed == plan.study.seeds[0])
    for words in ("shared by 2 arms", "sharing saves", "FLOPs", "to prepare: ", "0 of 21 phases are trained"):
        assert words in " ".join(text.split())


def test_planning_imports_neither_jax_nor_tensorflow(tmp_path: Path) -> None:
    """So that it answers at once on any machine."""
    code = (
        "import sys; from codemix.cli import main; "
        f"main(['plan', 'gin/studies/quickstart.gin', '--json', '--home', {str(tmp_path)!r}]); "
        "print([m for m in ('jax', 'flax', 'tensorflow', 'seqio', 'apache_beam') if m in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert json.loads(ran.stdout)["study"]["name"] == "quickstart"
