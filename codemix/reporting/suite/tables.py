"""The suite's tables, as blocks; the means that decide also for the terminal."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import rich.box
import rich.table
import rich.text

from codemix.reporting import numbers
from codemix.reporting.blocks import Cell, Column, SideBySide, Table
from codemix.reporting.suite.comparison import ABOVE_CHANCE, ALL_TASKS
from codemix.reporting.suite.estimates import sign_p_value
from codemix.reporting.suite.published import Printed, PrintedVerdicts
from codemix.reporting.suite.results import SuiteResults
from codemix.reporting.verdicts import BETTER, SHOWN_ONLY, WORSE

_TONES = {BETTER: "better", WORSE: "worse"}
_STYLES = {"better": "green", "worse": "red", "unclear": "dim", "": ""}
_MOST_CHARACTERS = 1500  # of a text that a model wrote
_SIZES = [Column("Items", numeric=True), Column("Seeds", numeric=True)]
_COMPARED = [
    Column("Score", numeric=True),
    Column("Difference", numeric=True),
    Column("Verdict"),
    Column("p (Holm)", numeric=True),
    Column("Detectable", numeric=True),
]


def means_block(means: pd.DataFrame, control: str) -> Table:
    """The means that decide. `means` is what `compare_means` gives, without rows that do not decide."""
    columns = [Column("Mean"), *_COMPARED, Column("Tasks", numeric=True), *_SIZES]
    caption = (
        "Means of the measures that decide, and each arm's difference from the control. The small lines are 95 % "
        "intervals."
    )
    return Table(caption, columns, _groups(means, control, _mean_cells))


def _mean_cells(row: Mapping[Any, Any], is_control: bool) -> list[Cell]:
    compared, sizes = _compared_cells(row, is_control), _size_cells(row)
    return [Cell(row["mean"], measure_name(row["measure"])), *compared, Cell(numbers.count(row["tasks"])), *sizes]


def scores_block(means: pd.DataFrame, control: str, printed: Mapping[str, Printed], label: str) -> Table:
    """The means of scores as the paper forms them, beside its own where `printed` has any."""
    columns = [Column("Mean"), *_COMPARED, Column("Tasks", numeric=True), *_SIZES]
    kept = [*columns] if means["decides"].astype(bool).any() else _without_verdicts(columns)
    if printed:
        kept += [Column("Paper, as printed", numeric=True), Column("Paper, corrected", numeric=True)]

    def cells(row: Mapping[Any, Any], is_control: bool) -> list[Cell]:
        arm = control if is_control else row["arm"]
        over = "" if row["over"] == ALL_TASKS else "tasks above chance"
        own = [Cell(row["mean"], over), *_compared_cells(row, is_control)]
        own += [Cell(numbers.count(row["tasks"])), *_size_cells(row)]
        own = [cell for cell, column in zip(own, columns, strict=True) if column in kept]
        if printed:
            own += [_printed_cell(printed, arm, control, row, corrected) for corrected in (False, True)]
        return own

    caption = "Mean scores in points (accuracy, exact match, pass@1: a right answer is 100). The small lines are 95 % "
    caption += "intervals" + (f"; in the last columns, the difference from the control's. {label}." if printed else ".")
    return Table(caption, kept, _groups(means, control, cells))


def _printed_cell(
    printed: Mapping[str, Printed], arm: str, control: str, row: Mapping[Any, Any], corrected: bool
) -> Cell:
    def value(name: str) -> float:
        found = printed.get(name)
        if found is None or row["over"] == ABOVE_CHANCE:
            return math.nan
        scores = found.corrected if corrected and found.corrected is not None else found.scores
        return scores.get(row["mean"], math.nan)

    own = value(arm)
    against = numbers.signed(own - value(control), 1) if arm != control else ""
    return Cell(numbers.decimal(own, 1), "" if against == numbers.DASH else against)


def tasks_block(tasks: pd.DataFrame, control: str, decides: bool) -> Table:
    """Task by task: what decides, or what is shown only, without verdicts."""
    columns = [Column("Task"), *_COMPARED, Column("Chance", numeric=True), *_SIZES]
    kept = columns if decides else _without_verdicts(columns)

    def cells(row: Mapping[Any, Any], is_control: bool) -> list[Cell]:
        chance = Cell(numbers.decimal(row["chance"], 0 if float(row["chance"]).is_integer() else 1))
        name, compared = Cell(row["task"], measure_name(row["measure"])), _compared_cells(row, is_control)
        own = [name, *compared, chance, *_size_cells(row)]
        return [cell for cell, column in zip(own, columns, strict=True) if column in kept]

    what = "what decides" if decides else "what is shown only: no verdict rests on it"
    title = f"Task by task, {what}"
    caption = f"{title}. Points for shares of right answers and p_correct; intervals of 95 % in small."
    return Table(caption, kept, _groups(tasks, control, cells), title)


def _without_verdicts(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.title not in ("Verdict", "p (Holm)")]


def _groups(frame: pd.DataFrame, control: str, cells: Any) -> list[tuple[str, list[list[Cell]]]]:
    arms = [(str(arm), rows.to_dict("records")) for arm, rows in frame.groupby("arm", sort=False)]
    groups = [(f"{control} (the control)", [cells(row, True) for row in arms[0][1]])]
    return [*groups, *((arm, [cells(row, False) for row in rows]) for arm, rows in arms)]


def measure_name(name: str) -> str:
    """A measure's name as the page writes it."""
    return "bits per byte" if name == "bits_per_byte" else f"`{name}`"


