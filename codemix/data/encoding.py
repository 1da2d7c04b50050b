"""Documents to token ids."""

from collections.abc import Sequence

import numpy as np

from codemix.data.documents import Document
from codemix.data.tokenizer import Tokenizer


def encode_documents(tokenizer: Tokenizer, documents: Sequence[Document]) -> tuple[list[np.ndarray], list[int]]:
    """The ids of every document, without the end of document, and how many at its start are its prompt's.

    A prompt is encoded apart from what follows, so that no token holds some of both.
    """
    texts = [part for d in documents for part in (d.text[: d.prompt], d.text[d.prompt :])]
    parts = tokenizer.encode_batch(texts)
    prompts, rests = parts[::2], parts[1::2]
    ids = [np.concatenate(pair) if len(pair[0]) else pair[1] for pair in zip(prompts, rests, strict=True)]
    return ids, [len(prompt) for prompt in prompts]
