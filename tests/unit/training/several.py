"""Trains a phase as one of several processes: several.py CONFIG, where that file says which, and to which batch.

Writes down each batch that this process reads, how much of the state its devices hold when it begins, and the rows of
the batch that they are said to hold.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
from tiny_training import HARDWARE, make_job

from codemix.training import loop
from codemix.training.distributed import join
from codemix.training.job import Hardware


def main(config: dict[str, Any]) -> None:
    join(config["coordinator"], config["processes"], config["process"])
    if config["interleaved"]:
        _interleave_devices()
    record = open(Path(config["records"]) / f"{config['run']}-{jax.process_index()}.jsonl", "a", buffering=1)  # noqa: SIM115
    read, where_to_start = loop.iterate, loop.where_to_start

    def iterate(dataset: Any, first: int, end: int, threads: int = 0) -> Iterator[Any]:
        for number, batch in enumerate(read(dataset, first, end, threads), start=first):
            if number == config["hangs_before"]:
                (Path(config["records"]) / f"{config['run']}-{jax.process_index()}.hangs").touch()
                time.sleep(600)  # until it is killed
            digests = [hashlib.sha256(row.tobytes()).hexdigest() for row in batch["tokens"]]
            record.write(json.dumps({"batch": number, "rows": digests}) + "\n")
            yield batch

    def start(*arguments: Any) -> Any:
        saved = where_to_start(*arguments)
        whole, largest = 0, 0
        for leaf in jax.tree.leaves(saved.state):
            whole += leaf.nbytes
            largest += max(shard.data.nbytes for shard in leaf.addressable_shards)
        record.write(json.dumps({"from": saved.step, "bytes": whole, "bytes_of_a_device": largest}) + "\n")
        return saved

    patched: Any = loop
    patched.iterate, patched.where_to_start = iterate, start
    stores = {name: Path(config["stores"]) / name for name in ("code", "text")}
    hardware = Hardware("test", mesh=config["mesh"], checkpoint_steps=HARDWARE.checkpoint_steps)
    loop.train(make_job(stores), Path(config["home"]), hardware)


def _interleave_devices() -> None:
    """Lays the mesh out so that a process's rows are not neighbours, as on a TPU pod."""
    from jax.sharding import AxisType, Mesh

    def make_mesh(sizes: tuple[int, ...], names: tuple[str, ...], **_: Any) -> Mesh:
        order = np.array(jax.devices()).reshape(jax.process_count(), -1).T.reshape(sizes)
        return Mesh(order, names, axis_types=(AxisType.Auto,) * len(names))

    patched: Any = jax
    patched.make_mesh = make_mesh


if __name__ == "__main__":
    os.environ["JAX_PLATFORMS"] = "cpu"
    jax.config.update("jax_disable_most_optimizations", True)
    main(json.loads(sys.argv[1]))
