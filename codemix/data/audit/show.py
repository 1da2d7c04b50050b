"""An audit's table for people: totals, and examples of what was found."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from codemix.data.audit.table import AuditTable

_EXAMPLES = 3  # of every benchmark and source
_WIDTH = 160  # characters of an excerpt


def shown(table: AuditTable) -> RenderableType:
    """The totals of every benchmark in every source that has items of it, and three examples of each."""
    return Group(*_parts(table))


def _parts(table: AuditTable) -> Iterator[RenderableType]:
    totals = Table(title="Evaluation items in training documents")
    for heading in ("benchmark", "source"):
        totals.add_column(heading, overflow="fold")
    for heading in ("items", "matched", "share", "cannot tell", "documents"):
        totals.add_column(heading, justify="right")
    rows = table.totals.to_pylist()
    for row in rows:
        if row["matched"]:
            cannot_tell = row["too_short"] + row["templates"]
            numbers = (row["items"], row["matched"], f"{row['share']:.2%}", cannot_tell, row["documents"])
            totals.add_row(row["benchmark"], row["source"], *(f"{n:,}" if isinstance(n, int) else n for n in numbers))
    if totals.rows:
        yield totals
    searched = {row["source"]: row["searched"] for row in rows}
    benchmarks = len({row["benchmark"] for row in rows})
    yield f"{benchmarks} benchmarks were looked for in {sum(searched.values()):,} documents of {len(searched)} sources."
    for benchmark, reason in table.skipped.items():
        yield f"{escape(benchmark)} was not looked for: {escape(reason)}."
    yield from _examples(table)


def _examples(table: AuditTable) -> Iterator[RenderableType]:
    found: dict[tuple[str, str], list[dict]] = {}
    for row in table.matched.to_pylist():
        found.setdefault((row["benchmark"], row["source"]), []).append(row)
    for (benchmark, source), rows in sorted(found.items()):
        examples = Table(title=f"{escape(benchmark)} in {escape(source)}", title_justify="left", show_lines=True)
        for heading in ("item", "share", "document", "text"):
            examples.add_column(heading, justify="right" if heading == "share" else "left", overflow="fold")
        for row in sorted(rows, key=lambda row: -row["share"])[:_EXAMPLES]:
            excerpt = " ".join(row["excerpt"].split())[:_WIDTH]
            item = f"{row['item']}, {row['part']}"
            cells = (item, f"{row['share']:.0%}", f"{row['document']} at {row['start']:,}", excerpt)
            examples.add_row(*map(escape, cells))
        yield examples
