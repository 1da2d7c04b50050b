"""What was generated, in tables that a person can read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def show_generated(manifest: Mapping[str, Any], folder: Path, console: Console) -> None:
    """Prints a generation's manifest: what passed, what was left out and why, how fast it went."""
    levels = Table("Level", box=box.SIMPLE_HEAD)
    levels.add_column("problems that passed it", justify="right")
    for name, count in manifest["levels"].items():
        levels.add_row(escape(name), f"{count:,}")
    console.print(levels)
    if manifest["drops"]:
        drops = Table("Left out because of", box=box.SIMPLE_HEAD)
        drops.add_column("problems", justify="right")
        drops.add_column("such as", overflow="fold")
        for reason, entry in sorted(manifest["drops"].items(), key=lambda item: -item[1]["count"]):
            drops.add_row(escape(reason), f"{entry['count']:,}", escape(", ".join(entry["examples"])))
        console.print(drops)
    mutants = manifest["mutants"]
    made_of = f" from {len(manifest['families'])} families" if "families" in manifest else ""
    rate = f" {manifest['rates']['problems_per_second']:.1f} problems a second." if "rates" in manifest else ""
    console.print(
        f"{manifest['kept']:,} of {manifest['problems']:,} problems are kept, {manifest['bytes'] / 1e6:,.1f} MB of "
        f"text{made_of}. Their tests kill {mutants['score']:.1%} of {mutants.get('made', 0):,} mutants.{rate}"
    )
    console.print(f"{folder} holds them; a source reads them with Files.patterns = ['{folder}/*.jsonl.zst'].")
