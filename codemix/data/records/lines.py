"""Lines of files that may be compressed: in bounded memory, and never a silent end where bytes are missing."""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

LONGEST_LINE = 256 << 20  # bytes; the rest of a longer one is left out
_BLOCK = 1 << 20
# A block of 128 kB may come from 4 bytes of zstd: this much of it unpacks to 128 MB at most.
_ZSTD_PIECE = 4096
_LARGEST_ZSTD_WINDOW = 1 << 31  # of `zstd --long=31`


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
    if compression == "gz":
        return _gzip(file)
    if compression == "zst":
        return _zstd(file)
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


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
        empty = True
        try:
            while block := unpacked.read(_BLOCK):
                empty = False
                yield block
        except EOFError:
            raise DamagedError("the file ends in the middle of its compressed bytes") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DamagedError(f"the compressed bytes are damaged ({error})") from None
        # An empty member is a whole file without lines; no member at all is none.
        if empty and not file.tell():
            raise DamagedError("the file is empty")


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    # Not zstandard's stream_reader: it ends a truncated frame as if it were whole.
    unpack = zstandard.ZstdDecompressor(max_window_size=_LARGEST_ZSTD_WINDOW)
    frame, begun, any_frame = unpack.decompressobj(), False, False
    while block := file.read(_BLOCK):
        for start in range(0, len(block), _ZSTD_PIECE):
            piece = block[start : start + _ZSTD_PIECE]
            while piece:
                begun = any_frame = True
                try:
                    unpacked = frame.decompress(piece)
                except zstandard.ZstdError as error:
                    raise DamagedError(f"the compressed bytes are damaged ({error})") from None
                piece = b""
                if frame.eof:
                    piece, frame, begun = frame.unused_data, unpack.decompressobj(), False
                if unpacked:
                    yield unpacked
    if begun:
        raise DamagedError("the file ends in the middle of its compressed bytes")
    if not any_frame:
        raise DamagedError("the file is empty")
