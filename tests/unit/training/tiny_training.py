"""Token stores and jobs small enough to train in a second. A module of its own: other processes import it."""

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np

from codemix.mixing.index import MixingIndex, Segment
from codemix.model.config import Model
from codemix.store.token_store import token_dtype, write_manifest, write_shard
from codemix.training.job import Hardware, Job
from codemix.training.optimizer import Optimizer

VOCAB, EOS = 64, 0
BATCH_ROWS, STEPS = 8, 12
MODEL = Model(layers=2, width=16, heads=2, feed_forward=32, context=16, loss_chunk=16)
HARDWARE = Hardware("test", mesh={"data": -1}, checkpoint_steps=4)
HALF = {"code": Fraction(1, 2), "text": Fraction(1, 2)}


def write_store(path: Path, seed: int, tokenizer: str = "t", prompt: float = 0) -> Path:
    """Two shards of 30 documents each, whose tokens count up from a random one: something to learn. `prompt` is the
    share of every document that is given."""
    random = np.random.default_rng(seed)
    shards = {}
    for split, names in (("train", ("00000", "00001")), ("heldout", ("00000",))):
        shards[split] = []
        for name in names:
            starts, lengths = random.integers(1, VOCAB, 30), random.integers(3, 40, 30)
            ids = [(start + np.arange(length)) % (VOCAB - 1) + 1 for start, length in zip(starts, lengths, strict=True)]
            documents = [
                {"document": f"{name}/{i}", "cluster": f"c{i % 5}", "language": "en", "bytes": 3 * len(sequence)}
                | {"prompt": int(prompt * len(sequence)), "prompt_bytes": 3 * int(prompt * len(sequence))}
                for i, sequence in enumerate(ids)
            ]
            shards[split].append(write_shard(path / split, name, documents, ids, token_dtype(VOCAB), EOS))
    write_manifest(path, shards, eos=EOS, vocab_size=VOCAB, tokenizer={"fingerprint": tokenizer})
    return path


def write_stores(folder: Path) -> dict[str, Path]:
    """Of `text` the first 40 % of every document are a prompt, so that the losses are masked, unevenly."""
    return {"code": write_store(folder / "code", 0), "text": write_store(folder / "text", 1, prompt=0.4)}


def make_job(stores: dict[str, Path], **changes: object) -> Job:
    """Steps 0 to 12 of an arm that is half text, half code."""
    job = Job(
        key="whole",
        parent=None,
        label="arm · phase · seed 0",
        model=MODEL,
        optimizer=Optimizer(),
        rates=np.full(STEPS, 1e-2, np.float32),
        index=MixingIndex([Segment(STEPS * BATCH_ROWS, HALF)]),
        stores=stores,
        batch_rows=BATCH_ROWS,
        seed=0,
        first_step=0,
        last_step=STEPS,
    )
    return dataclasses.replace(job, **changes)  # type: ignore[arg-type]
