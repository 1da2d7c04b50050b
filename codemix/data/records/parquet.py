"""Records in Parquet files: their row groups are spread over workers, their needed columns read in bounded memory."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from codemix.data.documents import Bad
from codemix.data.records.storage import is_local, open_file
from codemix.errors import UserError

PART_BYTES = 128 << 20  # unpacked, of the row groups that one worker reads at a time
_BATCH_BYTES = 8 << 20  # unpacked, of the rows that are in memory at a time: an estimate by the row group's mean

# What pyarrow raises for a damaged file; ValueError and OverflowError for names and numbers in its footer.
_DAMAGED = (pa.ArrowException, OSError, ValueError, OverflowError)

Record = dict[str, Any]


def row_group_parts(url: str) -> list[tuple[int, int]]:
    """Consecutive row groups, [first, last) each, of about `PART_BYTES`, or one where a row group alone has more.

    Raises UserError if the file is no Parquet file.
    """
    with open_file(url, sequential=False) as file:
        metadata = _opened(file, url).metadata
        sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    parts, first, size = [], 0, 0
    for group, more in enumerate(sizes):
        if group > first and size + more > PART_BYTES:
            parts.append((first, group))
            first, size = group, 0
        size += more
    return [*parts, (first, len(sizes))]


def read_parquet(
    url: str, name: str, row_groups: tuple[int, int] | None, fields: Sequence[str]
) -> Iterator[tuple[int, Record] | Bad]:
    """(row of the file from 1, record) of the row groups [first, last), by default of all.

    Args:
        url: of the file.
        name: what it is called in the `where` of Bad.
        row_groups: of `row_group_parts`.
        fields: the columns that are read; those ending in "?" only where the file has them.

    Raises:
        UserError: the file is damaged, or lacks a column.
    """
    with open_file(url, sequential=False) as file:
        parquet = _opened(file, url)
        row = 0
        try:
            columns = _columns(parquet.schema_arrow.names, fields, url)
            metadata = parquet.metadata
            first, last = row_groups or (0, metadata.num_row_groups)
            row = sum(metadata.row_group(group).num_rows for group in range(first))
            for group in range(first, last):
                end = row + metadata.row_group(group).num_rows
                rows = _batch_rows(metadata.row_group(group))
                # A row group at a time: what is read ahead of a remote file is then one row group's columns.
                for batch in parquet.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False):
                    for found in _records(batch, row, name):
                        row += 1
                        yield found
                if row != end:  # pages that tell fewer rows end without an error
                    raise ValueError(f"its footer tells of {end} rows")
        except _DAMAGED as error:
            raise UserError(f"{url}: damaged after row {row} ({_brief(error)}); fetch the file again.") from None


def _opened(file: BinaryIO, url: str) -> pq.ParquetFile:
    try:
        parquet = pq.ParquetFile(file, pre_buffer=not is_local(url), page_checksum_verification=True)
        metadata = parquet.metadata
        rows = sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
        if rows != metadata.num_rows:
            raise ValueError(f"its footer tells of {metadata.num_rows} rows and of {rows}")
        return parquet
    except _DAMAGED as error:
        raise UserError(f"{url}: this is no whole Parquet file ({_brief(error)}); fetch the file again.") from None


def _columns(present: Sequence[str], fields: Sequence[str], url: str) -> list[str]:
    for field in fields:
        if not field.endswith("?") and field not in present:
            raise UserError(
                f"{url}: the file has no column '{field}' (it has {', '.join(present)}); "
                "give the schema of such files in Records.schema."
            )
    return [field.removesuffix("?") for field in fields if field.removesuffix("?") in present]


def _batch_rows(group: pq.RowGroupMetaData) -> int:
    # By the size of all columns: asking a damaged footer for one column's aborts the process (pyarrow 25).
    return max(1, min(group.num_rows, group.num_rows * _BATCH_BYTES // max(group.total_byte_size, 1)))


def _records(batch: pa.RecordBatch, row: int, name: str) -> Iterator[tuple[int, Record] | Bad]:
    """The records of a batch whose first row follows row number `row`."""
    names = batch.schema.names
    try:
        columns = [_values(column) for column in batch.columns]
    except (ValueError, OverflowError) as error:
        if batch.num_rows > 1:  # one by one, to find the row that cannot be read
            for offset in range(batch.num_rows):
                yield from _records(batch.slice(offset, 1), row + offset, name)
        else:
            yield Bad(f"{name}:{row + 1}", f"a value cannot be read ({_brief(error)})", "")
        return
    if not columns:  # all that was asked for is optional and absent
        yield from ((number, {}) for number in range(row + 1, row + 1 + batch.num_rows))
    for number, values in enumerate(zip(*columns, strict=True), row + 1):
        yield number, dict(zip(names, values, strict=True))


def _values(column: pa.Array) -> list[Any]:
    """Python values, None for null; bytes, which older writers store texts as, become str."""
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        column = pc.cast(column, pa.large_string())
    return column.to_pylist()


def _brief(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
