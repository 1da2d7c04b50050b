"""The figure of what was scored while the runs were trained."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from codemix.reporting import numbers, style
from codemix.reporting.style import NARROW, WIDE, Theme

_PANELS = 12  # more are in the file alone
_NAMES = {"bits_per_byte": "bits per byte", "p_correct": "p correct"}


def looks_figure(looks: pd.DataFrame, arms: Sequence[str], theme: Theme, narrow: bool) -> Figure:
    """A panel for every source or benchmark and measure over training tokens: the mean over seeds per arm, each seed
    thin."""
    shown = list(looks[["what", "measure"]].drop_duplicates().itertuples(index=False, name=None))[:_PANELS]
    columns = 1 if narrow else min(len(shown), 3)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(NARROW if narrow else WIDE, 1.9 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(shown) :]:
        panel.set_visible(False)
    for panel, (what, measure) in zip(panels, shown, strict=False):
        part = looks[(looks["what"] == what) & (looks["measure"] == measure)]
        for number, arm in enumerate(arms):
            color, dashes = theme.cycle[number % len(theme.cycle)], style.DASHES[number % len(style.DASHES)]
            seeds = part[part["arm"] == arm].pivot_table(index="tokens", columns="seed", values="value")
            for seed in seeds:
                panel.plot(seeds.index, seeds[seed], color=color, linewidth=0.6, alpha=0.4)
            mean = seeds.mean(axis="columns")
            panel.plot(mean.index, mean, color=color, linestyle=dashes, linewidth=1.9, label=arm)
        panel.set_title(f"{what}, {_NAMES.get(measure, measure)}")
        panel.xaxis.set_major_formatter(lambda value, _: numbers.short_count(value))
        panel.locator_params(axis="both", nbins=4)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=1 if narrow else 4)
    return figure
