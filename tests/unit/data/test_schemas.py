"""Schemas: what a record becomes, and what happens to one that is not what its schema says."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemix.data.documents import Document, digest_identity
from codemix.data.records import schemas
from codemix.data.records.records import Unfit, Unreadable
from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a record would be from."""

    name: str = "corpus/file.parquet"
    subset: str = ""


PLACE = Place()
FILE = {"max_stars_repo_path": "src/add.py", "max_stars_repo_name": "ann/sums", "content": "x = 1\n"}
STACK = {**FILE, "lang": "C#", "ext": "cs", "max_stars_repo_licenses": ["MIT", "Zlib"], "max_stars_count": 7}
COMMIT = {"commit": "ab12", "repos": "ann/sums,bob/sums", "old_file": "old.go", "new_file": "new.go"}
TAGGED = {**COMMIT, "content": "<commit_before>a\n<commit_msg>Say b\n<commit_after>b\n"}
PACKED = {
    **COMMIT,
    "old_contents": "a\n",
    "new_contents": "b\n",
    "message": "Say b\n\nAt length.\n",
    "subject": "Say b",
    "lang": "Go",
    "license": "mit",
}
EVENTS = [
    {"type": "issue", "action": "opened", "author": "ann", "title": "It fails", "text": "Since today."},
    {"type": "comment", "action": "created", "author": "dependabot[bot]", "text": "Bump."},
    {"type": "comment", "action": "created", "author": "bob", "text": "Thanks @ann, fixed."},
    {"type": "issue", "action": "closed", "author": "ann", "text": None},
]
ISSUE = {"repo": "ann/sums", "issue_number": 3, "events": EVENTS}

ALL = (
    *(schemas.SlimPajama(), schemas.C4(), schemas.FineWebEdu(3.0), schemas.Dclm(0.1), schemas.RedPajamaArxiv()),
    *(schemas.StarCoder(), schemas.StarCoder("keep"), schemas.TheStack(), schemas.GitCommits(), schemas.CommitPackFT()),
    *(schemas.GithubIssues("plain"), schemas.GithubIssueEvents(), schemas.GithubIssueEvents("plain")),
    *(schemas.Notebooks(), schemas.RawNotebooks(), schemas.RawNotebooks("script")),
    *(schemas.ProblemSolution(tests="tests", identity="id", layout="{problem}{solution}{tests}"),),
    *(schemas.PromptResponse(),),
)


def made(schema: Any, record: dict[str, Any], place: Place = PLACE) -> Document:
    return schema.document(record, place)


def without(record: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != field}


@pytest.mark.parametrize("meta", [{"redpajama_set_name": "RedPajamaC4"}, '{"redpajama_set_name": "RedPajamaC4"}'])
def test_slimpajama_knows_its_subset_also_where_meta_is_a_string(meta: Any) -> None:
    document = made(schemas.SlimPajama(), {"text": "Some words.", "meta": meta})
    assert (document.subset, document.language) == ("C4", "en")
    assert document.id == document.cluster == digest_identity("Some words.")


def test_a_page_belongs_to_its_site() -> None:
    page = {"text": "Some words.", "url": "https://www.Example.org:80/a?b", "timestamp": "2019"}
    assert made(schemas.C4(), page).cluster == "example.org"
    broken = made(schemas.C4(), {**page, "url": "http://[1"})
    assert broken.cluster == broken.id


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (schemas.FineWebEdu(3.0), "score"),
        (schemas.Dclm(3.0), "fasttext_openhermes_reddit_eli5_vs_rw_v2_bigram_200bpc_train_prob"),
    ],
)
def test_pages_below_the_minimum_score_are_dropped(schema: Any, field: str) -> None:
    page = {"text": "Some words.", "url": "https://example.org"}
    assert made(schema, {**page, field: 3.0}).provenance["score"] == "3.0"
    for score in (2.999, None, float("nan")):
        with pytest.raises(Unfit, match=r"^score$"):
            made(schema, {**page, field: score})
    assert made(dataclasses.replace(schema, minimum_score=0.0), page).text == "Some words."


