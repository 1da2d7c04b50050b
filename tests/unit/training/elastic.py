"""Trains a phase to a batch on the devices that XLA_FLAGS makes: elastic.py HOME STORES LAST_BATCH BATCHES."""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
from tiny_training import HARDWARE, make_job

from codemix.training import loop
from codemix.training.stopping import Stopped, listening


def main(home: Path, stores: Path, last: int, batches: Path) -> None:
    """Asks itself to stop before the batch `last`; adds a line for each batch it reads to `batches`."""
    read = loop.iterate

    def iterate(dataset: Any, first: int, end: int, threads: int = 0) -> Iterator[Any]:
        for number, batch in enumerate(read(dataset, first, end, threads), start=first):
            if number == last:
                os.kill(os.getpid(), signal.SIGTERM)
            with open(batches, "a") as file:
                digest = hashlib.sha256(batch["tokens"].tobytes()).hexdigest()
                file.write(json.dumps([number, digest, jax.device_count()]) + "\n")
            yield batch

    loop.iterate = iterate
    try:
        with listening():
            loop.train(make_job({name: stores / name for name in ("code", "text")}), home, HARDWARE)
    except Stopped as stopped:
        sys.exit(stopped.status)


if __name__ == "__main__":
    jax.config.update("jax_disable_most_optimizations", True)
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
