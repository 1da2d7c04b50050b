"""The metrics file of a phase that was interrupted ends as that of one that was not."""

import json
from pathlib import Path

from codemix.training.metrics import MetricsWriter


def write_steps(folder: Path, resumed_step: int, steps: range, loss: float) -> None:
    writer = MetricsWriter(folder, resumed_step)
    for step in steps:
        writer.write({"step": step, "tokens": 100 * step, "loss": loss})
    writer.close()


def recorded(folder: Path) -> list[tuple[int, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [(record["step"], record["loss"]) for record in map(json.loads, lines)]


def test_records_after_the_checkpoint_are_written_anew(tmp_path: Path) -> None:
    """Resumed at 4 after a kill at 7: the steps after 4 stand there once, as they were the second time."""
    write_steps(tmp_path, 0, range(1, 8), loss=1.0)
    write_steps(tmp_path, 4, range(5, 10), loss=2.0)
    assert recorded(tmp_path) == [(step, 1.0 if step <= 4 else 2.0) for step in range(1, 10)]


def test_a_line_that_a_kill_cut_short_is_dropped(tmp_path: Path) -> None:
    write_steps(tmp_path, 0, range(1, 4), loss=1.0)
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"step": 4, "tok')
    write_steps(tmp_path, 3, range(4, 5), loss=2.0)
    assert recorded(tmp_path) == [(1, 1.0), (2, 1.0), (3, 1.0), (4, 2.0)]
