"""The figures of a report: the comparison, the phases, the loss curves and the ledger."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from codemix.reporting import numbers, style
from codemix.reporting.comparison import ALL_SOURCES
from codemix.reporting.dag import dag_figure
from codemix.reporting.looks import looks_figure
from codemix.reporting.results import StudyResults
from codemix.reporting.style import NARROW, WIDE, Theme
from codemix.reporting.suite.comparison import SuiteComparison
from codemix.reporting.suite.figures import Drawer
from codemix.reporting.suite.figures import drawers as suite_drawers
from codemix.reporting.verdicts import BETTER, WORSE

CURVE_POINTS = 120
_FRAME_FROM = 0.12  # share of a run whose losses, still falling steeply, may lie above the frame


def draw(
    results: StudyResults, comparison: pd.DataFrame, suite: SuiteComparison | None = None
) -> tuple[dict[tuple[str, str, str], bytes], dict[str, bytes]]:
    """All figures: SVG by (figure, theme, "wide" or "narrow"), and the wide ones as PNG by "FIGURE-THEME"."""
    drawers: dict[str, Drawer] = {
        "comparison": lambda theme, narrow: comparison_figure(results, comparison, theme, narrow),
        "dag": lambda theme, narrow: dag_figure(results.plan, theme, narrow),
        "loss": lambda theme, narrow: loss_figure(results, theme, narrow),
        "ledger": lambda theme, narrow: ledger_figure(results, theme, narrow),
    }
    if results.looks is not None:
        looks = results.looks
        drawers["looks"] = lambda theme, narrow: looks_figure(looks, results.arms, theme, narrow)
    if suite:
        drawers |= suite_drawers(suite, results.arms, results.control)
    vectors, pixels = {}, {}
    for name, drawer in drawers.items():
        for theme in style.THEMES:
            for width in ("wide", "narrow"):
                with style.applied(theme):
                    figure = drawer(theme, width == "narrow")
                    vectors[name, theme.name, width] = style.to_svg(figure)
                    if width == "wide":
                        pixels[f"{name}-{theme.name}"] = style.to_png(figure)
    return vectors, pixels


def comparison_figure(results: StudyResults, comparison: pd.DataFrame, theme: Theme, narrow: bool) -> Figure:
    """Dots and 95 % intervals: one panel per held-out source, one row per arm; filled where the verdict is clear."""
    arms = [arm for arm in results.arms if arm != results.control]
    sources = [ALL_SOURCES, *(part.source for part in results.scores)]
    columns = 1 if narrow else min(len(sources), 4)
    rows = -(-len(sources) // columns)
    height = rows * (0.95 + 0.3 * len(arms)) + 0.2
    figure = Figure(figsize=(NARROW if narrow else WIDE, height), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for panel in panels[len(sources) :]:
        panel.set_visible(False)
    for panel, source in zip(panels, sources, strict=False):
        of_source = comparison[comparison["source"] == source].set_index("arm")
        _comparison_panel(panel, of_source, arms, results, theme)
        panel.set_title(source)
    figure.supxlabel("change in bits per byte, %   (left of 0: better)", color=theme.soft, fontsize="medium")
    return figure


def _comparison_panel(panel: Axes, rows: pd.DataFrame, arms: list[str], results: StudyResults, theme: Theme) -> None:
    panel.axvline(0, color=theme.soft, linewidth=1)
    for place, arm in enumerate(arms):
        row = rows.loc[arm]
        number = results.arms.index(arm)
        color = theme.cycle[number % len(theme.cycle)]
        clear = row["verdict"] in (BETTER, WORSE)
        if np.isfinite([row["change_low"], row["change_high"]]).all():
            panel.plot([row["change_low"], row["change_high"]], [place, place], color=color, linewidth=2.2)
        panel.plot(
            row["change_percent"],
            place,
            marker=style.MARKERS[number % len(style.MARKERS)],
            markersize=7,
            markeredgewidth=1.6,
            markeredgecolor=color,
            markerfacecolor=color if clear else theme.page,
            linestyle="none",
        )
    style.name_rows(panel, arms)


def loss_figure(results: StudyResults, theme: Theme, narrow: bool) -> Figure:
    """Training loss over tokens: the mean over seeds per arm, each seed thin; dotted lines where a phase begins."""
    figure = Figure(figsize=(NARROW, 3.9) if narrow else (WIDE, 4.4), layout="constrained")
    axes = figure.subplots()
    longest = max(curve["tokens"].max() for curve in results.curves.values())
    edges = np.linspace(0, longest, CURVE_POINTS + 1)
    inside = []
    for number, arm in enumerate(results.arms):
        color, dashes = theme.cycle[number % len(theme.cycle)], style.DASHES[number % len(style.DASHES)]
        seeds = pd.concat(
            {seed: binned_curve(results.curves[arm, seed], edges) for seed in results.seeds}, axis="columns"
        )
        for seed in results.seeds:
            axes.plot(seeds.index, seeds[seed], color=color, linewidth=0.6, alpha=0.4)
        mean = seeds.mean(axis="columns")
        axes.plot(mean.index, mean, color=color, linestyle=dashes, linewidth=1.9, label=arm)
        inside.append(seeds[seeds.index > _FRAME_FROM * longest])
    losses = np.concatenate([part.to_numpy().ravel() for part in inside])
    low, high = np.nanmin(losses), np.nanmax(losses)
    axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    axes.set_xlim(0, longest)
    for start in _phase_starts(results):
        axes.axvline(start, color=theme.soft, linewidth=1, linestyle=":")
    axes.xaxis.set_major_formatter(lambda value, _: numbers.short_count(value))
    axes.locator_params(axis="x", nbins=5 if narrow else 8)
    axes.set_xlabel("training tokens")
    axes.set_ylabel("loss, nats per token")
    axes.tick_params(axis="y", labelcolor=theme.soft)
    axes.grid()
    figure.legend(
        loc="outside upper left", ncols=2 if narrow else 4, handlelength=2.8, fontsize="small" if narrow else None
    )
    return figure


def binned_curve(curve: pd.DataFrame, edges: np.ndarray) -> pd.Series:
    """The mean loss in each bin of tokens, at the bins' middles; bins without a record are left out."""
    bins = np.clip(np.searchsorted(edges, curve["tokens"], side="left") - 1, 0, len(edges) - 2)
    means = curve["loss"].groupby(bins).mean()
    means.index = (edges[means.index] + edges[means.index + 1]) / 2
    return means


