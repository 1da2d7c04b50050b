"""The tokens of a document of code, by the lexer that Pygments has for its language."""

import re
from collections.abc import Iterator
from functools import cache

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Token
from pygments.token import _TokenType as TokenType
from pygments.util import ClassNotFound

# StarCoderData's names of languages -> the lexers for its files, where they are not one of the same name. Each is
# tried where those before it do not know the file.
_LEXERS = {
    "c-sharp": ("csharp",),
    "javascript": ("javascript", "jsx"),
    "makefile": ("make",),
    "php": ("html+php",),  # files begin as pages
    "protocol-buffer": ("protobuf",),
    "shell": ("bash",),
    "typescript": ("typescript", "tsx"),
}
_ERRORS = 0.01  # share of the characters that a lexer may not know
# What some of the lexers' patterns take time beyond its length for, and what is data rather than code.
_LONGEST = 200_000  # characters
_UNBROKEN = re.compile(r"(?:[\w$]++\s++){1000}|\s{2000}")

Lexed = tuple[TokenType, str]


def plain_lines(text: str) -> str:
    """The text as the lexers expect it: no carriage returns, no blank lines around it, a line end after the last.

    Raises ValueError for what no program is: NUL characters, too long a text, a thousand words without punctuation.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long to lex")
    if "\0" in text:
        raise ValueError("binary")
    if _UNBROKEN.search(text):
        raise ValueError("no punctuation")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"


def known_tokens(text: str, language: str) -> tuple[str, list[Lexed]]:
    """The lexer that knows a text best, and the tokens: (type, text), together they are the whole text.

    Raises ValueError where there is no lexer for the language, or none that knows nearly all of the text.
    """
    for lexer in _LEXERS.get(language, (language,)):
        tokens = list(lex(text, lexer))
        if sum(len(value) for kind, value in tokens if kind is Token.Error) <= _ERRORS * len(text):
            return lexer, tokens
    raise ValueError("does not lex")


def lex(text: str, lexer: str) -> Iterator[Lexed]:
    """The tokens of a text by the lexer that Pygments knows under this name."""
    return ((kind, value) for _, kind, value in _lexer(lexer).get_tokens_unprocessed(text))


def is_comment(kind: TokenType, language: str) -> bool:
    """Whether a token is a comment, documentation comments included. Python's docstrings are not: its lexer takes every
    string in triple quotes that begins a line for one."""
    if kind in Token.Comment:
        return kind not in Token.Comment.Preproc and kind not in Token.Comment.PreprocFile
    return kind is Token.String.Doc and language != "python"


@cache
def _lexer(name: str) -> Lexer:
    try:
        return find_lexer_class_by_name(name)()
    except ClassNotFound:
        raise ValueError(f"no lexer for {name}") from None
