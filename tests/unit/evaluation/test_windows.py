"""Windows: every token of a document predicted exactly once, none of them blind."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte, windows

EOS = 0


@given(st.integers(0, 200), st.integers(0, 100), st.integers(2, 40), st.floats(0.01, 1.0))
def test_every_token_is_predicted_once_from_enough_of_its_document(
    length: int, prompt: int, context: int, stride: float
) -> None:
    """Tokens are predicted once and in order, those of the prompt never. A prediction sees the document from its start,
    or at least `context - stride` of its tokens. No window is longer than the context."""
    ids = np.arange(1, length + 1)
    step = max(1, int(context * stride))
    predicted = []
    for window in windows(3, ids, min(prompt, length), EOS, context, stride):
        assert window.document == 3
        assert 2 <= len(window.ids) <= context + 1
        starts_document = window.ids[0] == EOS
        for position in range(window.first, len(window.ids) - 1):
            predicted.append(int(window.ids[position + 1]))
            assert starts_document or position + 1 >= context - step
    assert predicted == ids[prompt:].tolist()


@given(st.integers(1, 16), st.data())
def test_a_document_within_the_context_is_one_window(length: int, data: st.DataObject) -> None:
    prompt = data.draw(st.integers(0, length - 1))
    (window,) = windows(0, np.arange(1, length + 1), prompt, EOS, 16, 0.5)
    assert window.ids.tolist() == list(range(length + 1))
    assert window.first == prompt


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"sources": []}, "BitsPerByte.sources is empty; name at least one task"),
        ({"sources": ["a"], "documents": 0}, "BitsPerByte needs documents ≥ 1"),
        ({"sources": ["a"], "stride": 0.0}, "stride above 0 up to 1"),
        ({"sources": ["a"], "stride": 1.5}, "stride above 0 up to 1"),
        ({"sources": ["a"], "batch_rows": 0}, "batch_rows ≥ 1"),
    ],
)
def test_an_evaluation_that_cannot_be_is_told(fields: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        BitsPerByte(**fields)
