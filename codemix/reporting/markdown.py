"""Blocks to Markdown (GitHub's flavour)."""

import re
from collections.abc import Sequence

from codemix.reporting.blocks import Block, Bullets, Cell, Code, Figure, Heading, Paragraph, SideBySide, Table, spans

_SPECIAL = re.compile(r"([\\*<>\[\]|#~]|\b_|_\b)")  # an underscore inside a word is no markup


def render(title: str, blocks: Sequence[Block], figure_folder: str) -> str:
    """The whole document; figures are linked as PNG files in `figure_folder`."""
    parts = [f"# {_text(title)}", *(_block(block, figure_folder) for block in blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, figure_folder: str) -> str:
    match block:
        case Heading(text):
            return f"## {_text(text)}"
        case Paragraph(text):
            return _text(text)
        case Bullets(items):
            return "\n".join(f"- {_text(item)}" for item in items)
        case Figure(name, caption, alternative):
            return f"![{_text(alternative)}]({figure_folder}/{name}-light.png)\n\n{_text(caption)}"
        case Code(text, title):
            return (f"{_text(title)}:\n\n" if title else "") + _fenced(text)
        case Table():
            return _table(block)
        case SideBySide(title, rows):
            parts = [f"{_text(title)}:"]
            for name, texts in rows:
                parts += [_text(name), *(f"{_text(of)}:\n\n{_fenced(text)}" for of, text in texts)]
            return "\n\n".join(parts)


def _table(table: Table) -> str:
    grouped = any(name for name, _ in table.groups)
    titles = [*(["Arm"] if grouped else []), *(column.title for column in table.columns)]
    rules = [*(["---"] if grouped else []), *("---:" if column.numeric else "---" for column in table.columns)]
    lines = [titles, rules]
    for name, rows in table.groups:
        lines += [[*([_text(name)] if grouped else []), *map(_cell, row)] for row in rows]
    return f"{_text(table.caption)}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell) -> str:
    detail = f" ({_text(cell.detail)})" if cell.detail else ""
    return _text(cell.text).replace("\n", " ") + detail


def _text(text: str) -> str:
    """Escapes what Markdown would take as markup, outside of `code`."""
    return "".join(f"`{piece}`" if is_code else _SPECIAL.sub(r"\\\1", piece) for piece, is_code in spans(text))


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"
