"""A source that is too small for what an arm draws is told before compute is spent; repetition is flagged."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codemix.errors import UserError
from codemix.store.token_store import token_dtype, write_manifest, write_shard
from codemix.study.plan import Plan
from codemix.study.run import Request
from codemix.study.warnings import warnings_of

PlanWith = Callable[..., Plan]
VOCAB = 2048
TOKENS = "Scale.tokens=800_000"


@pytest.fixture
def fill(plan_with: PlanWith) -> Callable[..., None]:
    """Writes the stores of the quickstart study with so many training tokens each, all of 1,500,000 by default."""

    def write(**tokens: int) -> None:
        for task, path in plan_with().stores.items():
            shards = {}
            for split, count in (("train", tokens.get(task, 1_500_000)), ("heldout", 100)):
                facts = [{"document": "d", "cluster": "c", "language": "en", "bytes": 3 * count}]
                ids = [np.ones(count - 1, np.uint16)]
                shards[split] = [write_shard(path / split, "00000", facts, ids, token_dtype(VOCAB), 0)]
            facts_of_store = {"eos": 0, "vocab_size": VOCAB, "tokenizer": {"fingerprint": "t"}, "fingerprint": task}
            write_manifest(path, shards, **facts_of_store)

    return write


def test_enough_of_every_source_is_enough(plan_with: PlanWith, fill: Callable[..., None]) -> None:
    fill()
    plan = plan_with(TOKENS)
    plan.check_supply()
    assert plan.missing_tasks == []
    assert warnings_of(plan) == []
    assert all(0 < (entry.epochs or 0) <= 1 for entries in plan.ledgers.values() for entry in entries)


def test_too_little_of_a_source_is_told(fill: Callable[..., None], tmp_path: Path) -> None:
    """The sentence names the arm, the amounts and the mends, after the place of the budget."""
    fill(markup=50_000)
    request = Request(Path("gin/studies/quickstart.gin"), (TOKENS,), tmp_path)
    with pytest.raises(
        UserError, match=r"arm 'balanced_only' draws [\d,]+ tokens of 'markup', which has 49,920 for"
    ) as t:
        request.check_supply(request.plan()[0])
    assert "Study.max_epochs = {'markup': …}" in str(t.value)
    assert str(t.value).startswith(f"--gin.{TOKENS}: ")


def test_declared_epochs_are_allowed_up_to_their_number(plan_with: PlanWith, fill: Callable[..., None]) -> None:
    fill(markup=50_000)
    plan_with(TOKENS, "Study.max_epochs={'markup': 4}").check_supply()
    with pytest.raises(UserError, match=r"'markup'.* \(1.5 epoch"):
        plan_with(TOKENS, "Study.max_epochs={'markup': 1.5}").check_supply()


def test_less_than_simulated_epoching_cuts_a_source_to_is_told(plan_with: PlanWith, fill: Callable[..., None]) -> None:
    """A slice of a corpus simulates the whole only if it has what the cut leaves of the whole."""
    fill()
    epochs = "Study.max_epochs={'text': 9, 'web_code': 9, 'markup': 9}"
    target = (TOKENS, epochs, "Study.target_tokens=8_000_000", "text/Source.expected_tokens=10_000_000")
    plan = plan_with(*target)
    plan.check_supply()  # a tenth of ten million, of which 1,500,000 are there
    text = {arm: [e.epochs for e in entries if e.source == "text"][-1] for arm, entries in plan.ledgers.items()}
    assert text["text_only"] == pytest.approx(0.8, rel=0.01)  # as 8 million tokens of ten would
    with pytest.raises(
        UserError, match=r"arm 'text_only' may read 1,999,872 tokens of 'text' .* 1,499,\d+ are prepared;"
    ):
        plan_with(*target[:-1], "text/Source.expected_tokens=20_000_000").check_supply()


def test_repetition_that_coincides_with_a_treatment_is_flagged(plan_with: PlanWith, fill: Callable[..., None]) -> None:
    """Only the arms that repeat it, and only where the control does not."""
    fill(markup=70_000)
    sentences = warnings_of(plan_with(TOKENS, "Study.max_epochs={'markup': 4}"))
    (sentence,) = sentences
    assert re.match(
        r"arms 'balanced_only' \(1\.1\d epochs\) and 'code_to_text' \(1\.2\d epochs\) repeat 'mark", sentence
    )
    assert sentence.endswith("their differences are also one of repetition.")
    fill(text=500_000)
    repeated = [s for s in warnings_of(plan_with(TOKENS, "Study.max_epochs={'text': 4}")) if "repeat" in s]
    assert not any("'text'" in sentence for sentence in repeated)
