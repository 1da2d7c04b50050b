"""Files of code: StarCoderData and The Stack. A file is one document; its identity is repository and path."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from codemix.data.documents import Document
from codemix.data.records.records import Part, Unfit
from codemix.data.records.schemas import fields
from codemix.data.records.schemas.languages import language_named, language_of_path
from codemix.errors import UserError

# StarCoder writes each of the tags with a probability of its own (arXiv 2305.06161 §5.1), so any may be missing.
_METADATA = re.compile(
    r"(?=<reponame>|<filename>|<gh_stars>)"
    r"(?:<reponame>[^<\n]*)?(?:<filename>[^<\n]*)?(?:<gh_stars>(?P<stars>[^<\n]*))?\n"
)


@dataclasses.dataclass(frozen=True)
class StarCoder:
    """StarCoderData's rows: max_stars_repo_path, max_stars_repo_name, max_stars_count, id, content
    (bigcode/starcoderdata, a folder for each language).

    The language is the folder's; where the origin does not tell folders apart, that of the extension.

    Attributes:
        metadata: what becomes of the line `<reponame>…<filename>…<gh_stars>…` that half of the files begin with:
            "strip" leaves it out, "keep" has the model read it, as StarCoder did.
    """

    metadata: Literal["strip", "keep"] = "strip"

    fields: ClassVar[tuple[str, ...]] = ("content", "max_stars_repo_path", "max_stars_repo_name", "max_stars_count?")
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.metadata not in ("strip", "keep"):
            raise UserError(f"StarCoder.metadata is {self.metadata!r}; give 'strip' or 'keep'.")

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        text = fields.text(record, "content")
        repository = fields.name(record, "max_stars_repo_name")
        path = fields.name(record, "max_stars_repo_path")
        stars: float | str | None = fields.optional_number(record, "max_stars_count")
        if line := _METADATA.match(text):
            stars = line["stars"] if stars is None else stars
            if self.metadata == "strip":
                text = text[line.end() :]
                if not text or text.isspace():
                    raise Unfit("empty")
        language = language_named(part.subset) if part.subset else language_of_path(path)
        return source_file(text, repository, path, language, part, stars=stars)


@dataclasses.dataclass(frozen=True)
class TheStack:
    """The Stack's rows, v1 and its dedup: content, lang, ext, and of the most starred repository that has the file
    max_stars_repo_name, max_stars_repo_path, max_stars_repo_licenses, max_stars_count (bigcode/the-stack-dedup).

    The language is `lang`, under StarCoderData's name for it.
    """

    fields: ClassVar[tuple[str, ...]] = (
        *("content", "lang", "max_stars_repo_name", "max_stars_repo_path"),
        *("max_stars_repo_licenses?", "max_stars_count?", "max_stars_repo_head_hexsha?"),
    )
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        return source_file(
            fields.text(record, "content"),
            fields.name(record, "max_stars_repo_name"),
            fields.name(record, "max_stars_repo_path"),
            language_named(fields.name(record, "lang")),
            part,
            stars=fields.optional_number(record, "max_stars_count"),
            licence=_licences(record),
            commit=fields.optional_text(record, "max_stars_repo_head_hexsha"),
        )


def _licences(record: Mapping[str, Any]) -> str | None:
    if record.get("max_stars_repo_licenses") is None:
        return None
    return ", ".join(fields.texts(record, "max_stars_repo_licenses"))


def source_file(
    text: str, repository: str, path: str, language: str, part: Part, **facts: str | float | None
) -> Document:
    """The document of a repository's file, in whichever form its text is: all forms are held out together. Its subset
    is the origin's, or else its language."""
    known = fields.provenance(repository=repository, path=path, file=part.name, **facts)
    return Document(f"{repository}/{path}", text, language, repository, known, part.subset or language)
