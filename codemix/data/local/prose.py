"""The English prose of docstrings: paragraphs that a person wrote to be read."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import ClassVar

from codemix.data.local.environment import LocalFile
from codemix.data.local.python_source import decode_python, docstring_nodes, parse
from codemix.data.local.reader import LocalReader

_STOP_WORD = re.compile(
    """
    a|an|and|are|as|at|be|been|but|by|can|do|does|for|from|has|have|how|if|in|into|is|it|its|may|must|no|not|of|on|or
    |should|so|such|than|that|the|their|then|there|these|they|this|those|to|was|we|were|when|where|which|while|will
    |with|would|you|your
    """,
    re.VERBOSE,
)
_MINIMUM_WORDS = 6
_MINIMUM_LETTER_SHARE = 0.85  # letters and spaces, of all characters
_MINIMUM_WORD_SHARE = 0.7  # words of letters alone, of all words
_MINIMUM_STOP_WORD_SHARE = 0.2

_NOT_PROSE_LINE = re.compile(
    r"""
    >>>|\.\.\.(\s|$)|In\s\[|\$\s       # an interpreter's or a shell's prompt
    |\.\.\s|:\w+                       # a directive, a field
    |[-*+•#|@=~^_]|\d+[.)]\s           # a list's item, a heading, a table, a rule
    |[\w.*,\ ]+\s:(\s|$)               # name : type
    |[\w.*`]+(\s?\([^)]*\))?:\s        # name: what it is; name (type): what it is
    |\w[\w.]*\(.*\)\s*(->.*)?:?$       # a signature
    """,
    re.VERBOSE,
)
_UNDERLINE = re.compile(r"\s*([-=~^\"'+*#])\1{2,}$")
_SECTION = re.compile(r"\s*[A-Z]\w*( \w+)?:$")
_PROSE_END = re.compile(r"""[.!?]['")\]]*$""")
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")


@dataclasses.dataclass(frozen=True)
class LocalProse(LocalReader):
    """Docstring paragraphs that are prose; one document of a module's file, paragraphs apart by blank lines."""

    suffixes: ClassVar[dict[str, str]] = {".py": "en"}
    version: ClassVar[int] = 1

    def text(self, file: LocalFile, content: bytes) -> tuple[str, str]:
        docstrings = (docstring for _, _, docstring in docstring_nodes(parse(decode_python(content))))
        # The same sentence over and over (inherited docstrings) is told once.
        paragraphs = dict.fromkeys(paragraph for docstring in docstrings for paragraph in prose(docstring))
        if not paragraphs:
            raise ValueError("no prose")
        return "\n\n".join(paragraphs) + "\n", "en"


def prose(docstring: str) -> Iterator[str]:
    """The paragraphs of a docstring that are prose, each on one line."""
    literal_indent: int | None = None  # of the text that a "::" introduces: deeper lines are literal
    for block in re.split(r"\n\s*\n", inspect.cleandoc(docstring)):
        lines = [line.rstrip() for line in block.split("\n") if line.strip()]
        if not lines:
            continue
        indent = _indent(lines[0])
        if literal_indent is not None and indent > literal_indent:
            continue
        literal_indent = _indent(lines[-1]) if lines[-1].endswith("::") else None
        if lines[0].lstrip().startswith(".. "):
            literal_indent = indent  # a directive's content is indented, too
        if len(lines) > 1 and _UNDERLINE.match(lines[1]):
            lines = lines[2:]
        elif _SECTION.match(lines[0]):
            lines = lines[1:]
        if lines and is_prose(lines):
            yield " ".join(" ".join(line.split()) for line in lines)


def is_prose(lines: list[str]) -> bool:
    """Whether a paragraph is English prose.

    It is flush (all lines of one indentation), begins with a capital letter or a quoted name, and ends as a sentence
    does; no line looks like an item, a heading, a prompt, a field or a signature; it has enough words, nearly all of
    its characters are letters, and as many of its words are function words as in English sentences.
    """
    if any(_indent(line) != _indent(lines[0]) or _NOT_PROSE_LINE.match(line.lstrip()) for line in lines):
        return False
    text = " ".join(map(str.strip, lines))
    first = text.lstrip("\"'(")[:1]
    if not (first.isupper() or first == "`") or not _PROSE_END.search(text):
        return False
    tokens = text.split()
    words = [word.lower() for word in map(_strip_punctuation, tokens) if _WORD.fullmatch(word)]
    letters = sum(character.isalpha() or character == " " for character in text)
    return (
        len(words) >= _MINIMUM_WORDS
        and letters >= _MINIMUM_LETTER_SHARE * len(text)
        and len(words) >= _MINIMUM_WORD_SHARE * len(tokens)
        and sum(_STOP_WORD.fullmatch(word) is not None for word in words) >= _MINIMUM_STOP_WORD_SHARE * len(words)
    )


def _strip_punctuation(token: str) -> str:
    return token.strip(".,;:!?()[]{}\"'`*“”‘’")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