def test_an_arxiv_paper_is_known_by_its_number() -> None:
    record = {"text": "A proof.", "meta": {"arxiv_id": "1234.5678", "language": "en", "url": "https://arxiv.org/abs/1"}}
    assert made(schemas.RedPajamaArxiv(), record).id == "arxiv:1234.5678"


@pytest.mark.parametrize(
    "line",
    [
        "<reponame>ann/sums<filename>src/add.py<gh_stars>10-100\n",
        "<reponame>ann/sums\n",
        "<filename>src/add.py\n",
        "<gh_stars>0\n",
        "<filename>a b.py<gh_stars>1-10\n",
    ],
)
def test_the_metadata_line_is_stripped_or_kept(line: str) -> None:
    record = {**FILE, "content": line + "x = 1\n"}
    assert made(schemas.StarCoder(), record).text == "x = 1\n"
    assert made(schemas.StarCoder("keep"), record).text == line + "x = 1\n"
    with pytest.raises(Unfit, match="empty"):
        made(schemas.StarCoder(), {**FILE, "content": line + " \n"})


@pytest.mark.parametrize("text", ["x = '<reponame>a'\n", "<filename>a</filename>\n", "\n<gh_stars>0\n", "<gh_stars>0"])
def test_what_only_looks_like_a_metadata_line_stays(text: str) -> None:
    assert made(schemas.StarCoder(), {**FILE, "content": text}).text == text


def test_a_file_is_known_by_repository_and_path_in_every_form() -> None:
    document = made(schemas.StarCoder(), {**FILE, "max_stars_count": 12}, Place(subset="c-sharp"))
    assert (document.id, document.cluster) == ("ann/sums/src/add.py", "ann/sums")
    assert (document.language, document.subset, document.provenance["stars"]) == ("c-sharp", "c-sharp", "12")
    assert made(schemas.StarCoder(), FILE).language == "python"
    assert made(schemas.StarCoder(), {**FILE, "max_stars_repo_path": "a/b.xyz"}).language == "other"
    assert made(schemas.StarCoder(), {**FILE, "max_stars_repo_path": "a/Makefile"}).language == "makefile"
    assert made(schemas.TheStack(), STACK).id == document.id
    notebook = {"content": "<jupyter_start><jupyter_text>Hi", "repo_name": "ann/sums", "path": "src/add.py"}
    assert made(schemas.Notebooks(), notebook).id == document.id


def test_the_stack_names_languages_as_starcoderdata_does() -> None:
    document = made(schemas.TheStack(), STACK)
    assert (document.language, document.subset) == ("c-sharp", "c-sharp")
    assert (document.provenance["licence"], document.provenance["stars"]) == ("MIT, Zlib", "7")
    assert made(schemas.TheStack(), {**STACK, "lang": "C++"}).language == "cpp"
    assert made(schemas.TheStack(), {**STACK, "lang": "Protocol Buffer"}).language == "protocol-buffer"


def test_both_corpora_of_commits_give_the_same_text() -> None:
    tagged = [made(schemas.GitCommits(), TAGGED), made(schemas.CommitPackFT(), PACKED)]
    assert {document.text for document in tagged} == {"<commit_before>a\n<commit_msg>Say b<commit_after>b\n"}
    assert {document.id for document in tagged} == {f"ann/sums/new.go@{TAGGED['commit']}"}
    assert {document.held_out_with for document in tagged} == {"ann/sums/new.go"}
    assert {document.language for document in tagged} == {"go"}
    plain = [made(schemas.GitCommits("plain"), TAGGED), made(schemas.CommitPackFT("plain"), PACKED)]
    assert {document.text for document in plain} == {"a\n\nSay b\n\nb\n"}


def test_a_commit_that_adds_or_removes_a_file_is_a_document() -> None:
    assert made(schemas.CommitPackFT("plain"), {**PACKED, "old_contents": ""}).text == "Say b\n\nb\n"
    assert made(schemas.GitCommits(), {**without(TAGGED, "new_file")}).held_out_with == "ann/sums/old.go"


