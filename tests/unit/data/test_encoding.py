"""Encoding: a prompt ends where a token ends, and texts without one are encoded as they always were."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from codemix.data.documents import Document
from codemix.data.encoding import encode_documents
from codemix.data.tokenizer import Tokenizer
from codemix.data.tokenizer_loading import load_tokenizer


@pytest.fixture(scope="module")
def tokenizer(prepared) -> Tokenizer:
    return load_tokenizer(prepared.corpora.tokenizer_path(prepared.home))


def document(text: str, prompt: int) -> Document:
    return Document("d", text, "en", "c", {}, prompt=prompt)


@given(st.lists(st.tuples(st.text(max_size=40), st.integers(0, 50)), max_size=6))
@settings(deadline=None, max_examples=50)
def test_prompt_and_rest_are_tokens_of_their_own(tokenizer: Tokenizer, drawn: list[tuple[str, int]]) -> None:
    """The first tokens decode to the prompt and the others to the rest; a text without a prompt is encoded whole."""
    texts = [(text.encode("utf-8", "replace").decode(), min(prompt, len(text))) for text, prompt in drawn]
    ids, prompts = encode_documents(tokenizer, [document(*given) for given in texts])
    assert len(ids) == len(prompts) == len(texts)
    for (text, prompt), sequence, tokens in zip(texts, ids, prompts, strict=True):
        assert tokenizer.decode(sequence[:tokens]) == text[:prompt]
        assert tokenizer.decode(sequence[tokens:]) == text[prompt:]
        if not prompt:
            assert tokens == 0
            np.testing.assert_array_equal(sequence, tokenizer.encode_batch([text])[0])


def test_a_token_is_not_made_across_the_boundary(tokenizer: Tokenizer) -> None:
    """The same text, with and without a prompt that ends inside a word that is one token."""
    (whole, parted), (none, some) = encode_documents(tokenizer, [document("the model", 0), document("the model", 2)])
    assert (none, some) == (0, len(tokenizer.encode_batch(["th"])[0]))
    assert len(parted) > len(whole)
