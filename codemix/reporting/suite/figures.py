"""The suite's figures: differences of means and of single benchmarks, scores beside chance, judged answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from codemix.reporting import style
from codemix.reporting.style import NARROW, WIDE, Theme
from codemix.reporting.suite.comparison import SuiteComparison
from codemix.reporting.suite.tables import measure_name
from codemix.reporting.verdicts import BETTER, WORSE

_ROW = 0.23  # inches of a benchmark's row in a panel
_DODGE = 0.145  # inches of an arm's place in a benchmark's row

Drawer = Callable[[Theme, bool], Figure]


def drawers(compared: SuiteComparison, arms: Sequence[str], control: str) -> dict[str, Drawer]:
    """Figure -> what draws it; figures without anything to show are left out."""
    means = compared.means[compared.means["decides"].astype(bool)]
    tasks = compared.tasks[compared.tasks["decides"].astype(bool)]
    found: dict[str, Drawer] = {}
    if len(means):
        found["suite_means"] = lambda theme, narrow: means_figure(means, arms, theme, narrow)
    if len(tasks) and compared.few_arms:
        found["suite_tasks"] = lambda theme, narrow: tasks_figure(tasks, arms, theme, narrow)
    if compared.few_arms:
        found["suite_scores"] = lambda theme, narrow: scores_figure(compared.tasks, arms, control, theme, narrow)
    if compared.judged is not None and len(compared.judged):
        judged = compared.judged
        found["judged"] = lambda theme, narrow: judged_figure(judged, theme, narrow)
    return found


def means_figure(means: pd.DataFrame, arms: Sequence[str], theme: Theme, narrow: bool) -> Figure:
    """One panel per mean and measure that decide, one row per arm."""
    panels = list(means.groupby(["measure", "mean"], sort=False))
    compared = [arm for arm in arms if arm in set(means["arm"])]
    columns = 1 if narrow else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    height = rows * (0.95 + 0.26 * len(compared)) + 0.2
    figure, axes = _grid(rows, columns, len(panels), height, narrow)
    for panel, ((_, mean), of_panel) in zip(axes, panels, strict=False):
        by_arm = of_panel.set_index("arm")
        for place, arm in enumerate(compared):
            _mark(panel, by_arm.loc[arm].to_dict(), place, arms.index(arm), theme)
        _dress(panel, compared, theme)
        first = by_arm.iloc[0].to_dict()
        panel.set_title(f"{mean}, {_named(first)}")
        panel.set_xlabel(_better(first), fontsize="small")
    return figure


def tasks_figure(tasks: pd.DataFrame, arms: Sequence[str], theme: Theme, narrow: bool) -> Figure:
    """One panel per measure that decides and arm, one row per benchmark."""
    panels = list(tasks.groupby(["measure", "arm"], sort=False))
    panels.sort(key=lambda entry: list(dict.fromkeys(tasks["measure"])).index(entry[0][0]))
    names = list(dict.fromkeys(tasks["task"]))
    columns = 1 if narrow else min(tasks["arm"].nunique(), 3)
    rows = -(-len(panels) // columns)
    height = rows * (0.95 + _ROW * len(names)) + 0.2
    figure, axes = _grid(rows, columns, len(panels), height, narrow)
    for panel, ((_, arm), of_panel) in zip(axes, panels, strict=False):
        for row in of_panel.to_dict("records"):
            _mark(panel, row, names.index(row["task"]), arms.index(arm), theme)
        _dress(panel, names, theme)
        first = of_panel.iloc[0].to_dict()
        panel.set_title(f"{arm}\n{_named(first)}" if narrow else f"{arm}, {_named(first)}")
        panel.set_xlabel(_better(first), fontsize="small")
    return figure


def scores_figure(tasks: pd.DataFrame, arms: Sequence[str], control: str, theme: Theme, narrow: bool) -> Figure:
    """Every benchmark's score, the arms below each other, with chance as an upright bar."""
    scores = tasks.groupby(["arm", "task"], sort=False).head(1)  # a task's score is its first measure
    names = list(dict.fromkeys(scores["task"]))
    slot = max(0.3, _DODGE * (len(arms) + 1))
    figure = Figure(figsize=(NARROW if narrow else WIDE, 0.9 + slot * len(names)), layout="constrained")
    axes = figure.subplots()
    for place, task in enumerate(names):
        of_task = scores[scores["task"] == task].set_index("arm")
        chance = of_task.iloc[0]["chance"]
        if chance > 0:
            axes.plot([chance, chance], [place - 0.42, place + 0.42], color=theme.soft, linewidth=1.4, linestyle=":")
        for number, arm in enumerate(arms):
            row = of_task.iloc[0] if arm == control else of_task.loc[arm]
            kind = "control" if arm == control else "score"
            height = place + (number - (len(arms) - 1) / 2) * _DODGE / slot
            color = theme.cycle[number % len(theme.cycle)]
            axes.plot([row[f"{kind}_low"], row[f"{kind}_high"]], [height, height], color=color, linewidth=1.3)
            axes.plot(
                row["control_score" if arm == control else "score"],
                height,
                marker=style.MARKERS[number % len(style.MARKERS)],
                markersize=4.5,
                color=color,
                linestyle="none",
                label=arm if place == 0 else None,
            )
        if place:
            axes.axhline(place - 0.5, color=theme.rule, linewidth=0.6)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel("score, points")
    figure.legend(loc="outside upper left", ncols=2 if narrow else 4, fontsize="small" if narrow else None)
    return figure


