"""Records in ArrayRecord files: each one a JSON object."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codemix.data.documents import Bad
from codemix.data.records.json_files import parse_object
from codemix.data.records.storage import file_system, is_local, open_file
from codemix.errors import UserError

_OPTIONS = "readahead_buffer_size:1M,max_parallelism:1"  # a worker has one core


def read_array_records(url: str, name: str) -> Iterator[tuple[int, dict[str, Any]] | Bad]:
    """(number from 1, record), or Bad where there is none.

    The library reads local files only: a remote one is copied to a temporary file first.
    Raises UserError if the file is damaged.
    """
    from array_record.python.array_record_module import ArrayRecordReader  # type: ignore[import-untyped]

    number = 0
    with _local_copy(url) as path:
        reader = ArrayRecordReader(str(path), _OPTIONS)
        try:
            if not reader.ok():
                raise UserError(f"{url}: this is no whole ArrayRecord file; fetch the file again.")
            for number in range(1, reader.num_records() + 1):
                where = f"{name}:{number}"
                record = parse_object(reader.read(), where)
                if record is None:
                    yield Bad(where, "blank", "")
                else:
                    yield record if isinstance(record, Bad) else (number, record)
        except (RuntimeError, ValueError, IndexError) as error:
            raise UserError(
                f"{url}: damaged after record {max(0, number - 1)} ({error}); fetch the file again."
            ) from None
        finally:
            with contextlib.suppress(RuntimeError):  # for a damaged file once more
                reader.close()


@contextlib.contextmanager
def _local_copy(url: str) -> Iterator[Path]:
    if is_local(url):
        yield Path(file_system(url)[1])
        return
    with tempfile.NamedTemporaryFile(suffix=".array_record") as copy:
        with open_file(url, sequential=True) as remote:
            shutil.copyfileobj(remote, copy, 8 << 20)
        copy.flush()
        yield Path(copy.name)
