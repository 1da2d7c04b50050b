"""Blocks to one self-contained HTML page: no scripts, no requests."""

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from codemix.reporting.blocks import Block, Bullets, Cell, Code, Figure, Heading, Paragraph, SideBySide, Table, spans

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def render(title: str, blocks: Sequence[Block], drawings: Mapping[tuple[str, str, str], bytes]) -> str:
    """The whole page. `drawings` holds the SVG of each (figure, "light" or "dark", "wide" or "narrow")."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    body = "\n".join(_block(block, drawings) for block in blocks)
    return _PAGE.format(title=html.escape(title), style=style, body=body)


def _block(block: Block, drawings: Mapping[tuple[str, str, str], bytes]) -> str:
    match block:
        case Heading(text):
            return f"<h2>{_text(text)}</h2>"
        case Paragraph(text, lead):
            return f'<p class="{"lead" if lead else "body"}">{_text(text)}</p>'
        case Bullets(items, warning):
            lines = "\n".join(f"<li>{_text(item)}</li>" for item in items)
            return f'<ul class="{"warning" if warning else "body"}">\n{lines}\n</ul>'
        case Code(text, title):
            code = f'<pre tabindex="0"><code>{html.escape(text)}</code></pre>'
            return f"<details>\n<summary>{_text(title)}</summary>\n{code}\n</details>" if title else code
        case Figure():
            return _figure(block, drawings)
        case Table(title=title):
            table = _table(block)
            return f"<details>\n<summary>{_text(title)}</summary>\n{table}\n</details>" if title else table
        case SideBySide():
            return _side_by_side(block)


def _figure(figure: Figure, drawings: Mapping[tuple[str, str, str], bytes]) -> str:
    def data(theme: str, width: str) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(drawings[figure.name, theme, width]).decode("ascii")

    narrow = "(max-width: 640px)"
    dark = "(prefers-color-scheme: dark)"
    return f"""<figure>
<picture>
<source media="{narrow} and {dark}" srcset="{data("dark", "narrow")}">
<source media="{narrow}" srcset="{data("light", "narrow")}">
<source media="{dark}" srcset="{data("dark", "wide")}">
<img src="{data("light", "wide")}" alt="{html.escape(figure.alternative)}">
</picture>
<figcaption>{_text(figure.caption)}</figcaption>
</figure>"""


def _table(table: Table) -> str:
    kinds = [
        ' class="number"' if column.numeric else ' class="prose"' if column.prose else "" for column in table.columns
    ]
    heads = zip(table.columns, kinds, strict=True)
    header = "".join(f'<th scope="col"{kind}>{_text(column.title)}</th>' for column, kind in heads)
    bodies = []
    for name, rows in table.groups:
        lines = []
        if name:
            lines.append(
                f'<tr class="group"><th scope="rowgroup" colspan="{len(kinds)}"><span>{_text(name)}</span></th></tr>'
            )
        for row in rows:
            first, *others = row
            cells = "".join(f"<td{kind}>{_cell(cell)}</td>" for cell, kind in zip(others, kinds[1:], strict=True))
            lines.append(f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>')
        bodies += ["<tbody>", *lines, "</tbody>"]
    caption, body = html.escape(table.caption), "\n".join(bodies)
    return f"""<div class="scroll" role="region" aria-label="{caption}" tabindex="0">
<table>
<caption>{_text(table.caption)}</caption>
<thead><tr>{header}</tr></thead>
{body}
</table>
</div>"""


def _side_by_side(block: SideBySide) -> str:
    rows = []
    for name, texts in block.rows:
        columns = "".join(
            f'<div><strong>{_text(title)}</strong><pre tabindex="0"><code>{html.escape(text)}</code></pre></div>'
            for title, text in texts
        )
        rows.append(f'<p class="body">{_text(name)}</p>\n<div class="beside">{columns}</div>')
    body = "\n".join(rows)
    return f"<details>\n<summary>{_text(block.title)}</summary>\n{body}\n</details>"


def _cell(cell: Cell) -> str:
    text = _text(cell.text)
    if cell.tone:
        text = f'<span class="{cell.tone}">{text}</span>'
    return f"{text}<small>{_text(cell.detail)}</small>" if cell.detail else text


def _text(text: str) -> str:
    """Escapes everything; `…` between backticks becomes code."""
    pieces = ((html.escape(piece), is_code) for piece, is_code in spans(text))
    return "".join(f"<code>{piece}</code>" if is_code else piece for piece, is_code in pieces)