def judged_figure(judged: pd.DataFrame, theme: Theme, narrow: bool) -> Figure:
    """Stacked bars of wins, ties and losses, one per judge and arm."""
    rows = judged.to_dict("records")
    several = judged["judge"].nunique() > 1
    height = 1.1 + (0.5 if narrow and several else 0.34) * len(rows)
    figure = Figure(figsize=(NARROW if narrow else WIDE, height), layout="constrained")
    axes = figure.subplots()
    shades = (("win", theme.cycle[2], ""), ("tie", theme.rule, ""), ("loss", theme.cycle[1], "///"))
    for place, row in enumerate(rows):
        left = 0.0
        for name, color, hatch in shades:
            share = row[name]
            label = name if place == 0 else None
            axes.barh(
                place, share, left=left, height=0.66, facecolor=color, hatch=hatch, edgecolor=theme.page, label=label
            )
            if share > (14 if narrow else 5):
                box = {"boxstyle": "round,pad=0.2", "facecolor": theme.page, "edgecolor": "none"}
                text = f"{share:.0f}\u00a0%"
                axes.text(left + share / 2, place, text, ha="center", va="center", fontsize="small", bbox=box)
            left += share
    joint = "\n" if narrow else " · "
    axes.set_yticks(range(len(rows)), [f"{row['arm']}{joint}{row['judge']}" if several else row["arm"] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("pairs, %")
    figure.legend(loc="outside upper left", ncols=3)
    return figure


def _grid(rows: int, columns: int, panels: int, height: float, narrow: bool) -> tuple[Figure, Sequence[Axes]]:
    layout = ConstrainedLayoutEngine(h_pad=0.1)
    figure = Figure(figsize=(NARROW if narrow else WIDE, height), layout=layout)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for panel in axes[panels:]:
        panel.set_visible(False)
    return figure, list(axes)


def _mark(panel: Axes, row: Mapping[Any, Any], place: int, number: int, theme: Theme) -> None:
    color = theme.cycle[number % len(theme.cycle)]
    if np.isfinite([row["low"], row["high"]]).all():
        panel.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2)
    panel.plot(
        row["difference"],
        place,
        marker=style.MARKERS[number % len(style.MARKERS)],
        markersize=6,
        markeredgewidth=1.5,
        markeredgecolor=color,
        markerfacecolor=color if row["verdict"] in (BETTER, WORSE) else theme.page,
        linestyle="none",
    )


def _dress(panel: Axes, names: Sequence[str], theme: Theme) -> None:
    panel.axvline(0, color=theme.soft, linewidth=1, zorder=0.9)
    style.name_rows(panel, names)


def _named(row: Mapping[Any, Any]) -> str:
    return measure_name(str(row["measure"])).strip("`")


def _better(row: Mapping[Any, Any]) -> str:
    side = "right" if row["higher_is_better"] else "left"
    return f"{row['unit']}   ({side} of 0: better)"
