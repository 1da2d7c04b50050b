"""Meaningless words in place of a document's own."""

from collections import Counter
from collections.abc import Collection

import xxhash

_CONSONANTS = "bcdfghjklmnpqrstvwxz"  # no vowel, no word of a language's: neither of English nor a keyword
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ENOUGH = 50  # words of consonants that may be taken before the vowels come in
_ALL = 500


class Renaming:
    """One meaningless word for each word: letters become others, case, digits, underscores and length stay.

    Words that differ in case alone stay so ("Node", "node"), and different words stay different. A single letter beyond
    ASCII and a name in double underscores ("__init__") stay as they are: those are the language's own.

    Args:
        seed: of the document: another document has other words for the same ones.
        kept: words that other words must not become.
        skipped: for a word in lower case, how many of its candidates are passed over.
    """

    def __init__(self, seed: int, kept: Collection[str], skipped: Counter[str]):
        self._seed, self._skipped = seed, skipped
        self._taken = {word.lower() for word in kept}
        self._spellings: dict[str, str] = {}
        self._words: dict[str, str] = {}

    def __call__(self, word: str) -> str:
        """Raises ValueError where every word of its length is taken."""
        new = self._words.get(word)
        if new is None:
            new = self._words[word] = self._renamed(word)
        return new

    def _renamed(self, word: str) -> str:
        if (word.startswith("__") and word.endswith("__")) or (len(word) == 1 and not word.isascii()):
            return word
        lower = word.lower()
        if len(lower) != len(word):  # a letter whose small form is two
            lower = word
        spelling = self._spellings.get(lower)
        if spelling is None:
            spelling = self._spellings[lower] = self._spelling(lower)
        return "".join([n.upper() if w.isupper() else n for w, n in zip(word, spelling, strict=True)])

    def _spelling(self, word: str) -> str:
        if not any(map(str.isalpha, word)):
            return word
        for attempt in range(self._skipped[word], _ALL):
            alphabet = _CONSONANTS if len(word) > 1 and attempt < _ENOUGH else _LETTERS
            letters = _letters(f"{attempt} {word}", self._seed, alphabet, len(word))
            new = "".join([n if w.isalpha() else w for w, n in zip(word, letters, strict=True)])
            if new not in self._taken and new != word:
                self._taken.add(new)
                return new
        raise ValueError("no names left")


def _letters(content: str, seed: int, alphabet: str, count: int) -> str:
    """`count` letters that are drawn by a hash."""
    letters: list[str] = []
    while len(letters) < count:
        number = xxhash.xxh3_128_intdigest(f"{len(letters)} {content}".encode(), seed)
        for _ in range(24):  # of at most 26 letters: 113 bits of 128
            number, letter = divmod(number, len(alphabet))
            letters.append(alphabet[letter])
    return "".join(letters[:count])
