"""Records in JSON: a line each, or the items of one array."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import orjson

from codemix.data.documents import Bad
from codemix.data.records.formats import Format
from codemix.data.records.lines import LONGEST_LINE, DamagedError, blocks, numbered_lines
from codemix.data.records.storage import open_file
from codemix.errors import UserError

LARGEST_ARRAY = 256 << 20  # unpacked bytes of a file that is one JSON array, which is held in memory whole
EXCERPT = 1000  # characters of a bad record that are kept

Record = dict[str, Any]


def read_json(url: str, name: str, form: Format) -> Iterator[tuple[int, Record] | Bad]:
    """The records of one file: (line, or item of the array, from 1; record), or Bad where there is none.

    A file named .json holds an array if it begins with "[", else lines.

    Raises:
        UserError: the file is damaged, or an array larger than `LARGEST_ARRAY`.
    """
    number = 0
    with open_file(url, sequential=True) as file:
        try:
            unpacked = blocks(file, form.compression)
            if form.name == "json":
                is_array, unpacked = _begins_array(unpacked)
                if is_array:
                    yield from _items(_array(unpacked, url), name)
                    return
            for number, line in numbered_lines(unpacked):
                record = parse_object(line, f"{name}:{number}")
                if isinstance(record, dict):
                    yield number, record
                elif record is not None:
                    yield record
        except DamagedError as problem:
            raise UserError(f"{url}: {problem}, after line {number}; fetch the file again.") from None


def parse_object(line: bytes, where: str) -> Record | Bad | None:
    """The JSON object of a line, None for a blank one, or why it has none."""
    if len(line) > LONGEST_LINE:
        return Bad(where, f"longer than {LONGEST_LINE >> 20} MiB", _excerpt(line))
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        if not line.strip():
            return None
        try:  # what only the standard library takes: lone surrogates, NaN, infinities
            value = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError:
            return Bad(where, "not UTF-8", _excerpt(line))
        except (ValueError, RecursionError):
            return Bad(where, "not JSON", _excerpt(line))
    return value if isinstance(value, dict) else Bad(where, "not a JSON object", _excerpt(line))


def _excerpt(line: bytes) -> str:
    return line[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]


def _begins_array(unpacked: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether the first character is "[", and all the bytes again."""
    looked_at: list[bytes] = []
    for block in unpacked:
        looked_at.append(block)
        beginning = block.removeprefix(b"\xef\xbb\xbf").lstrip()
        if beginning:
            return beginning.startswith(b"["), itertools.chain(looked_at, unpacked)
    return False, iter(looked_at)


def _array(unpacked: Iterator[bytes], url: str) -> list[Any]:
    content = bytearray()
    for block in unpacked:
        content += block
        if len(content) > LARGEST_ARRAY:
            raise UserError(
                f"{url}: it is one JSON array of more than {LARGEST_ARRAY >> 20} MiB, which would have to be in memory "
                "whole; write its items as JSON lines (`jq -c '.[]'`)."
            )
    text = bytes(content).removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise DamagedError(f"the JSON array cannot be read ({error})") from None


def _items(array: list[Any], name: str) -> Iterator[tuple[int, Record] | Bad]:
    for number, item in enumerate(array, 1):
        if isinstance(item, dict):
            yield number, item
        else:
            yield Bad(f"{name}:{number}", "not a JSON object", json.dumps(item)[:EXCERPT])
