"""Lines of files that may be compressed: in bounded memory, and never a silent end where bytes are missing."""

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

LONGEST_LINE = 256 << 20  # bytes; the rest of a longer one is left out
_BLOCK = 1 << 20


class DamagedError(Exception):
    """The bytes of a file are not whole; the message says in which way."""


def blocks(file: BinaryIO, compression: str) -> Iterator[bytes]:
    """The unpacked bytes of a file, a block at a time; several members or frames are read one after the other.

    Args:
        file: open for reading.
        compression: "", "gz" or "zst".

    Raises:
        DamagedError: the compressed bytes are damaged, end too early, or there are none.
    """
    if compression:
        return _unpacked(file, _PACKINGS[compression])
    return iter(lambda: file.read(_BLOCK), b"")


def numbered_lines(unpacked: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Number from 1 and bytes of every line, without its "\\n", which alone ends one; a byte order mark is left out.

    Of a line beyond `LONGEST_LINE` only a little more than that comes.
    """
    number, kept = 1, 0
    head: list[bytes] = []  # of the line that has not ended yet
    for block in unpacked:
        first, *others = block.split(b"\n")
        if kept <= LONGEST_LINE:
            head.append(first)
            kept += len(first)
        if not others:
            continue
        yield number, _line(number, head)
        number += 1
        for line in others[:-1]:
            yield number, line
            number += 1
        head, kept = [others[-1]], len(others[-1])
    if kept:
        yield number, _line(number, head)


def _line(number: int, pieces: list[bytes]) -> bytes:
    line = b"".join(pieces)
    return line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


class _Unpacking(Protocol):
    """One member or frame; as zlib's and zstandard's objects."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


@dataclasses.dataclass(frozen=True)
class _Packing:
    """A compressed format.

    Attributes:
        begin: what unpacks the next member.
        piece: packed bytes that are unpacked at once.
        padding: what may stand between members and behind them.
    """

    begin: Callable[[], _Unpacking]
    piece: int
    padding: bytes = b""


_PACKINGS = {
    # A byte unpacks to 1032 at most, 64 kB to 66 MB. Zeros are padding: RFC 1952 says nothing, gzip takes them.
    "gz": _Packing(lambda: zlib.decompressobj(wbits=31), 64 << 10, b"\0"),
    # Not zstandard's stream_reader: it ends a truncated frame as if it were whole. A block of 128 kB may come from 4
    # bytes: 4 kB unpack to 128 MB at most. The window is that of `zstd --long=31`.
    "zst": _Packing(zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj, 4 << 10),
}


def _unpacked(file: BinaryIO, packing: _Packing) -> Iterator[bytes]:
    member: _Unpacking | None = None
    members = 0
    while block := file.read(_BLOCK):
        for start in range(0, len(block), packing.piece):
            piece = block[start : start + packing.piece]
            while piece:
                if member is None:
                    piece = piece.lstrip(packing.padding) if packing.padding else piece
                    if not piece:
                        break
                    member = packing.begin()
                    members += 1
                try:
                    unpacked = member.decompress(piece)
                except (zlib.error, zstandard.ZstdError) as error:
                    raise DamagedError(f"the compressed bytes are damaged ({error})") from None
                piece = b""
                if member.eof:
                    piece, member = member.unused_data, None
                if unpacked:
                    yield unpacked
    if member is not None:
        raise DamagedError("the file ends in the middle of its compressed bytes")
    if not members:
        raise DamagedError("the file is empty")
