"""Judged answers for people at a terminal."""

import math

import pandas as pd
from rich.table import Table

_COLUMNS = ("arm", "judge", "wins", "losses", "ties", "no verdict", "wins − losses (95 %)", "p (sign)", "orders agree")


def shown(rates: pd.DataFrame, control: str) -> Table:
    """The rows of `codemix.reporting.suite.judged.judged_rates` as a table."""
    table = Table(title=f"Answers beside those of {control}, each pair judged in both orders")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in ("arm", "judge") else "right")
    for row in rates.to_dict("records"):
        interval = "" if math.isnan(row["low"]) else f" ({row['low']:+.1f} to {row['high']:+.1f})"
        table.add_row(
            *(row["arm"], row["judge"], *(f"{row[name]:,}" for name in ("wins", "losses", "ties", "unjudged"))),
            "–" if math.isnan(row["difference"]) else f"{row['difference']:+.1f}{interval}",
            "–" if math.isnan(row["p_sign"]) else f"{row['p_sign']:.3f}",
            "–" if math.isnan(row["consistent"]) else f"{row['consistent']:.0f} %",
        )
    prompts, seeds = rates["prompts"].max(), rates["seeds"].max()
    table.caption = f"{prompts:,} prompts, {seeds} seed{'s' * (seeds > 1)}; points of 100; a win is one in both orders"
    return table
