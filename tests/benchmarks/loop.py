"""What Python's garbage takes from the steps, collected by itself and by hand, and what a kept program saves a start.

    python -m tests.benchmarks.loop

The garbage: the same small step, dispatched one ahead as the loop does, in rounds that alternate, while as many objects
are alive as in a process with a study and JAX's traces; of every collection the CPU time. The start: a process that
makes the trainer of `gin/scales/cpu_tiny.gin`'s shape and takes one step, with no compiled programs and with those that
another left.
"""

import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
from rich.console import Console
from rich.table import Table

import codemix.model.libtpu_quietly  # noqa: F401  (before JAX looks for devices)
from codemix.training.garbage import COLLECT_STEPS, collected_by_hand

STEPS, ROUNDS = 1000, 3
OBJECTS, OBJECTS_A_STEP = 300_000, 50

START = """
import json, sys, time
from pathlib import Path
import jax, jax.numpy as jnp, numpy as np
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.training.compilation_cache import keep_compiled
from codemix.training.optimizer import Optimizer
from codemix.training.step import make_trainer
keep_compiled(Path(sys.argv[1]))
model = Model(layers=4, width=128, heads=4, feed_forward=256, context=256)
began = time.perf_counter()
trainer = make_trainer(model, 4096, 0, Optimizer(), make_mesh({"data": -1}), jnp.float32)
rows = np.random.default_rng(0).integers(1, 4096, (16, 257)).astype(np.uint16)
state = trainer.init(jax.random.key(0))
_, metrics = trainer.step(state, rows, np.ones((16, 256), bool), np.float32(1e-2))
loss = float(metrics["loss"])
print(json.dumps([time.perf_counter() - began, loss.hex()]))
"""


def pauses(collect: Callable[[], object]) -> list[float]:
    """Milliseconds of every collection while steps are taken that leave cycles behind, as closures and errors do."""
    taken: list[float] = []
    began = 0.0

    def note(phase: str, _: dict) -> None:
        nonlocal began
        if phase == "start":
            began = time.thread_time()
        else:
            taken.append(1e3 * (time.thread_time() - began))

    step = jax.jit(lambda x: jnp.tanh(x @ x))
    x = step(jnp.eye(64))
    gc.callbacks.append(note)
    for number in range(1, STEPS + 1):
        before, x = x, step(x)
        for _ in range(OBJECTS_A_STEP):
            cycle: list = []
            cycle.append(cycle)
        before.block_until_ready()
        if number % COLLECT_STEPS == 0:
            collect()
    gc.callbacks.remove(note)
    return taken


def start(home: Path) -> tuple[float, str]:
    ended = subprocess.run([sys.executable, "-c", START, str(home)], capture_output=True, text=True, check=True)
    seconds, loss = json.loads(ended.stdout)
    return seconds, loss


def main() -> None:
    console = Console()
    alive = [{"number": number} for number in range(OBJECTS)]
    by_itself, by_hand = [], []
    for _ in range(ROUNDS):
        gc.collect()
        by_itself += pauses(lambda: None)
        with contextlib.ExitStack() as stack:
            by_hand += pauses(stack.enter_context(collected_by_hand()))
    assert len(alive) == OBJECTS
    table = Table("garbage is collected", "pauses in 1,000 steps", "ms a step", "longest, ms")
    for name, taken in (("by itself", by_itself), ("by hand", by_hand)):
        of_all = ROUNDS * STEPS
        table.add_row(name, f"{1000 * len(taken) / of_all:,.0f}", f"{sum(taken) / of_all:.4f}", f"{max(taken):.1f}")
    console.print(table)
    with tempfile.TemporaryDirectory() as home:
        (first, loss), (second, again) = start(Path(home)), start(Path(home))
    assert loss == again
    console.print(f"to the first step: {first:.1f} s compiled, {second:.1f} s kept: {first / second:.1f} times as fast")


if __name__ == "__main__":
    main()
