"""Commits: a file before, the message, the file after (arXiv 2305.06161 §3.5; CommitPack, arXiv 2308.07124)."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from codemix.data.documents import Document, digest_identity
from codemix.data.records.records import Part, Unfit, Unreadable
from codemix.data.records.schemas import fields
from codemix.data.records.schemas.code import source_file
from codemix.data.records.schemas.languages import language_named, language_of_path
from codemix.errors import UserError

Form = Literal["tagged", "plain"]


@dataclasses.dataclass(frozen=True)
class GitCommits:
    """StarCoderData's commits: commit, repos, old_file, new_file and, in `content`,
    `<commit_before>…<commit_msg>…<commit_after>…` (its folder git-commits-cleaned).

    Attributes:
        form: "tagged" keeps the three markers, "plain" has blank lines in their place.
    """

    form: Form = "tagged"

    fields: ClassVar[tuple[str, ...]] = ("content", "commit?", "repos", "old_file?", "new_file?")
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_form(self.form, "GitCommits")

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        start, before_mark, rest = fields.text(record, "content").partition("<commit_before>")
        before, message_mark, rest = rest.partition("<commit_msg>")
        message, after_mark, after = rest.partition("<commit_after>")
        if start.strip() or not (before_mark and message_mark and after_mark):
            raise Unreadable("'content' is not <commit_before>…<commit_msg>…<commit_after>…")
        return _commit(record, part, self.form, (before, message, after), None)


@dataclasses.dataclass(frozen=True)
class CommitPackFT:
    """CommitPackFT's rows: commit, old_file, new_file, old_contents, new_contents, subject, message, lang, license,
    repos (bigcode/commitpackft). The text is that of `GitCommits`, whose message is
    the subject.

    Attributes:
        form: "tagged" puts StarCoder's three markers between the parts, "plain" blank lines.
    """

    form: Form = "tagged"

    fields: ClassVar[tuple[str, ...]] = (
        *("old_contents", "new_contents", "repos", "lang", "message?", "subject?"),
        *("commit?", "old_file?", "new_file?", "license?"),
    )
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_form(self.form, "CommitPackFT")

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        contents = [fields.optional_text(record, field) for field in ("old_contents", "new_contents")]
        if None in contents:
            raise Unreadable("'old_contents' or 'new_contents' is missing or null")
        before, after = (content or "" for content in contents)
        message = fields.optional_text(record, "subject") or fields.optional_text(record, "message") or ""
        language = language_named(fields.name(record, "lang"))
        return _commit(record, part, self.form, (before, message, after), language)


def check_form(form: str, owner: str) -> None:
    """Raises UserError for a form that is neither "tagged" nor "plain"."""
    if form not in ("tagged", "plain"):
        raise UserError(f"{owner}.form is {form!r}; give 'tagged' or 'plain'.")


def _commit(
    record: Mapping[str, Any], part: Part, form: Form, parts: tuple[str, str, str], language: str | None
) -> Document:
    before, message, after = parts[0], parts[1].strip(), parts[2]
    if not (before.strip() or after.strip()):
        raise Unfit("empty")
    if form == "tagged":
        text = f"<commit_before>{before}<commit_msg>{message}<commit_after>{after}"
    else:
        text = "\n\n".join(piece for piece in (before.strip("\n"), message, after.strip("\n")) if piece) + "\n"
    # A commit that several repositories have names them all; the first stands for them.
    repository = fields.name(record, "repos").partition(",")[0].strip()
    path = fields.optional_text(record, "new_file") or fields.optional_text(record, "old_file")
    if not path:
        raise Unreadable("'new_file' and 'old_file' are missing")
    facts = {
        "commit": fields.optional_text(record, "commit"),
        "licence": fields.optional_text(record, "license"),
    }
    file = source_file(text, repository, path, language or language_of_path(path), part, **facts)
    # A file has many commits, and all are held out with it.
    return dataclasses.replace(file, id=f"{file.id}@{facts['commit'] or digest_identity(text)}", held_out_with=file.id)
