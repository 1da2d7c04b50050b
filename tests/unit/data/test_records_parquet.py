"""Parquet files: the columns that are needed, in parts, whatever is in them."""

import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemix.data.documents import Bad
from codemix.data.records import files as files_module
from codemix.data.records import parquet
from codemix.data.records.files import FilePart, Files
from codemix.errors import UserError


def read(path: Path, *fields: str) -> list[Any]:
    files = Files((str(path),))
    parts = pickle.loads(pickle.dumps(files.parts(())))
    return [found for part in parts for found in files.records(part, fields)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parquet")


rows = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "stars": st.none() | st.integers(-(2**63), 2**63 - 1),
        "meta": st.none() | st.fixed_dictionaries({"name": st.none() | st.text("a\0\u2028")}),
        "tags": st.none() | st.lists(st.none() | st.sampled_from(["a", "b"]), max_size=3),
    }
)
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("stars", pa.int64()),
        ("meta", pa.struct([("name", pa.string())])),
        ("tags", pa.list_(pa.string())),
    ]
)


@settings(max_examples=60, deadline=None)
@given(table=st.lists(rows, max_size=30), group=st.integers(1, 7), batch=st.integers(1, 300), data=st.data())
def test_any_rows_come_back_in_any_parts(
    folder: Path, table: list[dict[str, Any]], group: int, batch: int, data: st.DataObject
) -> None:
    path = folder / "any.parquet"
    pq.write_table(pa.Table.from_pylist(table, SCHEMA), path, row_group_size=group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files_module, "_CUT_BYTES", 0)
        patch.setattr(parquet, "PART_BYTES", data.draw(st.integers(1, 5000)))
        patch.setattr(parquet, "_BATCH_BYTES", batch)
        assert read(path, *SCHEMA.names) == list(enumerate(table, 1))
        assert read(path, "text") == [(number, {"text": row["text"]}) for number, row in enumerate(table, 1)]


def test_row_groups_are_spread_over_parts_of_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.parquet"
    table = pa.table({"text": [f"{number:01000d}" for number in range(100)]})
    pq.write_table(table, path, row_group_size=10, use_dictionary=False, write_statistics=False)
    monkeypatch.setattr(files_module, "_CUT_BYTES", 0)
    monkeypatch.setattr(parquet, "PART_BYTES", 35_000)
    parts = Files((str(path),)).parts(())
    assert [part.row_groups for part in parts] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert {part.name for part in parts} == {f"{tmp_path.name}/big.parquet"}
    assert [number for number, _ in Files((str(path),)).records(parts[1], ("text",))] == list(range(31, 61))


def test_a_column_that_is_missing_is_told_and_an_optional_one_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"content": ["a", "b"], "stars": [1, None]}), path)
    assert read(path, "content", "stars?", "licence?") == [
        (1, {"content": "a", "stars": 1}),
        (2, {"content": "b", "stars": None}),
    ]
    assert read(path, "licence?") == [(1, {}), (2, {})]
    with pytest.raises(UserError, match=r"x\.parquet.* no column 'text' \(it has content, stars\).*Records\.schema"):
        read(path, "text")


def test_mixed_columns_under_one_glob(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "meta": ['{"a": 1}']}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"meta": [{"a": 1}], "text": pa.array(["b"], pa.large_string())}), tmp_path / "2.parquet")
    (tmp_path / "3.jsonl").write_text('{"text": "c"}\n')
    assert read(tmp_path / "*", "text", "meta") == [
        (1, {"text": "a", "meta": '{"a": 1}'}),
        (1, {"text": "b", "meta": {"a": 1}}),
        (1, {"text": "c"}),
    ]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.string()])
def test_bytes_are_texts_and_those_that_are_none_are_bad(tmp_path: Path, kind: pa.DataType) -> None:
    contents = [b"first", None, b"\xff", "é\0".encode()]
    offsets = pa.array(contents, pa.large_binary() if kind == pa.large_binary() else pa.binary())
    column = offsets.view(kind) if kind == pa.string() else offsets
    pq.write_table(pa.table({"text": column}), tmp_path / "b.parquet")
    first, second, third, fourth = read(tmp_path / "b.parquet", "text")
    assert [first, second, fourth] == [(1, {"text": "first"}), (2, {"text": None}), (4, {"text": "é\0"})]
    assert isinstance(third, Bad)
    assert third.where == f"{tmp_path.name}/b.parquet:3"


TEXTS = [f"{number} " * 50 for number in range(200)]


@pytest.fixture(scope="module")
def whole(folder: Path) -> bytes:
    path = folder / "whole.parquet"
    pq.write_table(pa.table({"text": TEXTS}), path, row_group_size=50, write_page_checksum=True, compression="zstd")
    return path.read_bytes()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_an_error_or_gives_every_row(folder: Path, whole: bytes, data: st.DataObject) -> None:
    """A changed byte may be one that nobody reads; it never loses or alters a row silently."""
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    at = data.draw(st.integers(0, footer - 1) | st.integers(footer, len(whole) - 1))
    path = folder / "damaged.parquet"
    path.write_bytes(whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :])
    found: list[Any] = []
    told = ""
    try:
        found.extend(Files((str(path),)).records(FilePart("damaged.parquet", "", str(path)), ("text",)))
    except UserError as error:
        told = str(error)
    assert found == [(number, {"text": text}) for number, text in enumerate(TEXTS[: len(found)], 1)]
    assert str(path) in told or len(found) == len(TEXTS)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_truncated_file_is_an_error(folder: Path, whole: bytes, data: st.DataObject) -> None:
    path = folder / "truncated.parquet"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(UserError, match="no whole Parquet file"):
        read(path, "text")


@settings(max_examples=50)
@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_are_no_parquet_file(folder: Path, content: bytes) -> None:
    path = folder / "arbitrary.parquet"
    path.write_bytes(content)
    with pytest.raises(UserError, match="no whole Parquet file"):
        read(path, "text")


def test_real_shards_come_as_pyarrow_reads_them(samples: Path) -> None:
    pattern = samples / "pretrain/starcoderdata/{subset}/*.parquet"
    files = Files((str(pattern),))
    for part in files.parts(("python", "git-commits-cleaned")):
        expected = pq.read_table(part.url, columns=["content"])["content"].to_pylist()
        assert [record["content"] for _, record in files.records(part, ("content",))] == expected
        assert part.name == f"starcoderdata/{part.subset}/train-00000-of-00001.parquet"
