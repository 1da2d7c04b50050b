"""The natural language in code: its comments and docstrings, as text.

A block is one comment, or line comments on lines that follow one another; blocks stand apart by a blank line, in the
order of the source. Left out are the marks of comments, the common indentation, lines without letters or digits
("-----"), and what is meant for a program and not for a reader: the line that names the interpreter, encodings, types,
and orders to linters. Licence headers and code that is commented out are comments like others.
"""

import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator

from pygments.token import Token

from codemix.data.derived.lexing import is_comment, known_tokens, plain_lines
from codemix.data.local.python_source import docstring_nodes, parse

# How comments open, in all languages; a comment begins with its mark, so that these never meet in one.
_OPENING = re.compile(
    r"""\s*(?:
    (?P<block>/\*|<!--|\{-|\(\*|=begin\b|--\[=*\[|[rRuU]{0,2}(?:\"""|''')|")[*!<|]*
    |(?P<line>//+[!<]*|\#+[!:|]?|--+(?:[ ]?[|^])?|;+|%+)
    )""",
    re.VERBOSE,
)
_CLOSINGS = {"/*": "*/", "<!--": "-->", "{-": "-}", "(*": "*)", "=begin": "\n=end"}
_STAR = re.compile(r"[ \t]*\*+(?:[ \t]|$)")
_FOR_PROGRAMS = re.compile(
    r"\s*(?:-\*-.*-\*-|(?:en)?coding[:=].*|vim?:.*|type:\s.*|noqa\b.*|pragma:.*|(?:pylint|mypy|ruff|flake8|isort):.*|"
    r"fmt:\s*(?:on|off|skip)|[ejt]slint\b.*|@ts-\w+.*|prettier-ignore.*|istanbul ignore.*|NOLINT.*|"
    r"clang-format (?:on|off)|rubocop:.*|shellcheck .*|go:\w+.*|\+build .*|sourceMappingURL=.*|"
    r"frozen_string_literal:.*|ReSharper .*|checkstyle:.*|[cC][sS]pell:.*)$"
)
_BLANK_LINES = re.compile(r"\n{3,}")


def comments_of(text: str, language: str) -> str:
    """The comments and docstrings of a document: a function of its text and language alone.

    Args:
        text: code.
        language: its name, as in `Document.language`.

    Raises:
        ValueError: with the reason why there is none: no comments, or a text or language that does not lex.
    """
    code = plain_lines(text)
    docstrings = _docstrings(code) if language == "python" else []
    runs = _runs(code, language, lexed_docstrings=docstrings is None)
    comments = [*((start, _without_marks(run)) for start, run in runs), *(docstrings or [])]
    told = [block for _, comment in sorted(comments) if (block := _for_readers(comment))]
    if not told:
        raise ValueError("no comments")
    return "\n\n".join(told) + "\n"


def _docstrings(code: str) -> list[tuple[int, str]] | None:
    """(place, text) of Python's docstrings; None for a text that does not parse, such as one for an older Python."""
    try:
        nodes = docstring_nodes(parse(code))
    except ValueError:
        return None
    starts = [0, *itertools.accumulate(len(line) + 1 for line in code.split("\n"))]
    return [(starts[node.lineno - 1] + node.col_offset, inspect.cleandoc(text)) for _, node, text in nodes]


def _runs(code: str, language: str, lexed_docstrings: bool) -> Iterator[tuple[int, str]]:
    """(place, source) of what stands between two pieces of code: comments without a blank line between them."""
    start, run, gap, place = 0, "", "", 0
    for kind, value in known_tokens(code, language)[1]:
        comment = is_comment(kind, language) or (lexed_docstrings and kind is Token.String.Doc)
        if comment and kind is not Token.Comment.Hashbang:
            if run and (run + gap).count("\n", len(run.rstrip())) > 1:
                yield start, run
                run = ""
            start, run, gap = (start, run + gap + value, "") if run else (place, value, "")
        elif value.isspace():
            gap += value
        elif run:
            yield start, run
            run = ""
        if not run:
            gap = ""
        place += len(value)
    if run:
        yield start, run


def _without_marks(run: str) -> str:
    """What the comments of a run say. What has no mark is left out: code that a preprocessor leaves out is a comment to
    its lexer."""
    blocks: list[str] = []
    lines: list[str] = []  # of line comments, which share their indentation
    place = 0
    while place < len(run):
        opening = _OPENING.match(run, place)
        line_end = run.find("\n", opening.end() if opening else place)
        line_end = len(run) if line_end < 0 else line_end
        if opening and opening["line"]:
            lines.append(run[opening.end() : line_end].removeprefix(" "))
            place = line_end + 1
            continue
        blocks.append(textwrap.dedent("\n".join(lines)))
        lines = []
        place = line_end + 1
        if opening:
            closing = _closing(opening["block"])
            end = run.find(closing, opening.end())
            end = len(run) if end < 0 else end
            blocks.append(_of_block(run[opening.end() : end]))
            place = end + len(closing)
    blocks.append(textwrap.dedent("\n".join(lines)))
    return "\n".join(filter(None, blocks))


def _closing(opening: str) -> str:
    if opening.startswith("--["):
        return "]" + opening[3:-1] + "]"
    return _CLOSINGS.get(opening) or opening.lstrip("rRuU")


def _of_block(body: str) -> str:
    """Without the stars that begin its lines, where all have one, and those before its end."""
    first, *others = body.rstrip("* \t\n").split("\n")
    if all(_STAR.match(line) or not line.strip() for line in others):
        others = [_STAR.sub("", line, count=1) for line in others]
    return inspect.cleandoc("\n".join([first, *others]))


def _for_readers(comment: str) -> str:
    """The lines that tell a reader something."""
    lines = (line.rstrip() for line in comment.split("\n"))
    told = (line if any(map(str.isalnum, line)) else "" for line in lines if not _FOR_PROGRAMS.match(line))
    return _BLANK_LINES.sub("\n\n", "\n".join(told)).strip("\n")
