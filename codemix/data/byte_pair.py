"""Tokenizers in a `tokenizer.json`: by tiktoken where it gives the same ids, several times faster, else as they are."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken
import tokenizers

from codemix.data.documents import well_formed
from codemix.data.tokenizer import Tokenizer, file_digest, find_end
from codemix.errors import UserError

# What ByteLevel(use_regex=True) splits by. The alternatives without a look-ahead are grouped: the engine then tries
# them all at once, which makes encoding half as fast again.
_GPT2_PATTERN = r"(?:'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+)|\s+(?!\S)|\s+"

_SAMPLE = (
    "The quick brown fox, it's said, doesn't jump 12345.678 times over\n\n\tthe lazy dog's    bowl!!! \r\n"
    "def f(x: int) -> str:\n        return {'a': [x ** 2 for _ in range(10)]}  # — naïve\n\n\n"
    "<|endoftext|></s> Привет, мир. 你好，世界。 こんにちは नमस्ते مرحبا 👩‍👩‍👧 e\u0301 \u00a0\u2028\u3000 ½ ٣ Ⅷ "
    "\x00\x1f\x85 "
) * 2


def load(path: Path, eos: str | None) -> Tokenizer:
    """Raises UserError if the file is no tokenizer or has no end-of-document token."""
    try:
        exact = HuggingFaceTokenizer(path, eos)
    except UserError:
        raise
    except Exception as error:  # the library raises plain Exception
        raise UserError(f"{path}: this is not a tokenizer.json ({error}); give one in TokenizerFile.path.") from None
    content = json.loads(path.read_text(encoding="utf-8"))
    ranks = _tiktoken_ranks(content)
    if ranks is None:
        return exact
    fast = TiktokenTokenizer(exact, ranks, _pattern(content) or "")
    agrees = np.array_equal(fast.encode_batch([_SAMPLE])[0], exact.encode_batch([_SAMPLE])[0])
    return fast if agrees else exact


class HuggingFaceTokenizer(Tokenizer):
    """Any `tokenizer.json`."""

    def __init__(self, path: Path, eos: str | None):
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.encode_special_tokens = True  # text that spells a special token stays text
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True)
        self.special_tokens = {
            token.content: number
            for number, token in self._tokenizer.get_added_tokens_decoder().items()
            if token.special
        }
        self.vocab_size = max(vocabulary.values()) + 1
        self.eos = find_end(path, self.special_tokens, eos)
        self.fingerprint = file_digest(path)

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        encodings = self._tokenizer.encode_batch_fast([well_formed(text) for text in texts], add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.uint32) for encoding in encodings]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return self._tokenizer.decode([int(number) for number in ids], skip_special_tokens=False)


class TiktokenTokenizer(Tokenizer):
    """A byte-level BPE whose merges rise with the ids."""

    def __init__(self, exact: HuggingFaceTokenizer, ranks: dict[bytes, int], pattern: str):
        self.vocab_size, self.eos, self.fingerprint = exact.vocab_size, exact.eos, exact.fingerprint
        self._encoding = tiktoken.Encoding(
            self.fingerprint, pat_str=pattern, mergeable_ranks=ranks, special_tokens=exact.special_tokens
        )

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [self._encoding.encode_to_numpy(well_formed(text), disallowed_special=()) for text in texts]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return self._encoding.decode([int(number) for number in ids], errors="replace")


def _byte_of_character() -> dict[str, int]:
    """ByteLevel's alphabet: printable bytes stand for themselves, the others for characters from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


def _pattern(content: dict[str, Any]) -> str | None:
    """The regular expression that splits the text, if byte-level splitting is all that the pre-tokenizer does."""
    step = content.get("pre_tokenizer") or {}
    plain_bytes = {"type": "ByteLevel", "add_prefix_space": False}
    if plain_bytes.items() <= step.items() and step.get("use_regex", True):
        return _GPT2_PATTERN
    if step.get("type") == "Sequence" and len(step["pretokenizers"]) == 2:
        split, then = step["pretokenizers"]
        isolated = {"type": "Split", "behavior": "Isolated", "invert": False}
        bytes_only = plain_bytes.items() <= then.items() and not then.get("use_regex", True)
        if bytes_only and isolated.items() <= split.items():
            return split.get("pattern", {}).get("Regex")
    return None


def _tiktoken_ranks(content: dict[str, Any]) -> dict[bytes, int] | None:
    """token -> rank, if tiktoken's rule (merge the pair whose union has the lowest rank) is the rule of this file:
    every token but the bytes and the special ones is made by one merge, and the ids rise in the order of the merges.
    """
    model = content.get("model") or {}
    plain = model.get("type") == "BPE" and not any(
        model.get(field) for field in ("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")
    )
    added = content.get("added_tokens", [])
    if not plain or model.get("byte_fallback") or content.get("normalizer") or _pattern(content) is None:
        return None
    if not all(token["special"] for token in added):
        return None

    vocabulary: dict[str, int] = model["vocab"]
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    made = [vocabulary.get("".join(pair), -1) for pair in pairs]
    byte_of = _byte_of_character()
    special = {token["content"] for token in added}
    ordinary = {token: number for token, number in vocabulary.items() if token not in special}
    rising = all(earlier < later for earlier, later in itertools.pairwise(made))
    whole = set(made) | {vocabulary.get(character, -1) for character in byte_of} == set(ordinary.values())
    if not (rising and whole and all(character in byte_of for token in ordinary for character in token)):
        return None
    return {bytes(byte_of[character] for character in token): number for token, number in ordinary.items()}
