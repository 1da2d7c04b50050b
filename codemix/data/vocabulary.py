"""A tokenizer as a SeqIO vocabulary."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codemix.data.tensorflow_quietly import seqio, tf
from codemix.data.tokenizer import Tokenizer
from codemix.data.tokenizer_loading import load_tokenizer


class TokenizerVocabulary(seqio.Vocabulary):
    """The same ids as `Tokenizer` gives; the end of document is SeqIO's EOS."""

    def __init__(self, path: Path, eos: str | None = None):
        """Opens the tokenizer's file; see `codemix.data.tokenizer_loading.load_tokenizer`."""
        super().__init__()
        self.file = (path, eos)  # what opens the same tokenizer elsewhere
        self.tokenizer: Tokenizer = load_tokenizer(path, eos)

    @property
    def eos_id(self) -> int:
        return self.tokenizer.eos

    @property
    def bos_id(self) -> int | None:
        return None

    @property
    def unk_id(self) -> int | None:
        return None

    @property
    def _base_vocab_size(self) -> int:
        return self.tokenizer.vocab_size

    def _encode(self, s: str) -> Sequence[int]:
        return self.tokenizer.encode_batch([s])[0].tolist()

    def _decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids)

    def _encode_tf(self, s: tf.Tensor) -> tf.Tensor:
        def encode(text: bytes | np.ndarray) -> np.ndarray:
            content = text if isinstance(text, bytes) else text.item()  # an array of one where it is called eagerly
            return self.tokenizer.encode_batch([content.decode("utf-8", "replace")])[0].astype(np.int32)

        ids = tf.numpy_function(encode, [tf.convert_to_tensor(s)], tf.int32, stateful=False)
        ids.set_shape([None])
        return ids

    def _decode_tf(self, ids: tf.Tensor) -> tf.Tensor:
        def decode(numbers: np.ndarray) -> bytes:
            return self.tokenizer.decode(numbers).encode()

        text = tf.numpy_function(decode, [ids], tf.string, stateful=False)
        text.set_shape([])
        return text

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TokenizerVocabulary)
            and self.tokenizer.fingerprint == other.tokenizer.fingerprint
            and self.eos_id == other.eos_id
        )

    def __hash__(self) -> int:
        return hash((self.tokenizer.fingerprint, self.eos_id))
