"""What a phase ended with."""

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

from codemix.store.token_store import TokenStore
from codemix.training.job import Hardware, Job, phase_folder
from codemix.training.loop import open_trainer
from codemix.training.resume import final_state


def end_of(job: Job, home: Path, hardware: Hardware) -> list[np.ndarray]:
    """Every array of the state at the end of a finished job."""
    stores = {source: TokenStore(path) for source, path in job.stores.items()}
    return [np.asarray(leaf) for leaf in jax.tree.leaves(final_state(job, home, open_trainer(job, stores, hardware)))]


def metrics_of(job: Job, home: Path) -> list[dict[str, Any]]:
    """The records of the steps, without speed and times, which differ from run to run."""
    lines = (phase_folder(home, job.key) / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in ("tokens_per_second", "seconds")} for line in lines]


def record_of(job: Job, home: Path) -> dict[str, Any]:
    """phase.json."""
    return json.loads((phase_folder(home, job.key) / "phase.json").read_text())


def assert_same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
