"""The compiled loops of the audit: integers only, the same on every machine. Importing this loads numba."""

import numpy as np

from codemix.data.compiled import compiled

_FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64's
_BASE = np.uint64(0x9E3779B97F4A7C15)  # of the rolling hash: odd
_SHORT = np.uint64(0xD6E8FEB86659FD93)  # tells the anchors of short passages from n-grams

BLANK, WORD, OPENS, OTHER, UPPER = 0, 1, 2, 3, 4  # classes of characters


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(30))) * _MIX[0]
    value = (value ^ (value >> np.uint64(27))) * _MIX[1]
    return value ^ (value >> np.uint64(31))


@compiled
def words_of_text(
    content: np.ndarray, kinds: np.ndarray, starts: np.ndarray, ends: np.ndarray, hashes: np.ndarray
) -> int:
    """Finds the words of a text.

    Args:
        content: (bytes,) uint8, well-formed UTF-8.
        kinds: (0x110000,) uint8: the class of every code point.
        starts, ends, hashes: filled with every word's bytes and the hash of its code points; of at least half as many
            elements as there are bytes, and one more.

    Returns:
        How many words there are; −1 where a character is of class `UPPER`.
    """
    count = 0
    inside = False
    value = _FNV_START
    position = 0
    size = len(content)
    while position < size:
        code = np.uint32(content[position])
        step = 1
        if code >= 0xF0:
            step = 4
            code = (code & np.uint32(7)) << np.uint32(18)
            code |= (np.uint32(content[position + 1]) & np.uint32(63)) << np.uint32(12)
            code |= (np.uint32(content[position + 2]) & np.uint32(63)) << np.uint32(6)
            code |= np.uint32(content[position + 3]) & np.uint32(63)
        elif code >= 0xE0:
            step = 3
            code = (code & np.uint32(15)) << np.uint32(12)
            code |= (np.uint32(content[position + 1]) & np.uint32(63)) << np.uint32(6)
            code |= np.uint32(content[position + 2]) & np.uint32(63)
        elif code >= 0x80:
            step = 2
            code = (code & np.uint32(31)) << np.uint32(6)
            code |= np.uint32(content[position + 1]) & np.uint32(63)
        kind = kinds[code]
        if kind == UPPER:
            return -1
        if kind == WORD:
            if not inside:
                inside = True
                starts[count] = position
                value = _FNV_START
            value = (value ^ np.uint64(code)) * _FNV_PRIME
        elif inside:
            inside = False
            ends[count] = position
            hashes[count] = _mixed(value)
            count += 1
        position += step
    if inside:
        ends[count] = size
        hashes[count] = _mixed(value)
        count += 1
    return count


@compiled
def tokens_of_code(
    content: np.ndarray, kinds: np.ndarray, starts: np.ndarray, ends: np.ndarray, hashes: np.ndarray
) -> int:
    """Finds the tokens of code: runs of word bytes, and every other byte that is not blank; none within comments.

    A comment is opened by #, // or /* at the start or after a byte of class `OPENS` or a blank; `/*` only where `*/`
    closes it.

    Args:
        content: (bytes,) uint8.
        kinds: (256,) uint8: the class of every byte.
        starts, ends, hashes: filled with every token's bytes and their hash; of at least as many elements as there are
            bytes, and one more.

    Returns:
        How many tokens there are.
    """
    count = 0
    position = 0
    size = len(content)
    last_close = size - 2  # of the last */, after which no /* opens a comment
    while last_close >= 0 and not (content[last_close] == 42 and content[last_close + 1] == 47):
        last_close -= 1
    while position < size:
        byte = content[position]
        kind = kinds[byte]
        if kind == BLANK:
            position += 1
            continue
        if kind == WORD:
            value = _FNV_START
            starts[count] = position
            while position < size and kinds[content[position]] == WORD:
                value = (value ^ np.uint64(content[position])) * _FNV_PRIME
                position += 1
            ends[count] = position
            hashes[count] = _mixed(value)
            count += 1
            continue
        if byte == 35 or byte == 47:  # '#', '/'
            before = kinds[content[position - 1]] if position else BLANK
            after = content[position + 1] if position + 1 < size else np.uint8(0)
            if before in (BLANK, OPENS):
                if byte == 35 or after == 47:
                    while position < size and content[position] != 10:
                        position += 1
                    continue
                if after == 42 and position + 2 <= last_close:
                    position += 2
                    while not (content[position] == 42 and content[position + 1] == 47):
                        position += 1
                    position += 2
                    continue
        starts[count] = position
        ends[count] = position + 1
        hashes[count] = _mixed((_FNV_START ^ np.uint64(byte)) * _FNV_PRIME)
        count += 1
        position += 1
    return count


@compiled
def _power(length: int) -> np.uint64:
    power = np.uint64(1)
    for _ in range(length):
        power *= _BASE
    return power


@compiled
def window_keys(hashes: np.ndarray, length: int, short: bool, keys: np.ndarray) -> None:
    """The keys of all windows of `length` tokens.

    Args:
        hashes: (tokens,) uint64.
        length: tokens of a window, at most as many as there are.
        short: whether the windows are the anchors of short passages.
        keys: (tokens − length + 1,) uint64, filled: the polynomial of the window's hashes modulo 2^64, mixed.
    """
    leaving = _power(length)
    salt = _SHORT if short else np.uint64(0)
    value = np.uint64(0)
    for position in range(len(hashes)):
        value = value * _BASE + hashes[position]
        if position >= length:
            value -= hashes[position - length] * leaving
        if position >= length - 1:
            keys[position - length + 1] = _mixed(value ^ salt)


