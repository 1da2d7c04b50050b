"""The live view of a running study: a table on a terminal, lines elsewhere."""

import contextlib
import math
from collections.abc import Callable, Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from codemix.study.status import PhaseStatus, StudyStatus

_SHOWN = 12  # phases of a kind
_SMALL = 0.005  # share of a phase's time that is not told
_REFRESHES_PER_SECOND = 2
_WORDS = {
    "done": "done",
    "running": "[bold green]running[/]",
    "stopped": "[yellow]stopped[/]",
    "ready": "ready",
    "waiting": "[dim]waiting[/]",
}


class View:
    """What a process says while it trains: sentences above the table on a terminal, and lines where there is none."""

    def __init__(self, console: Console):
        self._console = console
        self._last = ""

    def tell(self, sentence: str) -> None:
        self._console.print(sentence, highlight=False)

    def step(self, sentence: str) -> None:
        """Says what happens now, once; the table shows it on a terminal."""
        if not self._console.is_terminal and sentence != self._last:
            self.tell(sentence)
        self._last = sentence


@contextlib.contextmanager
def watched(console: Console, look: Callable[[], StudyStatus]) -> Iterator[View]:
    """Shows what `look` sees, on a terminal, until the block ends."""
    if not console.is_terminal or console.quiet:
        yield View(console)
        return
    last = [look()]

    def render() -> RenderableType:
        with contextlib.suppress(OSError):  # a file that was replaced while it was looked at: the next look sees it
            last[0] = look()
        return shown_status(last[0])

    with Live(get_renderable=render, console=console, refresh_per_second=_REFRESHES_PER_SECOND, transient=True):
        yield View(console)


def shown_status(status: StudyStatus) -> RenderableType:
    """The state of a study, for people."""
    parts: list[RenderableType] = [_head(status)]
    shown = [
        *_some(status, "running"),
        *_some(status, "stopped"),
        *_some(status, "ready"),
        *_some(status, "waiting"),
    ]
    if shown:
        parts.append(_table(shown))
    hidden = len(status.phases) - status.count("done") - len(shown)
    if hidden:
        parts.append(Text(f"and {hidden} more that are not done", style="dim"))
    parts += [Text(f"{what}: {who}") for what, who in status.at_work.items()]
    for phase in status.phases:
        if phase.lost_process and phase.state != "done":
            parts.append(
                Text(
                    f"{phase.label}: {phase.process} ended without giving it back, {duration(phase.last_sign)} ago; "
                    "whoever runs the study goes on with it",
                    style="yellow",
                )
            )
        if phase.spent:
            parts.append(Text(f"{phase.label}: its time goes to {_spent(phase.spent)}", style="dim"))
        parts += [Text(f"{phase.label}: {_passed_over(stretch)}") for stretch in phase.passed_over]
        parts += [Text(f"{phase.label}: a damaged checkpoint was set aside as {name}") for name in phase.damaged]
    return Group(*parts)


def duration(seconds: float | None) -> str:
    """Seconds as people say them; a dash where nothing is known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _head(status: StudyStatus) -> Text:
    counts = [f"{status.count(state)} {state}" for state in _WORDS if status.count(state)]  # type: ignore[arg-type]
    finished = "finished, " if status.finished else ""
    said = f"{status.study}: {finished}{', '.join(counts)} of {len(status.phases)} phases"
    if status.tokens_done < status.tokens:
        said += f", {status.tokens_done / status.tokens:.0%} of the tokens"
    if status.missing_tasks:
        said += f"; to prepare: {', '.join(status.missing_tasks)}"
    if status.tokens_per_second:
        said += f"; {status.tokens_per_second:,.0f} tokens/s, {duration(status.seconds_left)} left"
    return Text(said, style="bold")


def _some(status: StudyStatus, state: str) -> list[PhaseStatus]:
    return [phase for phase in status.phases if phase.state == state][:_SHOWN]


def _table(phases: list[PhaseStatus]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("phase", overflow="fold")
    table.add_column("")
    for name in ("step", "loss", "tokens/s", "left"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("process", overflow="fold")
    for phase in phases:
        running = phase.state == "running"
        table.add_row(
            phase.label,
            _WORDS[phase.state],
            f"{phase.step:,} / {phase.steps:,}",
            f"{phase.loss:.3f}" if phase.loss is not None else "",
            f"{phase.tokens_per_second:,.0f}" if phase.tokens_per_second else "",
            duration(phase.seconds_left) if running else "",
            phase.process if running else "",
        )
    return table


def _spent(shares: dict[str, float]) -> str:
    told = sorted((share, part) for part, share in shares.items() if share >= _SMALL)
    return ", ".join(f"{part} {share:.0%}" for share, part in reversed(told))


def _passed_over(stretch: dict) -> str:
    steps = f"steps {stretch['first']} to {stretch['last']}" if "first" in stretch else f"step {stretch['last']}"
    return f"passed over {steps}" + (f", since {stretch['why']}" if "why" in stretch else "")
