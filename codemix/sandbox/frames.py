"""Messages in two parts, between codemix, its servers and their judges: both lengths, then the parts."""

import struct

_LENGTHS = struct.Struct(">II")
_LONGEST = 2**28


def packed(first: bytes, second: bytes) -> bytes:
    return _LENGTHS.pack(len(first), len(second)) + first + second


def parts(buffer: bytearray) -> tuple[bytes, bytes] | None:
    """Both parts, when the buffer holds a whole message; it is empty then.

    Raises:
        ValueError: it holds no message, or more than one.
    """
    if len(buffer) < _LENGTHS.size:
        return None
    first, second = _LENGTHS.unpack_from(buffer)
    middle = _LENGTHS.size + first
    if max(first, second) > _LONGEST or len(buffer) > middle + second:
        raise ValueError("no message")
    if len(buffer) < middle + second:
        return None
    found = bytes(buffer[_LENGTHS.size : middle]), bytes(buffer[middle:])
    buffer.clear()
    return found