def _digits(row: Mapping[Any, Any]) -> int:
    return 1 if row["unit"] == "points" else 4


def level(row: Mapping[Any, Any], of: str) -> Cell:
    """An absolute score with its interval; `of` is "score" or "control"."""
    low, high = (row[f"{of}_{end}"] for end in ("low", "high"))
    digits = _digits(row)
    name = "score" if of == "score" else "control_score"
    return Cell(numbers.decimal(row[name], digits), numbers.interval(low, high, lambda v: numbers.decimal(v, digits)))


def difference(row: Mapping[Any, Any], tone: str = "") -> Cell:
    """The difference from the control with its interval."""
    digits = _digits(row) + (row["unit"] == "points")
    shown = numbers.interval(row["low"], row["high"], lambda value: numbers.signed(value, digits))
    return Cell(numbers.signed(row["difference"], digits), shown, tone)


def _compared_cells(row: Mapping[Any, Any], is_control: bool) -> list[Cell]:
    nothing = Cell(numbers.DASH)
    if is_control:
        return [level(row, "control"), nothing, nothing, nothing, nothing]
    tone = _TONES.get(row["verdict"], "unclear")
    digits = _digits(row) + (row["unit"] == "points")
    return [
        level(row, "score"),
        difference(row, tone),
        Cell(row["verdict"], row["reason"], tone),
        Cell(numbers.p_value(row["p_holm"])),
        Cell(numbers.decimal(row["detectable"], digits)),
    ]


def _size_cells(row: Mapping[Any, Any]) -> list[Cell]:
    return [Cell(numbers.count(row["items"])), Cell(numbers.count(row["seeds"]))]


def measures_block(suite: SuiteResults) -> Table:
    """Which measures decide and which are shown only, with the reason."""
    columns = [Column("Task"), Column("Category"), Column("Measure"), Column("Grade"), Column("Because", prose=True)]
    groups: dict[str, list[list[Cell]]] = {}
    for measure in suite.measures:
        grade = "decides" if measure.decides else SHOWN_ONLY
        cells = [Cell(measure.task), Cell(measure.category), Cell(f"`{measure.name}`"), Cell(grade)]
        groups.setdefault("", []).append([*cells, Cell(measure.reason)])
    title = "Which measures decide, and why"
    return Table(f"{title}: declared before the study was trained, for its scale.", columns, [*groups.items()], title)


