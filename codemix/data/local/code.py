"""Source files without their docstrings, which belong to the text."""

import dataclasses
from typing import ClassVar

from codemix.data.local.environment import LocalFile
from codemix.data.local.python_source import decode_python, without_docstrings
from codemix.data.local.reader import LocalReader


@dataclasses.dataclass(frozen=True)
class LocalCode(LocalReader):
    """Python source files; docstrings removed, comments kept."""

    suffixes: ClassVar[dict[str, str]] = {".py": "python"}
    version: ClassVar[int] = 1

    def text(self, file: LocalFile, content: bytes) -> tuple[str, str]:
        text = without_docstrings(decode_python(content)).strip("\n")
        if not text:
            raise ValueError("empty")
        return text + "\n", self.suffixes[file.suffix]
