"""Losses of single tokens, and tokens whose embeddings are close."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from flax import nnx
from small_checkpoint import DOCUMENTS

from codemix.api.checkpoint import Checkpoint
from codemix.api.tokens import neighbours, token_counts, token_losses
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.evaluation.generation import Sampling

Make = Callable[..., Checkpoint]


def test_losses_sum_up_to_the_documents_scores(make_checkpoint: Make) -> None:
    """A document that fits into one context is scored in one window, of the same tokens."""
    checkpoint = make_checkpoint()
    scores = checkpoint.scores(BitsPerByte(sources=["text"], documents=10, batch_rows=4)).set_index("document")
    losses = token_losses(checkpoint, "text", documents=10)
    sums = losses.groupby("document").agg(nll=("nll", "sum"), tokens=("nll", "size"))
    fitting = scores[scores["tokens"] <= checkpoint.config.context]
    assert 0 < len(fitting) < len(scores)
    np.testing.assert_allclose(sums.loc[fitting.index, "nll"], fitting["nll"], rtol=1e-5)
    assert (sums["tokens"] == scores["tokens"].clip(upper=checkpoint.config.context)).all()


def test_each_loss_stands_at_its_token(make_checkpoint: Make) -> None:
    losses = token_losses(make_checkpoint(), "web_code")
    for number, text in enumerate(DOCUMENTS["web_code"]):
        rows = losses[losses["document"] == f"web_code/{number}"]
        assert list(rows["position"]) == list(range(len(rows)))
        assert text.startswith("".join(rows["token"]))


def test_neighbours_by_the_angle_around_the_mean(make_checkpoint: Make) -> None:
    """A token whose embedding is made that of another, a little shortened, is its nearest neighbour."""
    checkpoint = make_checkpoint()
    (a,), (b,) = checkpoint.encode("q"), checkpoint.encode("z")
    params = nnx.to_pure_dict(checkpoint.params)
    table = np.array(params["embedding_VxD"])
    mean = table.mean(axis=0)
    table[b] = mean + 0.9 * (table[a] - mean)
    state = nnx.State({**checkpoint.params})
    state["embedding_VxD"] = checkpoint.params["embedding_VxD"].replace(table)
    found = neighbours(dataclasses.replace(checkpoint, params=state), ["q", "def"], count=4)
    assert found.groupby("token").size().to_dict() == {"def": 4, "q": 4}
    assert found.iloc[0]["neighbour"] == "z"
    assert found.iloc[0]["cosine"] > 0.99
    assert (found.groupby("token")["cosine"].diff().dropna() <= 0).all()


def test_several_tokens_are_told_with_their_parts(make_checkpoint: Make) -> None:
    with pytest.raises(UserError, match="'cat' is not one token of this tokenizer but 'c', 'at'"):
        neighbours(make_checkpoint(), ["cat"])


def test_counts_are_of_the_held_out_documents(make_checkpoint: Make) -> None:
    checkpoint = make_checkpoint()
    counts = token_counts(checkpoint, "text")
    assert counts[checkpoint.encode("?")[0]] == 1
    assert counts[checkpoint.store("text").eos] == len(DOCUMENTS["text"])
    with pytest.raises(UserError, match="no source 'books' here; there are text, web_code"):
        token_counts(checkpoint, "books")


def test_continuations_are_the_samplers(make_checkpoint: Make) -> None:
    checkpoint = make_checkpoint()
    found = checkpoint.continuations(["def ", "a cat"], Sampling(max_tokens=5, samples=2, temperature=1.0))
    assert [len(samples) for samples in found] == [2, 2]
    assert all(len(one.ids) <= 5 for samples in found for one in samples)
    assert found == checkpoint.continuations(["def ", "a cat"], Sampling(max_tokens=5, samples=2, temperature=1.0))