def above_chance_block(frame: pd.DataFrame) -> Table:
    """Of every task, the arm nearest to chance."""
    columns = [Column("Task"), Column("Chance", numeric=True), Column("Lowest arm"), Column("Its score", numeric=True)]
    cells = [
        [
            Cell(row["task"]),
            Cell(numbers.decimal(row["chance"], 1)),
            Cell(f"`{row['arm']}`"),
            Cell(
                numbers.decimal(row["score"], 1),
                numbers.interval(row["low"], row["high"], lambda value: numbers.decimal(value, 1)),
            ),
            Cell("yes" if row["passes"] else "no"),
        ]
        for row in frame.to_dict("records")
    ]
    title = "Which tasks all arms beat chance on"
    caption = f"{title}: those on which even the lowest arm's 95 % interval lies above it. Points."
    return Table(caption, [*columns, Column("All beat chance")], [("", cells)], title)


def clean_block(frame: pd.DataFrame) -> Table:
    """Scores without the items that were found in training documents."""
    columns = [
        Column("Task"),
        *(Column(title, numeric=True) for title in ("Found, of items", "Cannot be told", "Score, all")),
        *(Column(title, numeric=True) for title in ("Clean", "Clean − all", "Difference, all", "Clean", "Clean − all")),
        Column("Seeds", numeric=True),
    ]

    def row_cells(row: Mapping[Any, Any]) -> list[Cell]:
        return [
            Cell(row["task"]),
            Cell(f"{numbers.count(row['flagged'])} of {numbers.count(row['items'])}"),
            Cell(numbers.count(row["untold"])),
            *(Cell(numbers.decimal(row[name], 1)) for name in ("score", "clean_score")),
            Cell(numbers.signed(row["change"], 2), numbers.interval(row["change_low"], row["change_high"])),
            *(Cell(numbers.signed(row[name], 2)) for name in ("difference", "clean_difference")),
            Cell(
                numbers.signed(row["difference_change"], 2),
                numbers.interval(row["difference_change_low"], row["difference_change_high"]).strip(numbers.DASH),
            ),
            Cell(numbers.count(row["seeds"])),
        ]

    groups = [(str(arm), [row_cells(row) for row in rows.to_dict("records")]) for arm, rows in _by_arm(frame)]
    caption = (
        "Scores in points over all items and over those that were not found in training documents, and the same of the "
        "difference from the control; clean − all with its 95 % interval."
    )
    return Table(caption, columns, groups)


def attempts_block(frame: pd.DataFrame, control: str) -> Table:
    """pass@k."""
    columns = [
        Column("Task"),
        Column("Samples", numeric=True),
        *_without_verdicts(_COMPARED),
        Column("Problems", numeric=True),
        Column("Seeds", numeric=True),
    ]

    def cells(row: Mapping[Any, Any], is_control: bool) -> list[Cell]:
        score, against, _, _, detectable = _compared_cells(row, is_control)
        names = [Cell(row["task"], f"pass@{row['k']}"), Cell(numbers.count(row["samples"]))]
        return [*names, score, against, detectable, *_size_cells(row)]

    caption = "pass@k in points, by the unbiased estimate for every problem; intervals of 95 % over problems and seeds."
    return Table(caption, columns, _groups(frame, control, cells))


