"""The phases of a plan as a picture: tokens from the start of an arm to the right, a lane for every branch."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, Rectangle
from matplotlib.textpath import TextPath

from codemix.reporting import numbers, style
from codemix.reporting.style import Theme

# family -> its place in a theme's cycle of colours, in the order of the legend
_COLORS = {"text": 0, "web_code": 1, "markup": 2, "synthetic": 3, "adjacent": 4, "instruct": 6}
_LANE, _BOX = 0.56, 0.46  # inches: of a lane, and of the boxes in it
_SMALLEST = 0.8  # of the font's size, to which a text is made smaller before it is cut
_FILL = 0.42  # opacity of the colours, under text


@dataclasses.dataclass(frozen=True)
class _Size:
    """Of a picture: inches, and points of its fonts."""

    width: float
    names: float  # inches to the right of the boxes, for the names of arms, at most
    font: float
    lines: int  # of text in a box
    legend: int  # entries in a line of it
    ticks: int


_WIDE, _NARROW = _Size(9.6, 2.3, 7.6, 3, 6, 9), _Size(3.6, 1.15, 6.2, 1, 3, 4)


@dataclasses.dataclass(frozen=True)
class _Node:
    """A phase of the first seed in its place. `start` is in tokens from the start of the arm; `ending` names the arms
    whose last phase it is."""

    phase: Mapping[str, Any]
    start: int
    lane: int
    children: tuple["_Node", ...]
    ending: tuple[str, ...]

    @property
    def end(self) -> int:
        return self.start + self.phase["tokens"]


def dag_svg(plan: Mapping[str, Any]) -> bytes:
    """The picture of a plan (the content of plan.json) with its title, as SVG for a light page."""
    theme = style.THEMES[0]
    with style.applied(theme):
        return style.to_svg(_drawn(plan, theme, _WIDE, _title(plan)))


def dag_figure(plan: Mapping[str, Any], theme: Theme, narrow: bool) -> Figure:
    """The same for a page that says the rest."""
    return _drawn(plan, theme, _NARROW if narrow else _WIDE, "")


def _title(plan: Mapping[str, Any]) -> str:
    study, sharing = plan["study"], plan["sharing"]
    return (
        f"{study['name']}: {study['title']}\n"
        f"{numbers.plural(len(study['arms']), 'arm')} × {numbers.plural(len(study['seeds']), 'seed')} at scale "
        f"{study['scale']}. Arm by arm {numbers.short_count(sharing['tokens_arm_by_arm'])} tokens, each phase once "
        f"{numbers.short_count(sharing['tokens_trained'])}: {numbers.percent(sharing['saved_share'])} saved."
    )


def _drawn(plan: Mapping[str, Any], theme: Theme, size: _Size, title: str) -> Figure:
    roots = _placed(plan)
    nodes = [node for root in roots for node in _walk(root)]
    lanes = 1 + max(node.lane for node in nodes)
    families = _families(plan)
    named = [name for name in _COLORS if name in families.values()] + sorted(set(families.values()) - set(_COLORS))
    colors = {name: theme.cycle[_COLORS.get(name, 5)] for name in named}

    legend_lines = -(-len(named) // size.legend)
    top, bottom = (0.56 if title else 0.14) + 0.16 * legend_lines, 0.42
    height = top + lanes * _LANE + bottom
    figure = Figure(figsize=(size.width, height))
    beside = [", ".join(node.ending) for node in nodes if not node.children]
    longest_name = max(_inches(names, size.font + 0.4, "normal") for names in beside)
    size = dataclasses.replace(size, names=min(size.names, longest_name + 0.2))
    left, right = 0.12, size.names + 0.1
    inside = size.width - left - right
    axes = figure.add_axes((left / size.width, bottom / height, inside / size.width, lanes * _LANE / height))
    longest = max(node.end for node in nodes)
    for node in nodes:
        _draw_node(axes, node, families, colors, theme, size, inside / longest)
    axes.set_xlim(0, longest)
    axes.set_ylim(lanes - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: numbers.short_count(value))
    axes.locator_params(axis="x", nbins=size.ticks)
    axes.set_xlabel("tokens from the start of the arm", fontsize=size.font, loc="left")
    axes.tick_params(axis="x", labelsize=size.font)
    if size.lines > 1:
        key = "thick: shared by several arms    ✓ trained    ┤ arms that end there"
        figure.text(1 - 0.1 / size.width, 0.1 / height, key, ha="right", color=theme.soft, fontsize=size.font - 0.6)
    if title:
        first, second = title.split("\n")
        figure.text(left / size.width, 1 - 0.1 / height, first, va="top", fontweight="bold", fontsize=size.font + 2.5)
        figure.text(left / size.width, 1 - 0.3 / height, second, va="top", color=theme.soft, fontsize=size.font)
    figure.legend(
        handles=[Patch(facecolor=colors[name], alpha=_FILL + 0.2, label=name) for name in named],
        loc="upper left",
        bbox_to_anchor=(left / size.width, 1 - (0.46 if title else 0.04) / height),
        borderaxespad=0,
        borderpad=0,
        ncols=size.legend,
        handlelength=1.2,
        columnspacing=1.4,
        fontsize=size.font,
    )
    return figure


def _placed(plan: Mapping[str, Any]) -> list[_Node]:
    """The phases of the first seed as trees, each branch in its lane: a phase lies in that of its first child."""
    seed = plan["study"]["seeds"][0]
    phases = {phase["key"]: phase for phase in plan["phases"] if phase["seed"] == seed}
    children: dict[str | None, list[str]] = {}
    for key, phase in phases.items():
        parent = phase["parent"] if phase["parent"] in phases else None  # an arm may start from an imported model
        children.setdefault(parent, []).append(key)
    ending: dict[str, list[str]] = {}
    for run in plan["runs"]:
        if run["seed"] == seed:
            ending.setdefault(run["phases"][-1], []).append(run["arm"])
    free = iter(range(len(phases)))

    def place(key: str, start: int) -> _Node:
        below = tuple(place(child, start + phases[key]["tokens"]) for child in children.get(key, ()))
        lane = below[0].lane if below else next(free)
        return _Node(phases[key], start, lane, below, tuple(ending.get(key, ())))

    return [place(key, 0) for key in children[None]]


def _walk(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _families(plan: Mapping[str, Any]) -> dict[str, str]:
    """source -> its family, of all that are read; a plan that does not tell it has each source as its own."""
    read = {source for phase in plan["phases"] for source in phase["weights"]}
    return {source: plan["sources"].get(source, {}).get("family", source) for source in sorted(read)}


def _draw_node(
    axes: Axes,
    node: _Node,
    families: Mapping[str, str],
    colors: Mapping[str, str],
    theme: Theme,
    size: _Size,
    scale: float,
) -> None:
    """A box: its mixture as bands over its tokens, its text, and the lines to the branches below. `scale` is inches
    for a token."""
    gap, half = min(0.025 / scale, 0.1 * (node.end - node.start)), _BOX / _LANE / 2
    first, last = node.start + gap, node.end - gap
    top = node.lane - half
    for points, low, high, color in _bands(node, families, colors):
        under, over = (2 * half * (1 - share) + top for share in (low, high))
        axes.fill_between(np.clip(points, first, last), under, over, color=color, alpha=_FILL, linewidth=0)
    done = node.phase.get("done", False)
    edge = theme.cycle[2] if done else theme.soft
    shared = len(node.phase["arms"]) > 1
    axes.add_patch(
        Rectangle((first, top), last - first, 2 * half, fill=False, edgecolor=edge, linewidth=1.5 if shared else 0.7)
    )
    for child in node.children[1:]:
        line = [node.lane + half, child.lane - half]
        axes.plot([node.end, node.end], [node.lane, line[1] + half], color=theme.soft, linewidth=0.9)
        axes.plot([node.end, node.end + gap], [child.lane, child.lane], color=theme.soft, linewidth=0.9)
    _write(axes, node, theme, size, first + 0.04 / scale, last - 0.04 / scale, scale)


def _bands(
    node: _Node, families: Mapping[str, str], colors: Mapping[str, str]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, str]]:
    """Each family's share over the tokens of a phase, stacked: tokens, lower and upper bound, colour."""
    pieces = node.phase.get("pieces") or [{"tokens": node.phase["tokens"], "weights": node.phase["weights"]}]
    ends = node.start + np.cumsum([0, *(piece["tokens"] for piece in pieces)])
    points = np.repeat(ends, 2)[1:-1]
    below = np.zeros(len(points))
    for family, color in colors.items():
        shares = [
            sum(share for source, share in piece["weights"].items() if families[source] == family) for piece in pieces
        ]
        if any(shares):
            above = below + np.repeat(shares, 2)
            yield points, below, above, color
            below = above


