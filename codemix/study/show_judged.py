"""Judged answers for people at a terminal."""

import math

import pandas as pd
from rich.table import Table

from codemix.reporting.judged import JudgedRow


def shown(summary: pd.DataFrame) -> Table:
    """The rows of `codemix.reporting.judged.summary` as a table."""
    table = Table(title=f"Answers beside those of {summary['control'].iloc[0]}, each pair judged in both orders")
    columns = ("arm", "judge", "wins", "losses", "ties", "no verdict", "win rate (95 %)", "p (sign)", "orders agree")
    for column in columns:
        table.add_column(column, justify="left" if column in ("arm", "judge") else "right")
    for row in (JudgedRow(*row) for row in summary.itertuples(index=False)):
        interval = f"{row.win_rate:.1%} ({row.low:.1%} to {row.high:.1%})"
        table.add_row(
            *(row.arm, row.judge, f"{row.wins}", f"{row.losses}", f"{row.ties}", f"{row.no_verdict}"),
            f"{row.win_rate:.1%}" if math.isnan(row.low) else interval,
            "–" if math.isnan(row.p_value) else f"{row.p_value:.3f}",
            "–" if math.isnan(row.order_consistency) else f"{row.order_consistency:.0%}",
        )
    prompts, seeds = int(summary["prompts"].max()), int(summary["seeds"].max())
    table.caption = f"{prompts:,} prompts, {seeds} seed{'s' * (seeds > 1)}; a win counts where both orders say so"
    return table
