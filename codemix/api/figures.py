"""How figures look: the report's colours and marks, and the two figures that take more than a few lines."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from codemix.api.attention import AttentionWeights
from codemix.api.study import StudyView
from codemix.reporting import numbers, style

THEME = style.THEMES[0]
TEXT_TO_CODE = LinearSegmentedColormap.from_list("text to code", [THEME.cycle[0], THEME.rule, THEME.cycle[1]])
_DOTS_PER_INCH = 100
_LABELLED = 40  # positions, up to which each has its token beside it


def begin() -> None:
    """Gives the figures that follow the report's look."""
    plt.switch_backend(plt.get_backend())  # before the first figure: a notebook then shows those of the report, too
    plt.rcParams.update(style.settings(THEME))
    plt.rcParams.update({"figure.dpi": _DOTS_PER_INCH, "figure.constrained_layout.use": True})


def arm_style(study: StudyView, arm: str) -> dict[str, Any]:
    """The colour and dashes that the arm's lines have in the report."""
    number = study.arms.index(arm)
    return {
        "color": THEME.cycle[number % len(THEME.cycle)],
        "linestyle": style.DASHES[number % len(style.DASHES)],
    }


def source_color(study: StudyView, source: str) -> str:
    """The colour that the source has in the ledger's figure."""
    sources = _sources(study)
    return THEME.cycle[(sources.index(source) if source in sources else len(sources)) % len(THEME.cycle)]


def mixture_figure(study: StudyView, arms: Sequence[str]) -> Figure:
    """The share of every source over the tokens of each arm."""
    figure, panels = plt.subplots(len(arms), 1, figsize=(9.6, 1.7 * len(arms) + 0.5), sharex=True, squeeze=False)
    sources = _sources(study)
    for panel, arm in zip(panels[:, 0], arms, strict=True):
        mixture = study.mixture(arm).reindex(columns=[*sources, "end"], fill_value=0.0)
        edges = np.concatenate([[0], mixture["end"]])
        bottom = np.zeros(len(mixture))
        for number, source in enumerate(sources):
            top = bottom + mixture[source].to_numpy()
            panel.fill_between(
                edges,
                np.append(bottom, bottom[-1]),
                np.append(top, top[-1]),
                step="post",
                facecolor=source_color(study, source),
                edgecolor=THEME.page,
                hatch=style.HATCHES[number % len(style.HATCHES)],
                linewidth=0,
                label=source,
            )
            bottom = top
        panel.set(title=arm, ylim=(0, 1), xlim=(0, edges[-1]), ylabel="share of tokens")
        panel.xaxis.set_major_formatter(lambda value, _: numbers.short_count(value))
    panels[-1, 0].set_xlabel("training tokens")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(sources))
    return figure


def attention_figure(found: Sequence[AttentionWeights], titles: Sequence[str]) -> Figure:
    """A row of panels for each text, one for each head: dark where a position (row) takes much from another."""
    heads = found[0].weights_HxTxT.shape[0]
    side = 4.6 if heads <= 2 else 9.6 / heads
    figure, panels = plt.subplots(len(found), heads, figsize=(side * heads, side * len(found)), squeeze=False)
    for row, weights, title in zip(panels, found, titles, strict=True):
        for head, panel in enumerate(row):
            panel.imshow(weights.weights_HxTxT[head], cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
            panel.set_title(f"{title}, head {head}")
            panel.spines[:].set_visible(False)
            panel.set(xticks=[], yticks=[])
            if len(weights.pieces) <= _LABELLED:
                shown = [_visible(piece) for piece in weights.pieces]
                panel.set_yticks(range(len(shown)), shown if head == 0 else [""] * len(shown), fontsize=6.5)
                panel.set_xticks(range(len(shown)), shown, fontsize=6.5, rotation=90)
                panel.tick_params(length=0)
    return figure


def _sources(study: StudyView) -> list[str]:
    """Those that are trained on, in the order that the ledger's figure has them in."""
    return list(dict.fromkeys(study.ledger["source"]))


def _visible(piece: str) -> str:
    """A token's text with its white space marked, and nothing that matplotlib reads as mathematics."""
    return piece.replace(" ", "·").replace("\n", "⏎").replace("\t", "⇥").replace("$", r"\$") or "∅"
