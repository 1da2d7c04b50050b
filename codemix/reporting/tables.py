"""The tables of a report, as blocks; the comparison also for the terminal."""

from typing import Any

import pandas as pd
import rich.box
import rich.table
import rich.text

from codemix.reporting import numbers
from codemix.reporting.blocks import Cell, Column, Table
from codemix.reporting.results import StudyResults
from codemix.reporting.verdicts import BETTER, WORSE

_TONES = {BETTER: "better", WORSE: "worse"}
_RICH_STYLES = {"better": "green", "worse": "red", "unclear": "dim", "": ""}


def comparison_block(comparison: pd.DataFrame, control: str) -> Table:
    """The control, then every arm against it. `comparison` is what `comparison.compare` gives."""
    columns = [
        Column("Held-out source"),
        Column("BPB", numeric=True),
        Column("Change, %", numeric=True),
        Column("Verdict"),
        Column("p (Holm)", numeric=True),
        Column("Detectable, %", numeric=True),
        Column("Documents", numeric=True),
        Column("Clusters", numeric=True),
        Column("Seeds", numeric=True),
    ]
    arms = [(str(arm), rows.to_dict("records")) for arm, rows in comparison.groupby("arm", sort=False)]
    groups = [(f"{control} (the control)", [_control_cells(row) for row in arms[0][1]])]
    for arm, rows in arms:
        flag = rows[0]["flag"]
        groups.append((f"{arm} (repetition: {flag})" if flag else arm, [_arm_cells(row) for row in rows]))
    caption = (
        "Bits per byte (BPB, lower is better) on held-out documents, and each arm's change against the control in "
        "percent. The small lines are 95 % intervals."
    )
    return Table(caption, columns, groups)


def _control_cells(row: dict[Any, Any]) -> list[Cell]:
    nothing = Cell(numbers.DASH)
    bpb = _bpb_cell(row["control_bpb"], row["control_bpb_low"], row["control_bpb_high"])
    return [Cell(row["source"]), bpb, nothing, nothing, nothing, nothing, *_size_cells(row)]


def _arm_cells(row: dict[Any, Any]) -> list[Cell]:
    tone = _TONES.get(row["verdict"], "unclear")
    return [
        Cell(row["source"]),
        _bpb_cell(row["bpb"], row["bpb_low"], row["bpb_high"]),
        Cell(numbers.change(row["change_percent"]), numbers.interval(row["change_low"], row["change_high"]), tone),
        Cell(row["verdict"], row["reason"], tone),
        Cell(numbers.p_value(row["p_holm"])),
        Cell(numbers.unsigned(row["detectable_percent"])),
        *_size_cells(row),
    ]


def _bpb_cell(value: float, low: float, high: float) -> Cell:
    return Cell(numbers.bits_per_byte(value), numbers.interval(low, high, numbers.bits_per_byte))


def _size_cells(row: dict[Any, Any]) -> list[Cell]:
    return [Cell(numbers.count(row[size])) for size in ("documents", "clusters", "seeds")]