def _write(axes: Axes, node: _Node, theme: Theme, size: _Size, first: float, last: float, scale: float) -> None:
    """The text of a box, as far as it fits, and beside it the arms that end there."""
    phase, width = node.phase, (last - first) * scale
    ends_here = f"   ┤ {', '.join(node.ending)}" if node.ending and node.children else ""
    tokens = numbers.short_count(phase["tokens"])
    lines = [
        [("✓ " if phase.get("done", False) else "") + phase["name"] + ends_here],
        [phase.get("mixture", "")],
        [f"{tokens} tokens, {numbers.count(phase['steps'])} steps", f"{tokens} tokens", tokens],
    ]
    for place, wordings in enumerate(lines[: size.lines]):
        weight = "bold" if place == 0 else "normal"
        text, font = _fitting(wordings, width, size.font, weight)
        height = node.lane + (place - (size.lines - 1) / 2) * _BOX / _LANE / 3
        axes.text(first, height, text, va="center", fontsize=font, fontweight=weight, clip_on=True)
    if node.ending and not node.children:
        names = _wrapped(", ".join(node.ending), size.names - 0.1, size.font)
        axes.text(
            last + 0.12 / scale,
            node.lane,
            "\n".join(names),
            va="center",
            fontsize=size.font + 0.4,
            color=theme.ink,
            clip_on=False,
        )


def _fitting(wordings: Sequence[str], width: float, font: float, weight: str) -> tuple[str, float]:
    """The first of the wordings that is not wider than `width` inches, if need be in a smaller font; else the last,
    cut. And the size of its font."""
    for words in wordings:
        if (needed := _inches(words, font, weight)) <= width / _SMALLEST:
            return words, font * min(1.0, width / max(needed, 1e-9))
    words = wordings[-1]
    while words and _inches(f"{words}…", font, weight) > width:
        words = words[:-1]
    return (f"{words}…" if len(words) > 1 else ""), font


def _wrapped(text: str, width: float, font: float) -> list[str]:
    """The text in lines of `width` inches at most, broken after commas and underscores."""
    lines = [""]
    for part in re.split(r"(?<=_)|(?<=, )", text):
        if lines[-1] and _inches(lines[-1] + part.rstrip(), font, "normal") > width:
            lines.append("")
        lines[-1] += part
    return lines


def _inches(text: str, font: float, weight: str) -> float:
    """The width of a text."""
    if not text.strip():
        return 0.0
    return TextPath((0, 0), text, size=font, prop=FontProperties(weight=weight)).get_extents().width / 72
