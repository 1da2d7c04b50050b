"""JSON lines and arrays: nothing is lost silently, whatever the bytes are."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codemix.data.documents import Bad
from codemix.data.records.files import Files
from codemix.errors import UserError


def zstd(content: bytes) -> bytes:
    """A frame whose size is not told, as `zstd < file` makes it."""
    packed = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(packed, closefd=False) as stream:
        stream.write(content)
    return packed.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}
packed = pytest.mark.parametrize("ending", PACKERS)


def read(path: Path, fields: tuple[str, ...] = ()) -> list[Any]:
    files = Files((str(path),))
    return [found for part in files.parts(()) for found in files.records(part, fields)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json")


# Everything that Python's json writes: also NaN, infinities and lone surrogates, and integers beyond 64 bits but those,
# which orjson reads as floats.
characters = st.characters() | st.sampled_from("\0\u2028\u0085\ud800\udc00\r\n\x0b\x1c\ufeff")
texts = st.text(characters)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(texts, values, max_size=4)


@packed
@settings(max_examples=40)
@given(records=st.lists(objects), ascii_only=st.booleans(), end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_any_json_objects_come_back(
    folder: Path, ending: str, records: list[dict[str, Any]], ascii_only: bool, end: str, last: bool
) -> None:
    lines = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    if not ascii_only:  # UTF-8 has no lone surrogates: they are written as escapes
        lines = [line.encode("utf-8", "backslashreplace").decode() for line in lines]
    content = end.join(lines) + (end if last else "")
    path = folder / f"any.jsonl{ending}"
    path.write_bytes(PACKERS[ending](content.encode()))
    found = read(path)
    assert [number for number, _ in found] == list(range(1, len(records) + 1))
    assert json.dumps([record for _, record in found]) == json.dumps(records)  # NaN is not equal to itself


@settings(max_examples=150)
@given(
    content=st.binary(max_size=400)
    | st.lists(st.sampled_from([b"{", b"}", b'"a":', b"1", b"\n", b"\xff", b"["])).map(b"".join)
)
@example(b'\xef\xbb\xbf{}\r\n\n  \n[1]\n1\n{"a":"\xff"}\n{')
@example(b"[" * 100_000)
@example(b'{"a":' * 5_000 + b"1" + b"}" * 5_000)
@example(b'{"a":' + b"9" * 5_000 + b"}")
def test_every_line_of_arbitrary_bytes_is_a_record_or_bad(folder: Path, content: bytes) -> None:
    path = folder / "arbitrary.jsonl"
    path.write_bytes(content)
    found = read(path)
    for each in found:
        assert isinstance(each, Bad) or isinstance(each[1], dict)
    numbers = [int(each.where.rpartition(":")[2]) if isinstance(each, Bad) else each[0] for each in found]
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    assert numbers == [number for number, line in enumerate(lines, 1) if line.strip()]


@settings(max_examples=150)
@given(
    content=st.binary(max_size=200),
    ending=st.sampled_from([".jsonl.gz", ".jsonl.zst", ".json", ".json.gz", ".arrayrecord"]),
)
def test_arbitrary_bytes_under_any_name_are_an_error_or_records(folder: Path, content: bytes, ending: str) -> None:
    path = folder / f"arbitrary{ending}"
    path.write_bytes(content)
    with contextlib.suppress(UserError):
        assert all(isinstance(each, Bad | tuple) for each in read(path))


def test_what_is_wrong_with_a_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    lines = [b'\xef\xbb\xbf{"text": "first"}', b"", b"not json", b"[1, 2]", b'{"text": "\xff"}', b'{"text": null}\r']
    path.write_bytes(b"\n".join(lines))
    name = f"{tmp_path.name}/lines.jsonl"
    assert read(path) == [
        (1, {"text": "first"}),
        Bad(f"{name}:3", "not JSON", "not json"),
        Bad(f"{name}:4", "not a JSON object", "[1, 2]"),
        Bad(f"{name}:5", "not UTF-8", '{"text": "\ufffd"}'),
        (6, {"text": None}),
    ]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_truncated_file_is_told_with_its_last_line(folder: Path, ending: str, data: st.DataObject) -> None:
    lines = [
        b'{"text": "%d %s"}\n' % (number, hashlib.sha256(b"%d" % number).hexdigest().encode()) for number in range(300)
    ]
    members = [PACKERS[ending](b"".join(lines[:150])), PACKERS[ending](b"".join(lines[150:]))]
    content = b"".join(members)
    cut = data.draw(st.integers(1, len(content) - 1).filter(lambda cut: cut != len(members[0])))
    path = folder / f"truncated.jsonl{ending}"
    path.write_bytes(content[:cut])
    files = Files((str(path),))
    found: list[Any] = []
    with pytest.raises(UserError, match=r"truncated\.jsonl.* after line (\d+); fetch the file again") as caught:
        found.extend(files.records(files.parts(())[0], ()))
    assert [json.dumps(record).encode() + b"\n" for _, record in found] == lines[: len(found)]
    assert f"after line {len(found)};" in str(caught.value)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_several_members_are_one_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"members.jsonl{ending}"
    pack = PACKERS[ending]
    path.write_bytes(pack(b'{"a": 1}\n{"a"') + pack(b"") + pack(b': 2}\n{"a": 3}'))
    assert read(path) == [(1, {"a": 1}), (2, {"a": 2}), (3, {"a": 3})]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_garbage_behind_the_last_member_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"garbage.jsonl{ending}"
    path.write_bytes(PACKERS[ending](b'{"a": 1}\n') + b"garbage")
    with pytest.raises(UserError, match="after line 1; fetch the file again"):
        read(path)


def test_an_empty_file_has_no_records_an_empty_packed_one_is_an_error(tmp_path: Path) -> None:
    for ending in PACKERS:
        path = tmp_path / f"empty.jsonl{ending}"
        path.write_bytes(PACKERS[ending](b""))
        assert read(path) == []
        path.write_bytes(b"")
        if ending:
            with pytest.raises(UserError, match="the file is empty"):
                read(path)


@packed
def test_a_json_file_holds_an_array_or_lines(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"items.json{ending}"
    path.write_bytes(PACKERS[ending](b'\n [{"a": "\\ud800"}, 5,\n {"a": NaN}]\n'))
    first, second, third = read(path)
    assert first == (1, {"a": "\ud800"})
    assert second == Bad(f"{tmp_path.name}/items.json{ending}:2", "not a JSON object", "5")
    assert third[0] == 3
    path.write_bytes(PACKERS[ending](b'{"a": 1}\n{"a": 2}\n'))
    assert read(path) == [(1, {"a": 1}), (2, {"a": 2})]
    path.write_bytes(PACKERS[ending](b'[{"a": 1}, {"a"'))
    with pytest.raises(UserError, match="the JSON array cannot be read"):
        read(path)


def peak_memory(path: Path) -> int:
    """Bytes that a process needs at most beyond those of its imports, to read a file."""
    script = (
        "import resource, sys; from codemix.data.records.files import Files; import orjson, zstandard\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "files = Files((sys.argv[1],)); parts = files.parts(()); before = peak()\n"
        "for part in parts:\n"
        "    for found in files.records(part, ('text',)): del found\n"
        "print((peak() - before) * 1024)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@packed
def test_a_long_line_takes_a_few_times_its_length(tmp_path: Path, ending: str) -> None:
    text = os.urandom(25_000_000).hex()
    path = tmp_path / f"long.jsonl{ending}"
    pack = (lambda content: gzip.compress(content, 1)) if ending == ".gz" else PACKERS[ending]
    path.write_bytes(pack(json.dumps({"text": text}).encode() + b'\n{"text": "short"}\n'))
    assert [len(record["text"]) for _, record in read(path)] == [50_000_000, 5]
    assert peak_memory(path) < 4.5 * 50_000_000


def test_many_lines_take_no_more_than_one(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl.zst"
    path.write_bytes(zstd(b'{"text": "%s"}\n' % (b"abcdefg " * 500) * 50_000))  # 200 MB
    assert peak_memory(path) < 40_000_000
