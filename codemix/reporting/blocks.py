"""What a report page is made of. The same blocks are rendered to Markdown, to HTML and, tables, to the terminal.

In every text, `…` between backticks is code; nothing else is markup, and renderers escape everything.
"""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Heading:
    text: str


@dataclasses.dataclass(frozen=True)
class Paragraph:
    text: str
    lead: bool = False


@dataclasses.dataclass(frozen=True)
class Bullets:
    items: Sequence[str]
    warning: bool = False


@dataclasses.dataclass(frozen=True)
class Cell:
    """`detail` is the small line under `text`; `tone` is "better", "worse", "unclear" or "" for plain."""

    text: str
    detail: str = ""
    tone: str = ""


@dataclasses.dataclass(frozen=True)
class Column:
    """`numeric` columns are set to the right, `prose` ones broken into lines."""

    title: str
    numeric: bool = False
    prose: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows in groups; a group's name heads it. The first column names the row. With a `title` it is folded away."""

    caption: str
    columns: Sequence[Column]
    groups: Sequence[tuple[str, Sequence[Sequence[Cell]]]]
    title: str = ""


@dataclasses.dataclass(frozen=True)
class Figure:
    """`name` is the figure's key among the drawn figures; `alternative` says in words what it shows."""

    name: str
    caption: str
    alternative: str


@dataclasses.dataclass(frozen=True)
class Code:
    """Verbatim text; with a `title` it is folded away under it."""

    text: str
    title: str = ""


@dataclasses.dataclass(frozen=True)
class SideBySide:
    """Verbatim texts beside each other, folded away under `title`: rows of (name, texts), each text with its own
    name."""

    title: str
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]


Block = Heading | Paragraph | Bullets | Table | Figure | Code | SideBySide


def spans(text: str) -> list[tuple[str, bool]]:
    """The pieces of a text, each with whether it is code. A backtick without its pair is a backtick."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        pieces[-2:] = ["`".join(pieces[-2:])]
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces)]
