"""Normalisation: a text as the words, and as the code tokens, that an audit compares.

Text: Unicode NFKC, lower case; runs of letters, digits and their marks are words, everything else separates. A script
that writes no spaces has long words.
Code: case kept; runs of letters, digits, underscores and characters beyond ASCII are tokens, and so is every other
character that is no white space; comments are left out.
"""

import dataclasses
import functools
import sys
import unicodedata
from collections.abc import Callable

import numpy as np

KINDS = ("text", "code")


@dataclasses.dataclass(frozen=True)
class Tokens:
    """The tokens of a text: bytes `starts[i]` to `ends[i]` of `content` are token i, `hashes[i]` is its hash."""

    content: bytes  # the normalised text in UTF-8
    starts: np.ndarray  # (tokens,) int32
    ends: np.ndarray  # (tokens,) int32
    hashes: np.ndarray  # (tokens,) uint64

    def __len__(self) -> int:
        return len(self.hashes)

    def joined(self) -> tuple[bytes, np.ndarray]:
        """The tokens with spaces between, and where in that each ends: (tokens,) int64."""
        pieces = [self.content[start:end] for start, end in zip(self.starts, self.ends, strict=True)]
        return b" ".join(pieces), np.cumsum(self.ends - self.starts + 1) - 1


def tokens(text: str, kind: str) -> Tokens:
    """The tokens of a well-formed text as "text" or as "code"."""
    from codemix.data.audit import kernels  # loads numba, which only workers need

    if kind == "code":
        return _cut(kernels.tokens_of_code, text.encode(), byte_kinds(), len(text.encode()) + 1)
    content = fold(text).encode()
    return _cut(kernels.words_of_text, content, character_kinds(), len(content) // 2 + 1)


def _cut(find: Callable[..., int], content: bytes, kinds: np.ndarray, most: int) -> Tokens:
    starts, ends, hashes = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.uint64)
    count = find(np.frombuffer(content, np.uint8), kinds, starts, ends, hashes)
    return Tokens(content, starts[:count], ends[:count], hashes[:count])


def windows(text: str, kind: str, lengths: tuple[int, int], words: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The windows of a well-formed text's tokens whose keys are in a table; see `kernels.windows_of_text`."""
    from codemix.data.audit import kernels

    if kind == "code":
        content = np.frombuffer(text.encode(), np.uint8)
        return kernels.windows_of_code(content, byte_kinds(), *lengths, words, keys)
    # Few texts have capitals beyond ASCII, and lowering bytes is several times as fast as lowering characters.
    content = np.frombuffer(_composed(text).encode().lower(), np.uint8)
    found = kernels.windows_of_text(content, character_kinds(), *lengths, words, keys)
    if found.size and found[0, 0] < 0:
        content = np.frombuffer(fold(text).encode(), np.uint8)
        found = kernels.windows_of_text(content, character_kinds(), *lengths, words, keys)
    return found


def _composed(text: str) -> str:
    """NFKC. Lines do not touch each other, and few need more than a look."""
    if text.isascii():
        return text
    return "\n".join([unicodedata.normalize("NFKC", line) for line in text.split("\n")])


def fold(text: str) -> str:
    """NFKC in lower case. The length may change."""
    return _composed(text).lower()


@functools.cache
def character_kinds() -> np.ndarray:
    """(0x110000,) uint8: the class of every character in text."""
    from codemix.data.audit import kernels

    kinds = np.full(sys.maxunicode + 1, kernels.OTHER, np.uint8)
    for code, character in enumerate(map(chr, range(len(kinds)))):
        if character.lower() != character and code >= 0x80:
            kinds[code] = kernels.UPPER
        elif unicodedata.category(character)[0] in "LNM":
            kinds[code] = kernels.WORD
    return kinds


@functools.cache
def byte_kinds() -> np.ndarray:
    """(256,) uint8: the class of every byte in code."""
    from codemix.data.audit import kernels

    kinds = np.full(256, kernels.OTHER, np.uint8)
    for byte in range(256):
        character = chr(byte)
        if byte >= 0x80 or character.isalnum() or character == "_":
            kinds[byte] = kernels.WORD
        elif character in " \t\n\r\v\f":
            kinds[byte] = kernels.BLANK
        elif character in ";,(){}[]":
            kinds[byte] = kernels.OPENS
    return kinds
