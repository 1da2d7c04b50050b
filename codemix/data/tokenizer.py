"""Tokenizers: what turns text into token ids, and how a corpora profile says which.

A tokenizer is a file, `tokenizer.json` of Hugging Face's tokenizers or a SentencePiece `.model`: trained on a declared
mixture of the sources, or given. Text that spells a special token is text: only `prepare` writes the end of document.
"""

import abc
import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from codemix.errors import UserError
from codemix.store.fingerprint import KEY_LENGTH, fingerprint

END_OF_DOCUMENT = "<|endoftext|>"
_KNOWN_ENDS = (END_OF_DOCUMENT, "<|end_of_text|>", "<|END_OF_TURN_TOKEN|>", "<eos>", "</s>")

# Raised when the same documents would train another tokenizer.
_TRAINING_VERSION = 1


@dataclasses.dataclass(frozen=True)
class TrainedTokenizer:
    """A byte-level BPE to be trained on documents of the corpora.

    Attributes:
        vocab_size: tokens, the end-of-document token among them.
        mixture: task or mixture -> share of the bytes that it is trained on.
        budget_bytes: UTF-8 bytes of text that it is trained on; a source with less gives all it has.
    """

    vocab_size: int = 8192
    mixture: Mapping[str, float] = dataclasses.field(default_factory=dict)
    budget_bytes: int = 8_000_000

    file_name = "tokenizer.json"

    def __post_init__(self) -> None:
        if self.vocab_size < 257:
            raise UserError(
                f"TrainedTokenizer.vocab_size is {self.vocab_size}; give at least 257 (bytes and end of document)."
            )
        if self.budget_bytes <= 0:
            raise UserError(f"TrainedTokenizer.budget_bytes is {self.budget_bytes}; give a positive number.")

    def key(self, shares: Mapping[str, Fraction], document_keys: Mapping[str, str]) -> str:
        """The key of the tokenizer, from the keys of the documents it is, or will be, trained on."""
        parts = {task: (share, document_keys[task]) for task, share in shares.items()}
        return fingerprint([type(self).__name__, self.vocab_size, self.budget_bytes, parts, _TRAINING_VERSION])


@dataclasses.dataclass(frozen=True)
class TokenizerFile:
    """An existing tokenizer.

    Attributes:
        path: a `tokenizer.json` or a SentencePiece `.model`.
        eos: the token that ends a document; by default the first known name that the file has.
    """

    path: str = ""
    eos: str | None = None

    def __post_init__(self) -> None:
        if not Path(self.path).is_file():
            raise UserError(f"TokenizerFile.path: there is no file {self.path!r}; give a tokenizer.json or a .model.")

    @property
    def file_name(self) -> str:
        return "tokenizer.model" if self.path.endswith(".model") else "tokenizer.json"

    def key(self) -> str:
        return fingerprint([type(self).__name__, self.eos, file_digest(Path(self.path))])


def file_digest(path: Path) -> str:
    """The first `KEY_LENGTH` hexadecimal digits of the file's SHA-256."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:KEY_LENGTH]


class Tokenizer(abc.ABC):
    """Text to ids and back.

    Lone surrogates, which UTF-8 cannot hold, are encoded as U+FFFD; all other text comes back from a byte-level
    tokenizer as it was.
    """

    vocab_size: int  # one more than the highest id
    eos: int  # ends a document; no text encodes to it
    fingerprint: str  # of the file

    @abc.abstractmethod
    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The ids of every text, uint32, without the end of document."""

    @abc.abstractmethod
    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of the ids; bytes that are not UTF-8 (ids cut inside a character) become U+FFFD."""


def find_end(path: Path, ids: Mapping[str, int], eos: str | None) -> int:
    """The id of the end-of-document token among a file's special tokens. Raises UserError where there is none."""
    for name in (eos,) if eos else _KNOWN_ENDS:
        if name in ids:
            return ids[name]
    raise UserError(
        f"{path}: the special tokens have no end of document ({eos or ', '.join(_KNOWN_ENDS)}); "
        "name the one that ends a document in TokenizerFile.eos, or add one to the file."
    )
