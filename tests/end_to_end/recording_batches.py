"""The codemix command line that also writes down every batch this process reads: recording_batches.py FOLDER …"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from codemix import cli
from codemix.training import loop


def record_into(folder: Path) -> None:
    """Makes the training loop save the rows of each batch as <folder>/<step>-<process>.npy before it sees them."""
    read = loop.iterate
    phase = iter(range(1000))

    def iterate(dataset: Any, first: int, last: int, threads: int = 0) -> Iterator[Any]:
        import jax

        number = next(phase)
        for step, batch in enumerate(read(dataset, first, last, threads), start=first):
            np.save(folder / f"phase{number}-step{step:04d}-process{jax.process_index()}.npy", batch["tokens"])
            yield batch

    loop.iterate = iterate


if __name__ == "__main__":
    record_into(Path(sys.argv[1]))
    cli.main(sys.argv[2:])
