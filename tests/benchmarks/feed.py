"""The feed, from token stores on disk to host batches, beside `grain.MapDataset.mix` over the same rows in memory.

    python -m tests.benchmarks.feed

Both shuffle every source, mix at the same weights and stack batches of rows of 1,025 tokens. Rounds alternate; the
ratio is of the medians. The seek is the time from nothing to the batch that holds row 10^9.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import grain
import numpy as np
from rich.console import Console
from rich.table import Table

from codemix.mixing.index import MixingIndex, Segment
from codemix.store.token_store import TokenRows, TokenStore, write_manifest, write_shard
from codemix.training.feed import batches, iterate, source_seed

CONTEXT = 1024
BATCH = 64
SHARES = {"adjacent": Fraction(1, 20), "markup": Fraction(3, 20), "text": Fraction(1, 2), "web_code": Fraction(3, 10)}
TOKENS = 16_000_000  # of each source
ROUNDS, BATCHES = 9, 150
FAR = 10**9


def make_store(path: Path, seed: int) -> TokenStore:
    ids = np.random.default_rng(seed).integers(1, 60_000, TOKENS // 8).astype(np.uint32)
    document = {"document": "d", "cluster": "c", "language": "en", "bytes": 1}
    shards = [write_shard(path / "train", f"{n:05d}", [document], [ids], np.dtype("<u2"), 0) for n in range(8)]
    write_manifest(path, {"train": shards, "heldout": []}, eos=0, vocab_size=60_000)
    return TokenStore(path)


def ours(stores: dict[str, TokenStore]) -> Callable[[int], Iterator[Any]]:
    rows = {source: TokenRows(store.sequence("train"), CONTEXT) for source, store in stores.items()}

    def start(batch: int) -> Iterator[Any]:
        index = MixingIndex([Segment(2 * FAR, SHARES)])
        return iterate(batches(index, rows, 0, BATCH, range(BATCH)), batch, 2 * FAR // BATCH)

    return start


def peer(stores: dict[str, TokenStore]) -> Callable[[int], Iterator[Any]]:
    memory = {}
    for source, store in stores.items():
        rows = TokenRows(store.sequence("train"), CONTEXT)
        memory[source] = np.stack([rows[i] for i in range(len(rows))])

    def start(batch: int) -> Iterator[Any]:
        parents = [
            grain.MapDataset.source(memory[source]).shuffle(seed=source_seed(0, source)).repeat() for source in SHARES
        ]
        mixed = grain.MapDataset.mix(parents, [float(share) for share in SHARES.values()]).batch(BATCH)
        options = grain.ReadOptions(num_threads=0)
        return iter(mixed.slice(slice(batch, 2 * FAR // BATCH)).to_iter_dataset(options))

    return start


def rate(iterator: Iterator[Any]) -> float:
    """Tokens per second over the next batches."""
    start = time.perf_counter()
    for _ in range(BATCHES):
        next(iterator)
    return BATCHES * BATCH * CONTEXT / (time.perf_counter() - start)


def seek(start: Callable[[int], Iterator[Any]]) -> float:
    began = time.perf_counter()
    next(start(FAR // BATCH))
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stores = {source: make_store(Path(folder) / source, n) for n, source in enumerate(SHARES)}
        programs = {"grain.MapDataset.mix, rows in memory": peer(stores), "codemix feed, stores on disk": ours(stores)}
        iterators = {name: start(0) for name, start in programs.items()}
        for iterator in iterators.values():
            rate(iterator)
        rates: dict[str, list[float]] = {name: [] for name in programs}
        seeks: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name in programs:
                rates[name].append(rate(iterators[name]))
                seeks[name].append(seek(programs[name]))
        table = Table(title=f"Feed: batches of {BATCH} rows of {CONTEXT + 1} tokens from {len(SHARES)} sources")
        for heading in ("program", "M tokens/s", f"seek to row {FAR:.0e}, ms", "ratio of tokens/s"):
            table.add_column(heading, justify="left" if heading == "program" else "right")
        medians = {name: statistics.median(values) for name, values in rates.items()}
        base = next(iter(medians.values()))
        for name, median in medians.items():
            seek_ms = statistics.median(seeks[name]) * 1e3
            table.add_row(name, f"{median / 1e6:.1f}", f"{seek_ms:.1f}", f"{median / base:.2f}")
        Console().print(table)


if __name__ == "__main__":
    main()