@compiled
def _bits(key: np.uint64) -> np.uint64:
    """Three bits of a word of the Bloom filter; the lowest bits of the key say which word."""
    first = np.uint64(1) << (key >> np.uint64(58))
    second = np.uint64(1) << ((key >> np.uint64(52)) & np.uint64(63))
    return first | second | (np.uint64(1) << ((key >> np.uint64(46)) & np.uint64(63)))


@compiled
def fill_filter(keys: np.ndarray, words: np.ndarray) -> None:
    """Sets three bits in one word of the Bloom filter `words` (a power of two of them, uint64) for every key."""
    mask = np.uint64(len(words) - 1)
    for key in keys:
        words[key & mask] |= _bits(key)


@compiled
def _may_have(words: np.ndarray, key: np.uint64) -> bool:
    bits = _bits(key)
    return words[key & np.uint64(len(words) - 1)] & bits == bits


@compiled
def _entry(keys: np.ndarray, key: np.uint64) -> int:
    """Where `key` is in the rising `keys`; −1 where it is not."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(keys) and keys[low] == key else -1


@compiled
def find_windows(
    hashes: np.ndarray,
    length: int,
    short_length: int,
    words: np.ndarray,
    keys: np.ndarray,
    positions: np.ndarray,
    slots: np.ndarray,
) -> int:
    """Finds the windows of a document whose keys are in the table.

    Args:
        hashes: (tokens,) uint64.
        length: tokens of an n-gram.
        short_length: tokens of the anchor of a short passage.
        words: the Bloom filter over `keys`.
        keys: (entries,) uint64, rising.
        positions, slots: filled with the first token of each window found and its entry; of 2·tokens elements.

    Returns:
        How many were found.
    """
    leaving, short_leaving = _power(length), _power(short_length)
    value = short_value = np.uint64(0)
    count = 0
    for position in range(len(hashes)):
        entering = hashes[position]
        value = value * _BASE + entering
        short_value = short_value * _BASE + entering
        if position >= length:
            value -= hashes[position - length] * leaving
        if position >= short_length:
            short_value -= hashes[position - short_length] * short_leaving
        key = _mixed(value)
        if _may_have(words, key) and position >= length - 1:
            slot = _entry(keys, key)
            if slot >= 0:
                positions[count] = position + 1 - length
                slots[count] = slot
                count += 1
        key = _mixed(short_value ^ _SHORT)
        if _may_have(words, key) and position >= short_length - 1:
            slot = _entry(keys, key)
            if slot >= 0:
                positions[count] = position + 1 - short_length
                slots[count] = slot
                count += 1
    return count


@compiled
def windows_of_text(
    content: np.ndarray, kinds: np.ndarray, length: int, short_length: int, words: np.ndarray, keys: np.ndarray
) -> np.ndarray:
    """`words_of_text` and `find_windows` in one call, as many documents are short.

    Returns:
        (2, found) int64: the first token of each window found, and its entry; of one column of −1 where a character is
        of class `UPPER`.
    """
    most = len(content) // 2 + 1
    starts, ends, hashes = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.uint64)
    count = words_of_text(content, kinds, starts, ends, hashes)
    if count < 0:
        return np.full((2, 1), -1, np.int64)
    return _windows(hashes[:count], length, short_length, words, keys)


@compiled
def windows_of_code(
    content: np.ndarray, kinds: np.ndarray, length: int, short_length: int, words: np.ndarray, keys: np.ndarray
) -> np.ndarray:
    """`tokens_of_code` and `find_windows` in one call: (2, found) int64, as `windows_of_text` has it."""
    most = len(content) + 1
    starts, ends, hashes = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.uint64)
    count = tokens_of_code(content, kinds, starts, ends, hashes)
    return _windows(hashes[:count], length, short_length, words, keys)


@compiled
def _windows(hashes: np.ndarray, length: int, short_length: int, words: np.ndarray, keys: np.ndarray) -> np.ndarray:
    found = np.empty((2, 2 * len(hashes)), np.int64)
    count = find_windows(hashes, length, short_length, words, keys, found[0], found[1])
    return found[:, :count].copy()


@compiled
def same_units(
    content: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    positions: np.ndarray,
    slots: np.ndarray,
    first: np.ndarray,
    unit_starts: np.ndarray,
    unit_ends: np.ndarray,
    passages: np.ndarray,
    units: np.ndarray,
    where: np.ndarray,
) -> int:
    """Keeps the units that are in the document token by token.

    Args:
        content, starts, ends: of the document's `Tokens`.
        positions, slots: what `find_windows` found.
        first: the units of entry e are `first[e]` to `first[e + 1]`.
        unit_starts, unit_ends: every unit's bytes in `passages`.
        passages: the units' tokens, with spaces between.
        units, where: filled with the units that are there and the document's token at which they begin.

    Returns:
        How many there are.
    """
    count = 0
    for hit in range(len(positions)):
        for unit in range(first[slots[hit]], first[slots[hit] + 1]):
            token = positions[hit]
            byte = unit_starts[unit]
            same = True
            while same and byte < unit_ends[unit]:
                if token == len(starts) or ends[token] - starts[token] > unit_ends[unit] - byte:
                    same = False
                    break
                for other in range(starts[token], ends[token]):
                    same = same and content[other] == passages[byte]
                    byte += 1
                same = same and (byte == unit_ends[unit] or passages[byte] == 32)
                byte += 1
                token += 1
            if same:
                units[count] = unit
                where[count] = positions[hit]
                count += 1
    return count
