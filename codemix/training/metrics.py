"""The metrics of a phase: JSON lines for programs, TensorBoard events for people."""

import json
import time
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

from codemix.store.atomic import write_text
from codemix.training.job import EVENTS, METRICS

_FLUSH_SECONDS = 1.0  # how old a record may get before who looks on sees it


class MetricsWriter:
    """Appends one record per step. A resumed phase first drops the records after its checkpoint, so that the file of an
    interrupted phase ends with the same steps as that of an uninterrupted one."""

    def __init__(self, folder: Path, resumed_step: int):
        """`resumed_step`: the last step whose record is kept, counted from the start of the arm."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / METRICS
        kept = [line for line in _whole_lines(path) if json.loads(line)["step"] <= resumed_step]
        write_text(path, "".join(kept))
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115  (closed by close)
        self._events = SummaryWriter(str(folder / EVENTS), purge_step=resumed_step + 1)
        self._flushed = time.monotonic()

    def write(self, record: dict[str, Any]) -> None:
        """`record` has `step` and `tokens`, both counted from the start of the arm, and any scalars; those that belong
        together, as the parts of a whole, in a dictionary."""
        self._file.write(json.dumps(record) + "\n")
        for name, value in record.items():
            if name in ("step", "tokens"):
                continue
            scalars = {f"{name}/{part}": v for part, v in value.items()} if isinstance(value, dict) else {name: value}
            for scalar, number in scalars.items():
                self._events.add_scalar(scalar, number, global_step=record["step"])
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self._file.flush()
            self._flushed = time.monotonic()

    def flush(self) -> None:
        self._file.flush()
        self._events.flush()

    def close(self) -> None:
        self._file.close()
        self._events.close()


def _whole_lines(path: Path) -> list[str]:
    """The file's lines, without a last one that a kill cut short."""
    if not path.exists():
        return []
    return [line + "\n" for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
