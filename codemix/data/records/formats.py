"""The kinds of file that records lie in, told by their names."""

import dataclasses

from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class Format:
    """How a file holds records.

    Attributes:
        name: "json lines", "json" (lines, or one array), "parquet" or "array_record".
        compression: "", "gz" or "zst".
    """

    name: str
    compression: str = ""


_TEXT = {".jsonl": "json lines", ".json-lines": "json lines", ".json_lines": "json lines", ".json": "json"}
_FORMATS = {
    **{suffix: Format(name) for suffix, name in _TEXT.items()},
    **{f"{suffix}.{end}": Format(name, end) for suffix, name in _TEXT.items() for end in ("gz", "zst")},
    ".parquet": Format("parquet"),
    ".array_record": Format("array_record"),
    ".arrayrecord": Format("array_record"),
}


def file_format(name: str) -> Format:
    """The format of a file, from its name.

    TFDS numbers the files of a split behind their suffix ("x.array_record-00000-of-00004").
    Raises UserError for a suffix that is not known.
    """
    plain = name.rsplit("/", 1)[-1].lower()
    head, separator, number = plain.rpartition(".array_record-")
    if separator and number.replace("-of-", "").isdigit():
        plain = f"{head}.array_record"
    for suffix, found in _FORMATS.items():
        if plain.endswith(suffix):
            return found
    known = ", ".join(_FORMATS)
    raise UserError(f"Files.patterns: {name} is of no known kind; give files whose names end in one of {known}.")
