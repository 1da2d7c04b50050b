"""Tokenizers in a `tokenizer.json`: by tiktoken where it gives the same ids, several times faster, else as they are."""

import itertools
import json
import unicodedata
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
_BYTE_LEVEL = r"(?:{runs}'(?:[sdmt]|ll|ve|re)| ?\p{{L}}+|{numbers}| ?[^\s\p{{L}}\p{{N}}]+)|{space}+(?!{solid})|{space}+"
_NEVER_IN_UTF8 = frozenset((0xC0, 0xC1, *range(0xF5, 0x100)))

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
    ranks, pattern = _tiktoken_ranks(content), _pattern(content)
    if ranks is None or pattern is None:
        return exact
    fast = TiktokenTokenizer(exact, ranks, pattern)
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
        self.normalizer = self._tokenizer.normalizer

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        encodings = self._tokenizer.encode_batch_fast([well_formed(text) for text in texts], add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.uint32) for encoding in encodings]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return self._tokenizer.decode([int(number) for number in ids], skip_special_tokens=False)


class TiktokenTokenizer(Tokenizer):
    """A byte-level BPE whose merges rise with the ids; its normaliser is NFC or none."""

    def __init__(self, exact: HuggingFaceTokenizer, ranks: dict[bytes, int], pattern: str):
        self.vocab_size, self.eos, self.fingerprint = exact.vocab_size, exact.eos, exact.fingerprint
        self._exact = exact
        self._encoding = tiktoken.Encoding(
            self.fingerprint, pat_str=pattern, mergeable_ranks=ranks, special_tokens=exact.special_tokens
        )
        self._without_token = bytes({*range(256)} - {token[0] for token in ranks if len(token) == 1} - _NEVER_IN_UTF8)

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [self._encode(well_formed(text)) for text in texts]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return self._exact.decode(ids)

    def _encode(self, text: str) -> np.ndarray:
        if self._exact.normalizer and not unicodedata.is_normalized("NFC", text):
            text = self._exact.normalizer.normalize_str(text)
        if self._without_token:
            content = text.encode()
            if len(content.translate(None, self._without_token)) < len(content):
                return self._exact.encode_batch([text])[0]
        try:
            return self._encoding.encode_to_numpy(text, disallowed_special=())
        except ValueError:  # white space by the million is too much for its regular expressions
            return self._exact.encode_batch([text])[0]


def _byte_of_character() -> dict[str, int]:
    """ByteLevel's alphabet: printable bytes stand for themselves, the others for characters from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


def _pattern(content: dict[str, Any]) -> str | None:
    """The regular expression that splits the text, if splitting it and standing for its bytes is all that is done."""
    runs = _longest_run(content)
    step = content.get("pre_tokenizer") or {}
    *before, last = (step.get("pretokenizers") if step.get("type") == "Sequence" else None) or [step]
    plain_bytes = {"type": "ByteLevel", "add_prefix_space": False}
    if runs is None or not plain_bytes.items() <= last.items():
        return None
    use_regex = last.get("use_regex", True)
    match before:
        case [] if use_regex:
            return _byte_level(r" ?\p{N}+", r"\S", runs)
        case [{"type": "Digits", "individual_digits": individual}] if use_regex:  # nothing reaches across a digit
            return _byte_level(r"\p{N}" if individual else r"\p{N}+", r"[^\s\p{N}]", runs)
        case [{"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}]:
            return regex if not use_regex and not runs else None
    return None


def _byte_level(numbers: str, solid: str, runs: int) -> str:
    """What ByteLevel splits by, around runs of spaces.

    Args:
        numbers: what numbers are.
        solid: what white space leaves its last character to.
        runs: 2 to so many spaces are a token that nothing reaches into; 0 where there are no such tokens.
    """
    space = r"(?:[^\S ]| (?! ))" if runs else r"\s"
    return _BYTE_LEVEL.format(runs=f" {{2,{runs}}}|" if runs else "", numbers=numbers, space=space, solid=solid)


def _longest_run(content: dict[str, Any]) -> int | None:
    """The length of the longest run of spaces that is a token of its own.

    Tokens that are added and not special are cut out of the text before it is split. GPT-NeoX's are the runs of 2, 3…
    24 spaces. 0 where there are none; None where there are others.
    """
    cut_out = [token for token in content.get("added_tokens", []) if not token["special"]]
    lengths = sorted(len(token["content"]) for token in cut_out)
    spaces = all(not token["content"].strip(" ") for token in cut_out)
    plain = not any(token.get(field) for token in cut_out for field in ("single_word", "lstrip", "rstrip"))
    return len(lengths) and lengths[-1] if spaces and plain and lengths == list(range(2, len(lengths) + 2)) else None


def _tiktoken_ranks(content: dict[str, Any]) -> dict[bytes, int] | None:
    """token -> rank, if tiktoken's rule (merge the pair whose union has the lowest rank) is the rule of this file:
    every token but the bytes and the added ones is made by one merge, and the ids rise in the order of the merges.
    """
    model = content.get("model") or {}
    plain = model.get("type") == "BPE" and not any(
        model.get(field)
        for field in ("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback")
    )
    if not plain or (content.get("normalizer") or {"type": "NFC"}) != {"type": "NFC"}:
        return None

    vocabulary: dict[str, int] = model["vocab"]
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    made = [vocabulary.get("".join(pair), -1) for pair in pairs]
    byte_of = _byte_of_character()
    added = content.get("added_tokens", [])
    ordinary = vocabulary.keys() - {token["content"] for token in added}
    rising = all(earlier < later for earlier, later in itertools.pairwise(made))
    whole = {*made, *(vocabulary[character] for character in byte_of if character in vocabulary)}
    if not rising or whole != {vocabulary[token] for token in ordinary}:
        return None
    if not all(character in byte_of for token in ordinary for character in token):
        return None
    ranks = {bytes(byte_of[character] for character in token): vocabulary[token] for token in ordinary}
    # A run of spaces is a piece by itself, which is looked up before anything is merged.
    return ranks | {token["content"].encode(): token["id"] for token in added if not token["special"]}
