"""Scoring: what is recorded of a document is what the model says of it, however documents are batched."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flax import nnx

from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.evaluation.scoring import score_documents
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer
from codemix.store.token_store import TokenStore, token_dtype, write_manifest, write_shard

VOCAB, EOS, CONTEXT = 40, 0, 24
Score = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def score(model: Transformer, store: TokenStore) -> Score:
    graph, params = nnx.split(model)
    mesh = make_mesh({"data": 1, "fsdp": 1, "tensor": -1})

    def run(store: TokenStore = store, **fields: float) -> pd.DataFrame:
        return score_documents(graph, params, mesh, {"text": store}, BitsPerByte(**{"sources": ["text"], **fields}))  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def scored(score: Score) -> pd.DataFrame:
    return score(batch_rows=4)


def test_a_document_within_the_context_has_the_sum_of_its_tokens(
    scored: pd.DataFrame, heldout_ids: list[np.ndarray], plain_nll: Callable[[np.ndarray], np.ndarray]
) -> None:
    """A document's nats are those of one pass over it, all logits made, its first token after an end of document."""
    compared = 0
    for row in scored.itertuples():
        ids = heldout_ids[int(str(row.document)[1:])]
        if len(ids) <= CONTEXT:
            np.testing.assert_allclose(row.nll, plain_nll(np.array([EOS, *ids])).sum(), rtol=1e-5)
            compared += 1
    assert compared == 6


def test_a_longer_document_is_the_sum_of_its_windows(
    scored: pd.DataFrame, heldout_ids: list[np.ndarray], plain_nll: Callable[[np.ndarray], np.ndarray]
) -> None:
    """40 tokens, context 24, half a context at a time: 24 from the document's start, then 12, then 4, each from as much
    of the document before them as the context holds."""
    row = np.array([EOS, *heldout_ids[1]])
    parts = [plain_nll(row[:25]), plain_nll(row[12:37])[-12:], plain_nll(row[16:41])[-4:]]
    np.testing.assert_allclose(scored.nll[scored.document == "d1"], sum(part.sum() for part in parts), rtol=1e-5)


def test_every_document_with_text_has_its_row(scored: pd.DataFrame, heldout_ids: list[np.ndarray]) -> None:
    """In the store's order, across its shards; the empty one is left out."""
    kept = [i for i, ids in enumerate(heldout_ids) if len(ids)]
    assert scored.document.tolist() == [f"d{i}" for i in kept]
    assert scored.bytes.tolist() == [3 * len(heldout_ids[i]) for i in kept]
    assert scored.cluster.tolist() == [f"c{i // 2}" for i in kept]
    assert set(scored.source) == {"text"}
    assert list(scored.columns) == ["source", "document", "cluster", "nll", "bytes", "tokens"]


@pytest.mark.parametrize("batch_rows", [1, 5, 64])
def test_the_batch_changes_no_score(score: Score, scored: pd.DataFrame, batch_rows: int) -> None:
    again = score(batch_rows=batch_rows)
    np.testing.assert_allclose(again.nll, scored.nll, rtol=1e-5)
    pd.testing.assert_frame_equal(again.drop(columns="nll"), scored.drop(columns="nll"))


def test_the_limit_draws_documents_from_everywhere(score: Score, scored: pd.DataFrame) -> None:
    """More of them are the same and others; which they are says their identity, not their place."""
    few, more = score(documents=3, batch_rows=4), score(documents=5, batch_rows=4)
    assert len(few) == 3
    assert set(few.document) < set(more.document) < set(scored.document)
    assert few.document.tolist() != scored.document.tolist()[:3]
    both = few.merge(scored, on="document")
    np.testing.assert_allclose(both.nll_x, both.nll_y, rtol=1e-5)


PROMPTS = (2, 30, 0, 16, 0, 20, 5, 8)  # tokens of each document that are given; the fourth is nothing else


def test_a_document_with_a_prompt_is_scored_on_the_rest(
    score: Score, heldout_ids: list[np.ndarray], plain_nll: Callable[[np.ndarray], np.ndarray], tmp_path: Path
) -> None:
    """The nats of the response's tokens from the prompt and what precedes them, over the response's bytes; where the
    prompt is longer than the context, from as much of it as that holds."""
    facts = [
        {"document": f"d{i}", "cluster": "c", "language": "en", "bytes": 3 * len(ids) + prompt}
        | {"prompt": prompt, "prompt_bytes": 4 * prompt}
        for i, (ids, prompt) in enumerate(zip(heldout_ids, PROMPTS, strict=True))
    ]
    shard = write_shard(tmp_path / "heldout", "00000", facts, heldout_ids, token_dtype(VOCAB), EOS)
    write_manifest(tmp_path, {"train": [], "heldout": [shard]}, eos=EOS, vocab_size=VOCAB)
    scored = score(store=TokenStore(tmp_path), batch_rows=4)

    kept = [i for i in range(len(PROMPTS)) if len(heldout_ids[i]) > PROMPTS[i]]
    assert kept == [0, 1, 4, 5, 6, 7]
    assert scored.document.tolist() == [f"d{i}" for i in kept]
    assert scored.tokens.tolist() == [len(heldout_ids[i]) - PROMPTS[i] for i in kept]
    assert scored.bytes.tolist() == [3 * (len(heldout_ids[i]) - PROMPTS[i]) for i in kept]
    for i, nll in zip(kept, scored.nll, strict=True):
        row = np.array([EOS, *heldout_ids[i]])[-CONTEXT - 1 :]
        np.testing.assert_allclose(nll, plain_nll(row)[PROMPTS[i] - len(heldout_ids[i]) :].sum(), rtol=1e-5)
