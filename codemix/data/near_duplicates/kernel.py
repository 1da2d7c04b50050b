"""From the bytes of documents to the hashes of their bands. Importing this loads numba.

Integers only, so that every machine gives the same. A step at a time, each a loop without branches that the processor
cannot foresee: bytes to words, words to distinct shingles, shingles to minima, minima to bands.

A shingle's hash has 64 bits. Half of the permutations are of its low half, x → a·x + b mod 2^32 with odd a, the others
of its high half: 32-bit arithmetic fills a vector register with twice the lanes and needs one multiplication, where
64-bit arithmetic takes three. A band takes its rows from both halves in turn, so that two shingles pass for one only
where all 64 bits agree: short documents are one shingle, and there are many of them.
"""

import numpy as np

from codemix.data.compiled import compiled

# Odd constants without structure: the golden ratio's of Weyl sequences, and the finalizer of splitmix64 (Steele, Lea
# and Flood, OOPSLA 2014).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(32)
_RECENT = 1024  # shingles remembered, 8 KB: what code repeats, it repeats soon
_AT_ONCE = 4  # shingles that share a pass over the permutations

_IS_WORD = np.array([code >= 128 or chr(code).isalnum() or chr(code) == "_" for code in range(256)])


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """The finalizer of splitmix64: every bit of the result depends on every bit of `value`."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


@compiled
def _hash_words(text: np.ndarray, words: np.ndarray) -> int:
    """Fills `words` with the hashes of the words of `text`, in order, and returns their number.

    Each byte writes what the word would be if it ended there; the place moves on where one does.
    """
    count = 0
    inside = False
    value = _GOLDEN
    for code in text:
        is_word = _IS_WORD[code]
        count += inside & (not is_word)
        value = value if inside else _GOLDEN
        value = (value ^ np.uint64(code)) * _FIRST
        inside = is_word
        words[count] = value
    return count + inside


@compiled
def _hash_whole(text: np.ndarray) -> np.uint64:
    """Of all bytes, and unlike any shingle's."""
    value = _SECOND
    for code in text:
        value = (value ^ np.uint64(code)) * _FIRST
    return _mixed(value ^ np.uint64(len(text)))


@compiled
def _hash_shingles(words: np.ndarray, count: int, size: int, recent: np.ndarray, shingles: np.ndarray) -> int:
    """Fills `shingles` with the hashes of every `size` words in a row, or of all words where they are fewer.

    Returns their number. Most repetitions are left out; those that remain do not alter a minimum.
    """
    for i in range(count):
        words[i] = (words[i] ^ (words[i] >> _HALF)) * _GOLDEN
    leaving = np.uint64(1)
    for _ in range(size):
        leaving *= _SECOND
    recent[:] = 0
    places = np.uint64(len(recent) - 1)
    rolling = np.uint64(0)
    found = 0
    for i in range(count):
        rolling = rolling * _SECOND + words[i]
        if i >= size:
            rolling -= leaving * words[i - size]
        if i >= size - 1 or i == count - 1:
            shingle = _mixed(rolling)
            if recent[shingle & places] != shingle:
                recent[shingle & places] = shingle
                shingles[found] = shingle
                found += 1
    return found


@compiled
def _take_minima(
    shingles: np.ndarray, count: int, shift: np.uint64, a: np.ndarray, b: np.ndarray, minima: np.ndarray
) -> None:
    """minima[p] = the least a[p]·x + b[p] mod 2^32, where x is 32 bits of a shingle's hash, from bit `shift` on."""
    minima[:] = np.uint32(0xFFFFFFFF)
    last = count - 1
    for start in range(0, count, _AT_ONCE):
        x0 = np.uint32(shingles[start] >> shift)
        x1 = np.uint32(shingles[min(start + 1, last)] >> shift)
        x2 = np.uint32(shingles[min(start + 2, last)] >> shift)
        x3 = np.uint32(shingles[min(start + 3, last)] >> shift)
        for p in range(len(a)):
            left = min(np.uint32(a[p] * x0 + b[p]), np.uint32(a[p] * x1 + b[p]))
            right = min(np.uint32(a[p] * x2 + b[p]), np.uint32(a[p] * x3 + b[p]))
            minima[p] = min(minima[p], min(left, right))


@compiled
def _hash_band(low: np.ndarray, high: np.ndarray, band: int, rows: int) -> np.uint64:
    value = _GOLDEN
    for i in range(band * rows, (band + 1) * rows):
        row = low[i // 2] if i % 2 == 0 else high[i // 2]
        value = _mixed(value ^ np.uint64(row))
    return value


@compiled
def minima_of(
    text: np.ndarray,
    size: int,
    minimum: int,
    a: np.ndarray,
    b: np.ndarray,
    scratch: np.ndarray,
    recent: np.ndarray,
    minima: np.ndarray,
) -> None:
    """The signature of one document.

    Args:
        text: (bytes,) uint8.
        size: words in a shingle.
        minimum: words below which the document is one shingle, its whole text.
        a, b: (permutations,) uint32 of x → a·x + b; the second half of them take the high halves of shingles.
        scratch: (2, at least bytes + 1) uint64, overwritten.
        recent: (a power of two,) uint64, overwritten.
        minima: (permutations,) uint32, the result.
    """
    words, shingles = scratch[0], scratch[1]
    words_found = _hash_words(text, words)
    count = 1
    if words_found < minimum or words_found == 0:
        shingles[0] = _hash_whole(text)
    else:
        count = _hash_shingles(words, words_found, size, recent, shingles)
    half = (len(a) + 1) // 2
    _take_minima(shingles, count, np.uint64(0), a[:half], b[:half], minima[:half])
    _take_minima(shingles, count, _HALF, a[half:], b[half:], minima[half:])


@compiled
def hash_bands(
    data: np.ndarray,
    offsets: np.ndarray,
    size: int,
    minimum: int,
    a: np.ndarray,
    b: np.ndarray,
    rows: int,
    hashes: np.ndarray,
) -> None:
    """The hashes of the bands of many documents.

    Args:
        data: (bytes,) uint8, the texts end to end.
        offsets: (documents + 1,) where each begins and ends in `data`.
        size, minimum, a, b: as in `minima_of`.
        rows: of a band.
        hashes: (bands, documents) uint64, the result.
    """
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    scratch = np.empty((2, longest + 1), np.uint64)
    recent = np.empty(_RECENT, np.uint64)
    minima = np.empty(len(a), np.uint32)
    half = (len(a) + 1) // 2
    for i in range(len(offsets) - 1):
        minima_of(data[offsets[i] : offsets[i + 1]], size, minimum, a, b, scratch, recent, minima)
        for band in range(len(hashes)):
            hashes[band, i] = _hash_band(minima[:half], minima[half:], band, rows)