def test_issues_without_their_bots_and_names() -> None:
    document = made(schemas.GithubIssueEvents(), ISSUE)
    assert document.text == (
        "<issue_start>Title: It fails\nusername_0: Since today."
        "<issue_comment>username_1: Thanks @username_0, fixed.<issue_closed>"
    )
    assert (document.id, document.cluster) == ("ann/sums/issues/3", "ann/sums")
    assert (document.provenance["events"], document.provenance["users"]) == ("3", "2")
    plain = made(schemas.GithubIssueEvents("plain"), ISSUE).text
    assert plain == "Title: It fails\n\nusername_0: Since today.\n\nusername_1: Thanks @username_0, fixed.\n"
    with pytest.raises(Unfit, match="bots"):
        made(schemas.GithubIssueEvents(), {**ISSUE, "events": EVENTS[1:2]})


def test_long_comments_lose_their_middle() -> None:
    lines = [f"line {number}" for number in range(100)]
    text = made(schemas.GithubIssueEvents(), {"events": [{"author": "ann", "text": "\n".join(lines)}]}).text
    assert "line 59\n[Truncated]\nline 80\n" in text


def test_structured_issues_count_their_users_and_events() -> None:
    content = "<issue_start>username_0: Title\n\nIt fails.<issue_comment>username_1: Where?<issue_closed>"
    document = made(schemas.GithubIssues(), {"content": content, "repo": "ann/sums", "issue_id": 9})
    assert document.text == content
    assert (document.provenance["events"], document.provenance["users"]) == ("2", "2")
    assert made(schemas.GithubIssues("plain"), {"content": content}).text == (
        "username_0: Title\n\nIt fails.\n\nusername_1: Where?"
    )


def test_problems_by_declared_fields() -> None:
    schema = schemas.ProblemSolution("q", "a", "checks", "n", layout="{problem}\n{solution}\n{tests}\n")
    record = {"q": "Add.", "a": ["def add(): {}", "no"], "checks": ["assert 1", "assert 2"], "n": 4}
    document = made(schema, record)
    assert document.text == "Add.\ndef add(): {}\nassert 1\nassert 2\n"
    assert document.id == "4"
    assert set(schema.fields) == {"q", "a", "checks?", "n?"}
    assert made(schema, {**record, "checks": None, "n": None}).id == digest_identity("Add.")


@pytest.mark.parametrize(
    ("record", "given_text", "response"),
    [
        ({"instruction": "Add.", "context": "1, 2", "response": "3", "category": "math"}, "1, 2", "3"),
        ({"instruction": "Add.", "input": "1, 2", "output": "3"}, "1, 2", "3"),
        ({"instruction": "Add.", "information": "1, 2", "solution": "3", "task_name": "sum"}, "1, 2", "3"),
        ({"instruction": "Add.", "input": "", "output": "3"}, None, "3"),
    ],
)
def test_instructions_in_alpacas_template(record: dict[str, Any], given_text: str | None, response: str) -> None:
    document = made(schemas.PromptResponse(), record)
    assert document.text[document.prompt :] == response
    assert document.text[: document.prompt].endswith("\n### Response:\n")
    assert "### Instruction:\nAdd.\n" in document.text
    assert ("### Input:" in document.text) == (given_text is not None)
    assert given_text is None or f"### Input:\n{given_text}\n" in document.text


def test_a_plain_prompt_has_no_template_and_an_answer_may_hold_braces() -> None:
    document = made(schemas.PromptResponse(), {"prompt": "Say {x}:\n", "response": "{x}\ud83d"})
    assert (document.text, document.prompt) == ("Say {x}:\n{x}\ufffd", 9)


