"""Code whose structure is all that is left: no comments, and no word that its author chose.

What stays is what the language gives: keywords, operators, punctuation, numbers, the names that its lexer knows as its
own (`len`, `self`, `ValueError`, `__init__`; not the standard library's), directives of a preprocessor, escapes and
conversions in strings, and the layout. Comments and docstrings go, with the lines that held nothing else. Every other
word, in names as in strings, attributes, imports and plain text, becomes a meaningless one of its length and case, the
same one throughout the document and another one in the next. Single letters in strings stay.

The result lexes as the original without its comments does, token by token: that is checked. A new word that the lexer
knows (`fn`, in Rust) is replaced by another; where none does, the author's stays, as do the characters that the lexer
does not know (`known_tokens` bounds them) and TeX's commands, all of which are keywords to it.
"""

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache

import xxhash
from pygments.token import Token

from codemix.data.derived.lexing import Lexed, TokenType, is_comment, known_tokens, lex, plain_lines
from codemix.data.derived.names import Renaming
from codemix.data.local.python_source import without_docstrings

_ROUNDS = 20
_TRIES = 3  # other spellings of one word, before it stays as it is
_ERRORS = 0.01  # share of characters that a lexer may not know

_GIVEN = (Token.Name.Builtin, Token.Name.Exception, Token.Name.Function.Magic, Token.Name.Variable.Magic)
# Lexers to which whatever stands where a type does is a keyword, and the types that are the language's own.
_TYPES_OF_TYPESCRIPT = (
    *("any", "bigint", "boolean", "never", "null", "number", "object", "string", "symbol", "this", "undefined"),
    *("unknown", "void"),
)
_OWN_TYPES = {"haskell": (), "typescript": _TYPES_OF_TYPESCRIPT, "tsx": _TYPES_OF_TYPESCRIPT}
_WORD = re.compile(r"[^\W\d]\w*")
_IN_STRING = re.compile(
    r"\\(?:x[0-9a-fA-F]+|u\{[0-9a-fA-F]+\}|[uU][0-9a-fA-F]{4,8}|N\{[^}]*\}|.)"  # escapes
    r"|%[-+0# ]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh?|ll?|L|z)?[a-zA-Z]"  # conversions
    r"|(?P<word>[^\W\d]\w+)",
    re.DOTALL,
)
_IN_INTERPOLATION = re.compile(r"(?<=[{(\[$@.])[^\W\d]\w*")
_LEADING = ("\\", "%")
_PREFIX = re.compile(r"[A-Za-z@$#]{0,3}(?=[\"'`])")
_SECTIONS = ("script", "style")  # by which the lexers of pages go over to another language
_DIRECTIVES = frozenset(
    (
        *("include", "include_next", "import", "define", "undef", "if", "ifdef", "ifndef", "elif", "else", "endif"),
        *("defined", "error", "warning", "line", "pragma", "once", "region", "endregion", "nullable", "php", "doctype"),
    )
)

# What a comment leaves behind until its line is whole.
_GONE = "\0"
_GONE_LINE = re.compile(rf"(?m)^[ \t]*(?:{_GONE}[ \t]*)+(?:\n|\Z)")
_GONE_AT_START = re.compile(rf"(?m)^([ \t]*)(?:{_GONE}[ \t]*)+")
_GONE_AT_END = re.compile(rf"(?m)[ \t]*(?:{_GONE}[ \t]*)+$")
_GONE_BETWEEN = re.compile(rf"[ \t]*(?:{_GONE}[ \t]*)+")


def scramble(text: str, language: str) -> str:
    """The structure of a document: a function of its text and language alone.

    Args:
        text: code.
        language: its name, as in `Document.language`.

    Raises:
        ValueError: with the reason why there is none: nothing but comments, or a text or language that does not lex.
    """
    lexer, tokens = _without_docstrings(text, language)
    wanted = _outline(tokens)
    if not wanted:
        raise ValueError("no code")
    seed = xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
    given = {word for kind, value in tokens if _is_given(kind, value, lexer) for word in _WORD.findall(value)}
    stuck: set[str] = set()
    skipped: Counter[str] = Counter()
    for round_ in range(_ROUNDS):
        words = _Words(lexer, Renaming(seed, given | stuck, skipped), given, stuck)
        result = _whole_lines(words.rewritten(tokens))
        difference = _first_difference(wanted, _outline(lex(result, lexer)))
        if difference is None:
            return result
        if round_ == 0:  # some lexers tell a name's kind by what follows it, and a comment is in their way
            plain = _whole_lines("".join(_mark(value) if kind is Token.Comment else value for kind, value in tokens))
            tokens = list(lex(plain, lexer))
            wanted = _outline(tokens)
            continue
        for word in _words_at(tokens, lexer, difference, stuck):
            skipped[word.lower()] += 1
            if skipped[word.lower()] >= _TRIES:
                stuck.add(word)
    raise ValueError("lexes otherwise")


def _without_docstrings(text: str, language: str) -> tuple[str, list[Lexed]]:
    """The lexer and the tokens; those of comments are all Token.Comment."""
    code = plain_lines(text)
    if language == "python":
        with contextlib.suppress(ValueError):  # an older Python: its docstrings are strings like others
            code = plain_lines(without_docstrings(code))
    lexer, tokens = known_tokens(code, language)
    return lexer, [(Token.Comment if is_comment(kind, language) else kind, value) for kind, value in tokens]


