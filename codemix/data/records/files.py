"""Files as an origin: local or remote, JSON lines, JSON, Parquet or ArrayRecord."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from codemix.data.documents import Bad
from codemix.data.records.array_records import read_array_records
from codemix.data.records.formats import file_format
from codemix.data.records.json_files import read_json
from codemix.data.records.locations import SUBSET, Location, matching_files
from codemix.data.records.parquet import read_parquet, row_group_parts
from codemix.data.records.storage import is_local, open_file
from codemix.errors import UserError
from codemix.store.digests import file_digests
from codemix.store.fingerprint import fingerprint

_CUT_BYTES = 32 << 20  # packed: a smaller Parquet file is one part, without a look at its footer
_LOOKED_AT_TOGETHER = 16  # files


@dataclasses.dataclass(frozen=True)
class FilePart:
    """A file, or some row groups of a Parquet file.

    Attributes:
        name: of the file: its path from the pattern's last folder without a wildcard on.
        subset: the subset whose pattern matched it, or "".
        url: what opens it.
        row_groups: [first, last); None for the whole file.
    """

    name: str
    subset: str
    url: str
    row_groups: tuple[int, int] | None = None


@dataclasses.dataclass(frozen=True)
class Files:
    """Records in files: JSON lines (.jsonl, .json; also .gz and .zst), one JSON array (.json), .parquet, .array_record.

    Attributes:
        patterns: paths, globs (`**` for folders of any depth) or URLs of any protocol of fsspec: `s3://`, `gs://`,
            `hf://datasets/ID@REVISION/…`, `https://`. `$VARIABLE` and `~` are expanded; `{subset}` stands for each of
            `Records.subsets`.

    In `fields` a name that ends in "?" is optional: a Parquet file may lack its column.
    """

    patterns: tuple[str, ...]

    def __post_init__(self) -> None:
        if isinstance(self.patterns, str):
            raise UserError(f"Files.patterns is {self.patterns!r}; give a list of patterns.")
        object.__setattr__(self, "patterns", tuple(self.patterns))
        if not all(self.patterns) or not self.patterns:
            raise UserError("Files.patterns has no pattern or an empty one; give at least one path, glob or URL.")
        if len({SUBSET in pattern for pattern in self.patterns}) > 1:
            raise UserError(f"Files.patterns: some have a {SUBSET} and some have none; put it into all or none.")

    @property
    def names_subsets(self) -> bool:
        return SUBSET in self.patterns[0]

    def fingerprint(self, subsets: Sequence[str]) -> str:
        """The key of the files' names and contents: wherever a local folder lies, it is the same.

        A local file's content is its digest (`codemix.store.digests`), a remote one's what its storage calls it by: the
        hub's SHA-256 or blob, an ETag, GCS's MD5. The same file in two storages therefore has two keys.
        """
        files = self._files(subsets)
        digests = iter(file_digests([Path(file.url) for file in files if is_local(file.url)]))
        contents = [next(digests) if is_local(file.url) else file.identity for file in files]
        return fingerprint([[file.name, content] for file, content in zip(files, contents, strict=True)])

    def parts(self, subsets: Sequence[str]) -> Sequence[FilePart]:
        """A part for each file, subset by subset and sorted by name; large Parquet files are cut by row groups."""
        with ThreadPoolExecutor(_LOOKED_AT_TOGETHER) as threads:
            cut = list(threads.map(_parts, self._files(subsets)))
        return [part for parts in cut for part in parts]

    def records(self, part: FilePart, fields: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]] | Bad]:
        form = file_format(part.name)
        if form.name == "parquet":
            return read_parquet(part.url, part.name, part.row_groups, fields)
        if form.name == "array_record":
            return read_array_records(part.url, part.name)
        return read_json(part.url, part.name, form)

    def _files(self, subsets: Sequence[str]) -> list[Location]:
        files = matching_files(self.patterns, subsets if self.names_subsets else ())
        for file in files:
            file_format(file.name)
        remote = next((file for file in files if not is_local(file.url)), None)
        if remote:  # a storage may let its files be listed and not be read: told now, not after hours
            with open_file(remote.url, sequential=False) as content:
                content.read(1)
        return files


def _parts(file: Location) -> list[FilePart]:
    if file_format(file.name).name != "parquet" or (file.size is not None and file.size < _CUT_BYTES):
        return [FilePart(file.name, file.subset, file.url)]
    return [FilePart(file.name, file.subset, file.url, groups) for groups in row_group_parts(file.url)]