@pytest.mark.parametrize(
    ("schema", "record", "field"),
    [
        (schemas.SlimPajama(), {"text": "words", "meta": {"redpajama_set_name": "RedPajamaC4"}}, "text"),
        (schemas.SlimPajama(), {"text": "words", "meta": {"redpajama_set_name": "RedPajamaC4"}}, "meta"),
        (schemas.C4(), {"text": "words", "url": "u"}, "text"),
        (schemas.StarCoder(), FILE, "content"),
        (schemas.StarCoder(), FILE, "max_stars_repo_name"),
        (schemas.TheStack(), STACK, "lang"),
        (schemas.GitCommits(), TAGGED, "repos"),
        (schemas.CommitPackFT(), PACKED, "new_contents"),
        (schemas.GithubIssueEvents(), ISSUE, "events"),
        (schemas.Notebooks(), {"content": "text", "repo_name": "a/b", "path": "c.ipynb"}, "path"),
        (schemas.ProblemSolution(), {"problem": "p", "solution": "s"}, "solution"),
        (schemas.PromptResponse(), {"instruction": "i", "output": "o"}, "output"),
    ],
)
def test_a_field_that_is_missing_null_or_of_another_type_is_unreadable(schema: Any, record: dict, field: str) -> None:
    made(schema, record)
    for bad in (without(record, field), {**record, field: None}, {**record, field: 5}):
        with pytest.raises(Unreadable, match=r"\w+ .*(missing|null|not|no)"):
            made(schema, bad)


def test_blank_texts_are_dropped_as_empty_and_lone_surrogates_replaced() -> None:
    for blank in ("", " \n\t"):
        with pytest.raises(Unfit, match=r"^empty$"):
            made(schemas.StarCoder(), {**FILE, "content": blank})
    document = made(schemas.StarCoder(), {**FILE, "content": "a\ud800", "max_stars_repo_path": "\udfff.py"})
    assert (document.text, document.id) == ("a\ufffd", "ann/sums/\ufffd.py")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schemas.StarCoder("drop"), r"StarCoder\.metadata is 'drop'"),  # type: ignore[arg-type]
        (lambda: schemas.GitCommits("html"), r"GitCommits\.form is 'html'"),  # type: ignore[arg-type]
        (lambda: schemas.RawNotebooks("html"), r"RawNotebooks\.form is 'html'"),  # type: ignore[arg-type]
        (lambda: schemas.ProblemSolution(layout="{problem}"), r"ProblemSolution\.layout.*\{problem\}, \{solution\}"),
        (lambda: schemas.ProblemSolution(layout="{problem"), r"ProblemSolution\.layout"),
        (lambda: schemas.ProblemSolution(problem=""), r"ProblemSolution\.problem"),
        (lambda: schemas.PromptResponse(template="Do it:"), r"PromptResponse\.template is 'Do it:'.*\{instruction\}"),
    ],
)
def test_a_wrong_declaration_is_told(make: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()


NAMES = sorted(
    {name.rstrip("?") for schema in ALL for name in schema.fields} | {"redpajama_set_name", "author", "cells"}
)
TEXTS = st.one_of(
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        [
            *("", "\ud800", "\0", "<commit_before>a<commit_msg>b<commit_after>c", "<issue_start>a<issue_comment>"),
            *(
                "<reponame>a<gh_stars>\n",
                "http://[",
                '{"redpajama_set_name": 3}',
                '{"nbformat": 4, "cells": [{}]}',
                "[]",
            ),
            *('{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": 3}]}]}', "[" * 3000),
            *('{"nbformat": 4, "metadata": [], "cells": [{"cell_type": "code", "source": "a"}]}', '{"nbformat": "x"}'),
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), inner, max_size=3),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)  # the first notebook loads its libraries
@given(st.sampled_from(ALL), st.data())
def test_any_object_becomes_a_document_or_is_refused(schema: Any, data: st.DataObject) -> None:
    wanted = st.fixed_dictionaries({}, optional={name.rstrip("?"): VALUES for name in schema.fields})
    record = data.draw(wanted)
    try:
        document = made(schema, record)
    except (Unfit, Unreadable):
        return
    assert document.text.strip()
    assert 0 <= document.prompt < len(document.text)
    for part in (document.id, document.text, document.language, document.cluster, document.subset):
        part.encode()
    for fact in document.provenance.values():
        assert isinstance(fact, str)
        fact.encode()