def comparison_table(comparison: pd.DataFrame, control: str) -> rich.table.Table:
    """The comparison for a terminal of 80 columns or more."""
    caption = "Second lines: documents / clusters / seeds, and 95 % intervals."
    flags = comparison.loc[comparison["flag"] != "", ["arm", "flag"]].drop_duplicates()
    for arm, flag in flags.itertuples(index=False):
        caption += f"\n{arm} differs in repetition too: {flag}."
    table = rich.table.Table(
        title=rich.text.Text(f"Each arm against {control}: bits per byte (BPB), lower is better"),
        caption=rich.text.Text(caption),
        box=rich.box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("Arm, source", overflow="fold", min_width=16)
    table.add_column("BPB", justify="right", no_wrap=True)
    table.add_column("Change, %", justify="right", no_wrap=True)
    table.add_column("p (Holm)", justify="right", no_wrap=True)
    table.add_column("Verdict")
    names = [control, *comparison["arm"].unique()]
    for arm, (_, rows) in zip(names, comparison_block(comparison, control).groups, strict=True):
        table.add_row(rich.text.Text(arm, style="bold"))
        for source, bpb, change, verdict, p, _, *sizes in rows:
            count = " / ".join(size.text for size in sizes)
            table.add_row(
                _two_lines(f"  {source.text}", f"  {count}"),
                _two_lines(bpb.text, bpb.detail),
                _two_lines(change.text, change.detail, _RICH_STYLES[change.tone]),
                p.text,
                _two_lines(verdict.text, verdict.detail, _RICH_STYLES[verdict.tone]),
            )
        table.add_section()
    return table


def _two_lines(first: str, second: str, style: str = "") -> rich.text.Text:
    text = rich.text.Text(first, style=style)
    return text.append(f"\n{second}", style="dim") if second else text


def ledger_block(results: StudyResults) -> Table:
    """Tokens drawn, unique tokens and epochs, per arm, phase and training source."""
    columns = [
        Column("Phase"),
        Column("Training source"),
        Column("Tokens", numeric=True),
        Column("Share of phase", numeric=True),
        Column("Unique tokens available", numeric=True),
        Column("Epochs so far", numeric=True),
    ]
    groups = []
    for arm in results.arms:
        lines = sorted((line for line in results.plan["ledger"] if line["arm"] == arm), key=lambda line: line["index"])
        totals: dict[int, int] = {}
        for line in lines:
            totals[line["index"]] = totals.get(line["index"], 0) + line["tokens"]
        cells = [
            [
                Cell(line["phase"]),
                Cell(line["source"]),
                Cell(numbers.count(line["tokens"])),
                Cell(
                    numbers.percent(line["tokens"] / totals[line["index"]]) if totals[line["index"]] else numbers.DASH
                ),
                Cell(numbers.count(line["available_tokens"])),
                Cell(numbers.epochs(line["epochs"]), tone="unclear" if (line["epochs"] or 0) > 1 else ""),
            ]
            for line in lines
        ]
        groups.append((arm, cells))
    return Table("The ledger: what each arm reads. Epochs count from the start of the arm.", columns, groups)


def phases_block(results: StudyResults) -> Table:
    """Every phase that was trained, with the arms that share it; a phase that only differs by its seed is one row."""
    columns = [
        Column("Phase, key at the first seed"),
        Column("Mixture"),
        Column("Steps", numeric=True),
        Column("Tokens", numeric=True),
        Column("FLOPs", numeric=True),
        Column("Arms"),
        Column("Seeds"),
        Column("After"),
    ]
    rows: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for phase in results.plan["phases"]:
        rows.setdefault((phase["index"], tuple(phase["arms"]), phase["name"], phase["tokens"]), []).append(phase)
    return Table(
        "The phases. Each is trained once per seed and shared by the arms named.",
        columns,
        [("", [_phase_cells(phases) for phases in rows.values()])],
    )


def _phase_cells(phases: list[dict[str, Any]]) -> list[Cell]:
    phase = phases[0]
    return [
        Cell(phase["name"], f"`{phase['key']}`"),
        Cell(", ".join(f"{source} {numbers.percent(share)}" for source, share in phase["weights"].items())),
        Cell(numbers.count(phase["steps"])),
        Cell(numbers.short_count(phase["tokens"])),
        Cell(numbers.short_count(phase["flops"])),
        Cell(", ".join(phase["arms"])),
        Cell(", ".join(str(phase["seed"]) for phase in phases)),
        Cell(f"`{phase['parent']}`" if phase["parent"] else numbers.DASH),
    ]


def audit_block(totals: pd.DataFrame) -> Table:
    """The benchmarks of which items are in a source, source by source."""
    columns = [
        Column("Benchmark"),
        Column("Items", numeric=True),
        Column("Found", numeric=True),
        Column("Share of those that can be told", numeric=True),
        Column("Cannot be told", numeric=True),
        Column("Documents", numeric=True),
    ]
    found = totals[totals["matched"] > 0]
    groups = [
        (
            str(source),
            [
                [
                    Cell(str(row["benchmark"])),
                    Cell(numbers.count(row["items"])),
                    Cell(numbers.count(row["matched"])),
                    Cell(numbers.percent(row["share"])),
                    Cell(numbers.count(row["too_short"] + row["templates"])),
                    Cell(numbers.count(row["documents"])),
                ]
                for row in rows.to_dict("records")
            ],
        )
        for source, rows in found.groupby("source", sort=False)
    ]
    return Table("Items of benchmarks in training documents, held-out ones among them.", columns, groups)


def facts_block(caption: str, facts: dict[str, Any]) -> Table:
    """Names and values, such as versions or the model's shape."""
    cells = [[Cell(name.replace("_", " ")), Cell(_value(value))] for name, value in facts.items()]
    return Table(caption, [Column("Fact"), Column("Value")], [("", cells)])


def stores_block(results: StudyResults) -> Table:
    """The token stores that the study read, with their fingerprints."""
    stores = results.plan["sources"]
    fields = list(dict.fromkeys(field for facts in stores.values() for field in facts))
    columns = [Column("Task"), *(Column(_title(field), field not in ("key", "fingerprint")) for field in fields)]
    cells = [[Cell(task), *(Cell(_value(facts.get(field))) for field in fields)] for task, facts in stores.items()]
    return Table("The token stores: an equal fingerprint is equal content.", columns, [("", cells)])


def _title(field: str) -> str:
    return field.replace("_", " ").replace("heldout", "held-out").capitalize()


def _value(value: Any) -> str:
    if value is None:
        return numbers.DASH
    if isinstance(value, int) and not isinstance(value, bool):
        return numbers.count(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return str(value)