def _phase_starts(results: StudyResults) -> list[int]:
    starts: set[int] = set()
    for arm in results.arms:
        ends = np.cumsum([phase["tokens"] for phase in results.phases_of(arm)])
        starts.update(int(end) for end in ends[:-1])
    return sorted(starts)


def ledger_figure(results: StudyResults, theme: Theme, narrow: bool) -> Figure:
    """Tokens by training source, one bar per arm and phase; epochs where a source has been read more than once."""
    ledger = pd.DataFrame(results.plan["ledger"])
    sources = list(dict.fromkeys(ledger["source"]))
    bars = [(arm, phase) for arm in results.arms for phase in results.phases_of(arm)]
    figure = Figure(
        figsize=(NARROW if narrow else WIDE, 0.9 + (0.5 if narrow else 0.34) * len(bars)), layout="constrained"
    )
    axes = figure.subplots()
    largest = ledger.groupby(["arm", "index"])["tokens"].sum().max()
    for place, (arm, phase) in enumerate(bars):
        left = 0
        lines = ledger[(ledger["arm"] == arm) & (ledger["index"] == phase["index"])]
        for line in lines.to_dict("records"):
            _ledger_piece(axes, place, left, line, sources.index(line["source"]), theme, wide_enough=0.05 * largest)
            left += line["tokens"]
    joint = "\n" if narrow else " · "
    axes.set_yticks(range(len(bars)), [f"{arm}{joint}{phase['name']}" for arm, phase in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: numbers.short_count(value))
    axes.locator_params(axis="x", nbins=4 if narrow else 8)
    axes.set_xlabel("tokens")
    axes.grid(axis="x")
    figure.legend(
        handles=[_source_patch(number, theme, label=source) for number, source in enumerate(sources)],
        loc="outside upper left",
        ncols=2 if narrow else 6,
        fontsize="small" if narrow else None,
    )
    return figure


def _ledger_piece(axes: Axes, place: int, left: int, line: dict, number: int, theme: Theme, wide_enough: float) -> None:
    patch = _source_patch(number, theme)
    axes.barh(
        place,
        line["tokens"],
        left=left,
        height=0.66,
        facecolor=patch.get_facecolor(),
        edgecolor=theme.page,
        hatch=patch.get_hatch(),
    )
    if (line["epochs"] or 0) > 1 and line["tokens"] >= wide_enough:
        box = {"boxstyle": "round,pad=0.2", "facecolor": theme.page, "edgecolor": "none"}
        text = f"×{line['epochs']:.1f}"
        axes.text(left + line["tokens"] / 2, place, text, ha="center", va="center", fontsize="small", bbox=box)


def _source_patch(number: int, theme: Theme, label: str | None = None) -> Patch:
    return Patch(
        facecolor=theme.cycle[number % len(theme.cycle)],
        edgecolor=theme.page,
        hatch=style.HATCHES[number % len(style.HATCHES)],
        label=label,
    )
