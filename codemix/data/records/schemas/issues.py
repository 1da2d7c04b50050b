"""Issues and their comments on GitHub (arXiv 2305.06161 §3.4)."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from codemix.data.documents import Document, digest_identity
from codemix.data.records.records import Part, Unfit, Unreadable
from codemix.data.records.schemas import fields
from codemix.data.records.schemas.commits import Form, check_form

_MARKER = re.compile(r"<issue_(?:start|comment|closed)>")
_USER = re.compile(r"username_\d+")


@dataclasses.dataclass(frozen=True)
class GithubIssues:
    """StarCoderData's issues: `<issue_start>…<issue_comment>…<issue_closed>` in `content` (its folder
    github-issues-filtered-structured).

    Verified: the markers, which are tokens of StarCoder's tokenizer. Not verified: the other columns; a repository and
    a number are taken from `repo` or `repo_name` and from `issue_number` or `issue_id` where they are.

    Attributes:
        form: "tagged" keeps the markers, "plain" has blank lines in their place.
    """

    form: Form = "tagged"

    fields: ClassVar[tuple[str, ...]] = ("content", "repo?", "repo_name?", "issue_number?", "issue_id?")
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_form(self.form, "GithubIssues")

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        content = fields.text(record, "content")
        if not content.lstrip().startswith("<issue_start>"):
            raise Unreadable("'content' does not begin with <issue_start>")
        events = [event.strip() for event in _MARKER.split(content)]
        users = {name for event in events if (name := event.partition(":")[0].strip()) and _USER.fullmatch(name)}
        count = content.count("<issue_start>") + content.count("<issue_comment>")
        text = content if self.form == "tagged" else "\n\n".join(filter(None, events))
        return _issue(text, record, part, count, max(1, len(users)))


@dataclasses.dataclass(frozen=True)
class GithubIssueEvents:
    """Issues as lists of events: repo, issue_number, issue_id, and events of {type, action, author, masked_author,
    title, text} (verified on the dataset card of loubnabnl/preprocessed-issues, StarCoder's input; in
    bigcode/the-stack-github-issues as first scraped, the text of an event is its `comment` or `description`).

    As StarCoder does: events by bots are left out, users have the names username_0, username_1, … in their order, and
    of texts of more than 80 lines the first 60 and the last 20 are kept. Its removal of e-mail signatures is not done.

    Attributes:
        form: "tagged" writes StarCoder's markers, "plain" blank lines.
    """

    form: Form = "tagged"

    fields: ClassVar[tuple[str, ...]] = ("events", "repo?", "issue_number?", "issue_id?")
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_form(self.form, "GithubIssueEvents")

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        found = record.get("events")
        if not isinstance(found, list | tuple) or not found:
            raise Unreadable("'events' is not a list of events")
        events = [fields.mapping(event, "events") for event in found]
        title = next(filter(None, (fields.optional_text(event, "title") for event in events)), "").strip()
        authors = [fields.optional_text(event, "author") or "" for event in events]
        kept = [(author, event) for author, event in zip(authors, events, strict=True) if not _is_bot(author)]
        if not kept:
            raise Unfit("bots")
        names = {author: f"username_{number}" for number, author in enumerate(dict.fromkeys(a for a, _ in kept))}
        pieces = []
        for author, event in kept:
            body = _masked(_shortened(_body(event)), names)
            if body:
                pieces.append(f"{names[author]}: {body}")
        if not pieces:
            raise Unfit("empty")
        closed = any(fields.optional_text(event, "action") == "closed" for _, event in kept)
        text = self._joined(f"Title: {_masked(title, names)}" if title else "", pieces, closed)
        return _issue(text, record, part, len(kept), len(names))

    def _joined(self, title: str, pieces: list[str], closed: bool) -> str:
        if self.form == "plain":
            return "\n\n".join([*filter(None, [title]), *pieces]) + "\n"
        start = "<issue_start>" + "\n".join([*filter(None, [title]), pieces[0]])
        return "<issue_comment>".join([start, *pieces[1:]]) + ("<issue_closed>" if closed else "")


def _issue(text: str, record: Mapping[str, Any], part: Part, events: int, users: int) -> Document:
    repository = fields.optional_text(record, "repo") or fields.optional_text(record, "repo_name")
    numbers = (fields.optional_number(record, field) for field in ("issue_number", "issue_id"))
    number = next((number for number in numbers if number is not None), None)
    identity = digest_identity(text) if not repository or number is None else f"{repository}/issues/{number}"
    facts = fields.provenance(repository=repository, events=events, users=users, file=part.name)
    return Document(identity, text, "en", repository or identity, facts, part.subset)


def _body(event: Mapping[str, Any]) -> str:
    texts = (fields.optional_text(event, field) for field in ("text", "comment", "description"))
    return next(filter(None, texts), "").strip()


def _shortened(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[:60], "[Truncated]", *lines[-20:]]) if len(lines) > 80 else text


def _masked(text: str, names: Mapping[str, str]) -> str:
    for author, name in names.items():
        if author:
            text = text.replace(f"@{author}", f"@{name}")
    return text


# As in bigcode-dataset, preprocessing/utils/utils_issues.py.
_BOTS = {
    *("apache-hbase", "autorestci", "claassistant", "claassistantio", "cmsbuild", "codecov-io"),
    *("codecov-commenter", "coveralls", "danger-public", "dnfclas", "karma-pr-reporter", "msftclas", "probot-stale"),
    *("pydocteur", "sparkqa"),
}
_BOT_PARTS = ("[bot]", "botmanager", "bors-", "jenkins", "k8s-", "-test-", "travis")
_BOT_ENDS = (
    *("-automation", "-automaton", "-benchmark", "-build", "-ci", "-cloud", "-deployer", "-linter"),
    *("-service-account", "-teamcity", "-test", "-testing", "bot"),
)


def _is_bot(author: str) -> bool:
    author = author.lower()
    return author in _BOTS or author.endswith(_BOT_ENDS) or any(part in author for part in _BOT_PARTS)