class _Words:
    """What becomes of the words of tokens."""

    def __init__(self, lexer: str, renaming: Renaming, given: Collection[str], stuck: Collection[str]):
        self._lexer, self._renaming, self._given, self._stuck = lexer, renaming, given, stuck

    def rewritten(self, tokens: Iterable[Lexed]) -> str:
        """The text of the tokens, of the same length but for the marks that comments leave."""
        values, last_kind, last_value = [], Token.Text, ""
        for kind, value in tokens:
            if kind is Token.Comment:
                values.append(_mark(value))
            elif last_kind in Token.Number and value[:1].isalnum():  # to some lexers x1F in 0x1F is a name
                values.append(value)
            elif last_value[-1:] in _LEADING:  # an escape or conversion that the lexer has taken apart
                values.append(self._rewritten(kind, last_value[-1] + value)[1:])
            else:
                values.append(self._rewritten(kind, value))
            last_kind, last_value = kind, value
        return "".join(values)

    def _rewritten(self, kind: TokenType, value: str) -> str:
        match _treatment(kind, self._lexer):
            case "name":
                return _WORD.sub(self._name, value)
            case "string":
                start = _PREFIX.match(value)
                begin = start.end() if start else 0
                end = value.rindex("/") if kind is Token.String.Regex and "/" in value else len(value)
                return value[:begin] + _IN_STRING.sub(self._in_string, value[begin:end]) + value[end:]
            case "interpolation":
                return _IN_INTERPOLATION.sub(self._name, value)
            case "directive":
                return _WORD.sub(self._in_directive, value)
        return value

    def _name(self, match: re.Match[str]) -> str:
        word = match[0]
        return word if word in self._given or word in self._stuck else self._renaming(word)

    def _in_string(self, match: re.Match[str]) -> str:
        word = match["word"]
        return match[0] if word is None or word in self._stuck else self._renaming(word)

    def _in_directive(self, match: re.Match[str]) -> str:
        return match[0] if match[0].lower() in _DIRECTIVES else self._name(match)


@cache
def _treatment(kind: TokenType, lexer: str) -> str:
    """What becomes of a token's words: as in a "name", a "string", an "interpolation", a "directive"; or "none"."""
    if kind in Token.Comment:
        return "directive"
    if kind is Token.Keyword.Type and lexer in _OWN_TYPES:
        return "name"
    if kind in Token.String.Interpol:
        return "interpolation"
    if kind in Token.String:
        return "none" if kind in Token.String.Escape or kind in Token.String.Affix else "string"
    # Where a lexer calls a word punctuation, it did not look at it.
    groups = (Token.Name, Token.Text, Token.Other, Token.Punctuation)
    return "name" if any(kind in group for group in groups) and not _is_languages_own(kind) else "none"


def _is_given(kind: TokenType, value: str, lexer: str) -> bool:
    if kind is Token.Keyword.Type:
        return value in _OWN_TYPES.get(lexer, ())
    return _is_languages_own(kind) or (kind is Token.Name.Tag and value.lower() in _SECTIONS)


@cache
def _is_languages_own(kind: TokenType) -> bool:
    return any(kind in group for group in _GIVEN)


def _mark(comment: str) -> str:
    return _GONE + ("\n" if comment.endswith("\n") else "")


def _whole_lines(code: str) -> str:
    """Without the marks of comments, and without the lines that held nothing else."""
    if _GONE in code:
        code = _GONE_AT_END.sub("", _GONE_AT_START.sub(r"\1", _GONE_LINE.sub("", code)))
        code = _GONE_BETWEEN.sub(" ", code)
    return plain_lines(code)


def _outline(tokens: Iterable[Lexed]) -> list[tuple[TokenType, int]]:
    """(type, characters) of the tokens, comments and white space apart; neighbours of one type are one."""
    outline: list[tuple[TokenType, int]] = []
    last, count = None, 0
    for kind, value in tokens:
        if kind is Token.Comment:
            continue
        size = len(value) if value.isalnum() else len("".join(value.split()))
        if kind is last or not size:
            count += size
        else:
            if last is not None:
                outline.append((last, count))
            last, count = kind, size
    if last is not None:
        outline.append((last, count))
    return outline


def _first_difference(one: list[tuple[TokenType, int]], other: list[tuple[TokenType, int]]) -> int | None:
    """How many characters, white space apart, come before the outlines differ; None where they do not."""
    before = 0
    for a, b in itertools.zip_longest(one, other, fillvalue=(None, 0)):
        if a != b:
            return before + (min(a[1], b[1]) if a[0] is b[0] else 0)
        before += a[1]
    return None


def _words_at(tokens: list[Lexed], lexer: str, place: int, stuck: set[str]) -> set[str]:
    """The words about the place at which outlines differ, but those that are `stuck`: of the token there, and of the
    last one before that has any; where there are none, of the first one after."""
    before, last = 0, set[str]()
    for kind, value in tokens:
        if kind is not Token.Comment:
            before += len("".join(value.split()))
            words = set(_WORD.findall(value)) if _treatment(kind, lexer) != "none" else set()
            if before > place and (last | words) - stuck:
                return (last | words) - stuck
            last = words or last
    return set()
