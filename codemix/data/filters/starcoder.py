"""StarCoder's filters of code (arXiv 2305.06161 §3 and github.com/bigcode-project/bigcode-dataset, preprocessing/).

Its filter of line lengths, at most 1,000 characters and 100 on average, is `LineLength` with its defaults. The limits
depend on the file's language there; here `OnlyFor` and `ExceptFor` say so (`gin/corpora/literature.gin`).
"""

import dataclasses
import re
from typing import ClassVar

from codemix.data.documents import Document
from codemix.data.filters.visible_text import visible_text

_ASCII_NOT_ALPHANUMERIC = bytes(code for code in range(128) if not chr(code).isalnum())
_ASCII_NOT_ALPHABETIC = bytes(code for code in range(128) if not chr(code).isalpha())
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


@dataclasses.dataclass(frozen=True)
class AlphanumericShare:
    """Drops texts of which fewer than `minimum` of the characters are letters or digits."""

    reason: ClassVar[str] = "alphanumeric share"
    minimum: float = 0.25

    def keeps(self, document: Document) -> bool:
        text = document.text
        found = len(text.encode("ascii", "ignore").translate(None, _ASCII_NOT_ALPHANUMERIC))
        if not text.isascii():
            found += sum(map(str.isalnum, "".join(_BEYOND_ASCII.findall(text))))
        return found >= self.minimum * len(text)


@dataclasses.dataclass(frozen=True)
class AlphabeticShare:
    """Drops texts of which fewer than `minimum` of the characters are letters; 0.5 for JSON and YAML."""

    reason: ClassVar[str] = "alphabetic share"
    minimum: float = 0.5

    def keeps(self, document: Document) -> bool:
        text = document.text
        found = len(text.encode("ascii", "ignore").translate(None, _ASCII_NOT_ALPHABETIC))
        if not text.isascii():
            found += sum(map(str.isalpha, "".join(_BEYOND_ASCII.findall(text))))
        return found >= self.minimum * len(text)


@dataclasses.dataclass(frozen=True)
class NoXml:
    """Drops files with an XML declaration in their first `characters` characters."""

    reason: ClassVar[str] = "XML"
    characters: int = 100

    def keeps(self, document: Document) -> bool:
        return "<?xml version=" not in document.text[: self.characters]


@dataclasses.dataclass(frozen=True)
class VisibleText:
    """Drops HTML of which fewer than `characters` characters, or less than `minimum` of all, would be seen.

    Seen is what is neither a tag, a comment, a script nor a style sheet; white space counts, as in the original.
    """

    reason: ClassVar[str] = "visible text"
    minimum: float = 0.2
    characters: int = 100

    def keeps(self, document: Document) -> bool:
        seen = len(visible_text(document.text))
        return seen >= self.characters and seen >= self.minimum * len(document.text)


@dataclasses.dataclass(frozen=True)
class CharactersBetween:
    """Keeps texts of `minimum` to `maximum` characters; the defaults are those for JSON and YAML."""

    reason: ClassVar[str] = "characters"
    minimum: int = 50
    maximum: int = 5_000

    def keeps(self, document: Document) -> bool:
        return self.minimum <= len(document.text) <= self.maximum
