"""What is prepared, for people: the token stores, what one of them holds, and documents of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from codemix.data.inventory import COUNTS, StoredDocument, facts
from codemix.reporting.numbers import percent, plural, short_count
from codemix.study.stored import Stored

_FEW = 3  # parts and reasons named in the list of stores
_MANY = 25  # parts shown of one store
_SHOWN = 4000  # characters of a document
_UNNAMED = "(unnamed)"
_CONTROL = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}  # as their pictures; a terminal obeys


def show_stores(stored: Stored, console: Console) -> None:
    """Prints a table of token stores; 80 columns are enough."""
    if not stored.stores and not stored.missing and not stored.unreadable:
        console.print(Text(f"{stored.where}: no token store is here; `codemix prepare STUDY` makes those of a study."))
        return
    table = _table("Token stores")
    table.add_column("task, family, key", no_wrap=True)
    for heading in ("docu-\nments", "MB of\ntext", "tokens", "bytes/\ntoken"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("share of the bytes", overflow="fold")
    table.add_column("left out", overflow="fold", min_width=12)
    for store in map(facts, stored.stores):
        total = _total(store)
        table.add_row(
            _lines(Text(store["task"], "bold"), Text(store["family"]), Text(store["key"], "dim")),
            short_count(total["documents"]),
            _megabytes(total["bytes"]),
            short_count(total["tokens"]),
            _ratio(total["bytes"], total["tokens"]),
            _lines(*(share for _, part in _parts(store) for share in _shares(part, total))),
            _lines(*_reasons(store)),
        )
        table.add_section()
    for task, key in stored.missing.items():
        table.add_row(_lines(Text(task, "bold"), Text("not prepared", "yellow"), Text(key, "dim")))
    console.print(table)
    for sentence in stored.unreadable:
        console.print(Text.assemble(("Unreadable: ", "yellow"), sentence))


def show_store(store: Mapping[str, Any], console: Console) -> None:
    """Prints all that is known of one token store, from its `codemix.data.inventory.facts`."""
    console.print(Text.assemble((store["task"], "bold"), f" ({store['family']}) ", (store["path"], "dim")))
    total = _total(store)
    splits = {**store["splits"], "both": total}
    console.print(_counts("Splits", "split", splits, total))
    if prompts := sum(split["prompt_tokens"] for split in store["splits"].values()):
        console.print(Text(f"{plural(prompts, 'token')} are of prompts: read, never predicted.\n"))
    for one, part in _parts(store):
        console.print(_counts(f"{one.capitalize()}s", one, part, total))
    console.print(_left_out(store))
    if "records" in store:
        bad = store.get("quarantined", 0)
        kept = f", kept in {store['quarantine']}" if bad else ""
        console.print(Text(f"{plural(store['records'], 'record')} read, of which {bad:,} could not be read{kept}.\n"))
    console.print(_made_of(store))


def _parts(store: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The store's counts by subset and by language; once, where they are the same."""
    subsets, languages = store.get("subsets") or {}, store.get("languages") or {}
    parts = [("subset", subsets if subsets != languages else {}), ("language", languages)]
    return [(one, part) for one, part in parts if part]


def show_documents(documents: Iterable[StoredDocument], console: Console) -> None:
    """Prints documents as text, their prompts dimmed."""
    for document in documents:
        about = [document.language, document.cluster, plural(document.tokens, "token"), plural(document.bytes, "byte")]
        console.print(Rule(Text(document.id, "bold"), align="left", style="dim"))
        console.print(Text(" · ".join(filter(None, about)), "dim"))
        whole = Text.assemble((document.prompt.translate(_CONTROL), "dim"), document.text.translate(_CONTROL))
        console.print(whole[:_SHOWN])
        if len(whole) > _SHOWN:
            console.print(Text(f"… {len(whole) - _SHOWN:,} more characters; --json has them.", "dim italic"))
        console.print()


def _total(store: Mapping[str, Any]) -> dict[str, int]:
    return {what: sum(split[what] for split in store["splits"].values()) for what in COUNTS}


def _shares(parts: Mapping[str, Mapping[str, int]], total: Mapping[str, int]) -> list[Text]:
    """The largest parts and their shares of the bytes."""
    largest = _largest(parts)
    lines = [Text(f"{name or _UNNAMED} {c['bytes'] / total['bytes']:.0%}") for name, c in largest[:_FEW]]
    return lines + _further(len(largest) - _FEW)


def _reasons(store: Mapping[str, Any]) -> list[Text]:
    """The most frequent reasons of what was left out."""
    drops = sorted(store.get("drops", {}).items(), key=lambda item: -item[1]["count"])
    lines = [Text(f"{short_count(entry['count'])} {reason}") for reason, entry in drops[:_FEW]]
    lines += _further(len(drops) - _FEW)
    if bad := store.get("quarantined"):
        lines.append(Text(f"{short_count(bad)} unreadable", "yellow"))
    return lines


def _further(count: int) -> list[Text]:
    return [Text(f"{count} more", "dim")] if count > 0 else []


def _largest(parts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, Mapping[str, int]]]:
    return sorted(parts.items(), key=lambda item: -item[1]["bytes"])


def _counts(title: str, one: str, parts: Mapping[str, Mapping[str, int]], total: Mapping[str, int]) -> Table:
    """Documents, bytes and tokens of each part."""
    table = _table(title)
    table.add_column(one, overflow="fold")
    for heading in ("documents", "MB", "share", "tokens", "tokens/byte"):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = list(parts.items()) if one == "split" else _largest(parts)
    for name, counts in shown[:_MANY]:
        table.add_row(
            Text(name or _UNNAMED),
            f"{counts['documents']:,}",
            _megabytes(counts["bytes"]),
            percent(counts["bytes"] / total["bytes"]) if total["bytes"] else "",
            f"{counts['tokens']:,}",
            _ratio(counts["tokens"], counts["bytes"]),
        )
    if len(parts) > _MANY:
        table.add_row(Text(f"{len(parts) - _MANY} more; --json has them", "dim"))
    return table


def _left_out(store: Mapping[str, Any]) -> RenderableType:
    drops = store.get("drops", {})
    if not drops:
        return Text("No document was left out.\n")
    table = _table("Left out")
    table.add_column("reason")
    table.add_column("documents", justify="right", no_wrap=True)
    table.add_column("such as", overflow="fold")
    for reason, entry in sorted(drops.items(), key=lambda item: -item[1]["count"]):
        table.add_row(Text(reason), f"{entry['count']:,}", Text("\n".join(entry["examples"])))
    return table


def _made_of(store: Mapping[str, Any]) -> Table:
    """What the store was made of, and what it is, by key."""
    tokenizer = store["tokenizer"]
    rows = {
        "key": store["key"],
        "content": store["fingerprint"],
        "documents": store["documents"],
        "inputs": store.get("inputs"),
        "filters": store.get("filters"),
        "tokenizer": f"{tokenizer['fingerprint']} ({tokenizer['path']}, {store['vocab_size']:,} ids)",
        "codemix": store.get("codemix"),
        "shards": ", ".join(f"{counts['shards']:,} {split}" for split, counts in store["splits"].items()),
    }
    table = _table("Fingerprints")
    table.show_header = False
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value is not None:
            table.add_row(name, Text(str(value)))
    return table


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.{1 if size >= 1e7 else 2}f}"


def _ratio(one: int, other: int) -> str:
    return f"{one / other:.3f}" if other else ""


def _lines(*lines: RenderableType) -> Group:
    return Group(*lines)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
