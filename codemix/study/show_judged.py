"""Judged answers for people at a terminal."""

import math

import pandas as pd
from rich.table import Table

from codemix.reporting.numbers import plural

_COLUMNS = ("arm", "judge", "wins", "losses", "ties", "none", "wins − losses", "95 %", "p", "agree")


def shown(rates: pd.DataFrame, control: str) -> Table:
    """The rows of `codemix.reporting.suite.judged.judged_rates` as a table."""
    table = Table(title=f"Answers beside those of {control}, each pair judged in both orders")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in ("arm", "judge") else "right", no_wrap=column == "arm")
    for row in rates.to_dict("records"):
        table.add_row(
            *(row["arm"], row["judge"], *(f"{row[name]:,}" for name in ("wins", "losses", "ties", "unjudged"))),
            "–" if math.isnan(row["difference"]) else f"{row['difference']:+.1f}",
            "–" if math.isnan(row["low"]) else f"{row['low']:+.0f} to {row['high']:+.0f}",
            "–" if math.isnan(row["p_sign"]) else f"{row['p_sign']:.3f}",
            "–" if math.isnan(row["consistent"]) else f"{row['consistent']:.0f} %",
        )
    prompts, seeds = (plural(int(rates[f"{one}s"].max()), one) for one in ("prompt", "seed"))
    table.caption = (
        f"{prompts}, {seeds}. A win is one in both orders; none: no verdict; the difference is in points of 100; "
        "p: exact sign test; agree: pairs on which both orders do."
    )
    return table