def judged_block(frame: pd.DataFrame, control: str, printed: Mapping[str, PrintedVerdicts]) -> Table:
    """Wins, losses and ties of judged answers, beside the paper's where `printed` has any."""
    titles = ("Win, %", "Loss, %", "Tie, %", "Win − loss", "p (sign)", "p (Holm)")
    columns = [
        Column("Arm"),
        *(Column(title, numeric=True) for title in titles),
        Column("Verdict"),
        *(Column(title, numeric=True) for title in ("Same in both orders, %", "No verdict", "Prompts", "Seeds")),
        *([Column("Paper, win − loss", numeric=True)] if printed else []),
    ]
    groups = []
    for judge, rows in frame.groupby("judge", sort=False):
        lines = []
        for row in rows.to_dict("records"):
            tone = _TONES.get(row["verdict"], "unclear")
            counts = (("win", "wins"), ("loss", "losses"), ("tie", "ties"))
            lines.append(
                [
                    Cell(f"`{row['arm']}`"),
                    *(Cell(numbers.decimal(row[share], 1), numbers.count(row[count])) for share, count in counts),
                    Cell(numbers.signed(row["difference"], 1), numbers.interval(row["low"], row["high"]), tone),
                    Cell(numbers.p_value(row["p_sign"])),
                    Cell(numbers.p_value(row["p_holm"])),
                    Cell(row["verdict"], "", tone),
                    Cell(numbers.decimal(row["consistent"], 1)),
                    *(Cell(numbers.count(row[name])) for name in ("unjudged", "prompts", "seeds")),
                    *([_verdicts_cell(printed.get(row["arm"]))] if printed else []),
                ]
            )
        groups.append((f"judged by {judge}", lines))
    caption = (
        f"Answers of every arm beside those of {control} to the same prompts. A win or a loss is one in both orders; "
        "all else is a tie. Small: pairs, and the 95 % interval."
    )
    return Table(caption, columns, groups)


def _verdicts_cell(printed: PrintedVerdicts | None) -> Cell:
    if printed is None:
        return Cell(numbers.DASH)
    pairs = printed.wins + printed.losses + printed.ties
    p_value = numbers.p_value(sign_p_value(printed.wins, printed.losses))
    return Cell(numbers.signed(100 * (printed.wins - printed.losses) / pairs, 1), f"p (sign) {p_value}")


def generations_blocks(suite: SuiteResults, arms: Sequence[str]) -> list[SideBySide]:
    """What the arms wrote, folded away."""
    blocks = []
    for task in suite.tasks.values():
        if task.generations:
            rows = [
                (f"Item `{item}`", [(arm, _shortened(texts[arm])) for arm in arms if arm in texts])
                for item, texts in task.generations
            ]
            blocks.append(SideBySide(f"{task.task}: what the arms wrote", rows))
    if suite.judged and suite.judged.answers:
        rows = [
            (_shortened(prompt), [(arm, _shortened(texts[arm])) for arm in arms if arm in texts])
            for prompt, texts in suite.judged.answers
        ]
        blocks.append(SideBySide("Judged prompts: what the arms wrote", rows))
    return blocks


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} […]"


def _by_arm(frame: pd.DataFrame):
    return frame.groupby("arm", sort=False)


def suite_table(means: pd.DataFrame, control: str) -> rich.table.Table | None:
    """The means that decide, for a terminal of 80 columns or more; None where no measure decides."""
    deciding = means[means["decides"].astype(bool) & (means["over"] == ALL_TASKS)]
    if deciding.empty:
        return None
    table = rich.table.Table(
        title=rich.text.Text(f"Benchmarks, each arm against {control}: means of the measures that decide"),
        caption=rich.text.Text("Second lines: items / seeds, and 95 % intervals. Bits per byte: lower is better."),
        box=rich.box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("Arm, mean", overflow="fold", min_width=16)
    table.add_column("Measure", overflow="fold")
    table.add_column("Difference", justify="right", no_wrap=True)
    table.add_column("p (Holm)", justify="right", no_wrap=True)
    table.add_column("Verdict")
    for arm, rows in _by_arm(deciding):
        table.add_row(rich.text.Text(str(arm), style="bold"))
        for row in rows.to_dict("records"):
            cell = difference(row, _TONES.get(row["verdict"], "unclear"))
            style = _STYLES[cell.tone]
            table.add_row(
                _lines(f"  {row['mean']}", f"  {numbers.count(row['items'])} / {numbers.count(row['seeds'])}"),
                measure_name(row["measure"]).strip("`"),
                _lines(cell.text, cell.detail, style),
                numbers.p_value(row["p_holm"]),
                _lines(row["verdict"], row["reason"], style),
            )
        table.add_section()
    return table


def _lines(first: str, second: str, style: str = "") -> rich.text.Text:
    text = rich.text.Text(first, style=style)
    return text.append(f"\n{second}", style="dim") if second else text
