"""How figures look: one theme for light and one for dark pages, and marks told apart without colour."""

import dataclasses
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

WIDE, NARROW = 9.6, 3.6  # inches: on a desk, on a phone
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
DASHES = (
    "-",
    (0, (5, 1.5)),
    (0, (1.5, 1.2)),
    (0, (6, 1.5, 1.5, 1.5)),
    (0, (3, 1)),
    (0, (8, 2)),
    (0, (1, 2)),
    (0, (4, 1, 1, 1)),
)
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "++", "oo")


@dataclasses.dataclass(frozen=True)
class Theme:
    """`cycle` are colours that stay apart for colour-blind readers, after Okabe and Ito 2008 (*Color universal
    design*), darkened or lightened where they would be faint on the page."""

    name: str
    page: str
    ink: str
    soft: str
    rule: str
    cycle: tuple[str, ...]


THEMES = (
    Theme(
        "light",
        page="#ffffff",
        ink="#1b1f24",
        soft="#57606a",
        rule="#d5d9de",
        cycle=("#0072b2", "#d55e00", "#009e73", "#b8578f", "#b57c00", "#2f8fd0", "#1b1f24", "#8a6d3b"),
    ),
    Theme(
        "dark",
        page="#14171c",
        ink="#e6e9ed",
        soft="#a3acb8",
        rule="#363c45",
        cycle=("#56b4e9", "#ff8a4c", "#2fc79a", "#e39bc6", "#f0c040", "#9a9cf5", "#e6e9ed", "#c9a66b"),
    ),
)


def settings(theme: Theme) -> "dict[RcKeyType, Any]":
    """The theme as matplotlib's settings."""
    return {
        "figure.facecolor": theme.page,
        "savefig.facecolor": theme.page,
        "axes.facecolor": theme.page,
        "axes.edgecolor": theme.rule,
        "axes.labelcolor": theme.soft,
        "axes.titlecolor": theme.ink,
        "axes.titlesize": "medium",
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": theme.rule,
        "grid.linewidth": 0.6,
        "text.color": theme.ink,
        "xtick.color": theme.rule,
        "ytick.color": theme.rule,
        "xtick.labelcolor": theme.soft,
        "ytick.labelcolor": theme.ink,
        "legend.frameon": False,
        "hatch.linewidth": 0.5,
        "font.size": 9.5,
        "svg.fonttype": "path",
        "svg.hashsalt": "codemix",
    }


@contextmanager
def applied(theme: Theme) -> Iterator[None]:
    """matplotlib's own defaults with this theme, whatever the reader's configuration: equal inputs, equal bytes."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings(theme))
        yield


def to_svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def to_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160, metadata={"Software": None})
    return buffer.getvalue()


def name_rows(panel: Axes, names: Sequence[str]) -> None:
    """A panel of dots with intervals: its rows, from the top, bear these names."""
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.45, -0.55)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.grid(axis="x")
    panel.margins(x=0.12)
    panel.locator_params(axis="x", nbins=5)
