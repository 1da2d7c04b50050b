"""The parts of a block on this machine's CPU, forward and backward, beside the forms that they replace.

    python -m tests.benchmarks.blocks

`codemix.model.attention.attend` beside `jax.nn.dot_product_attention`; the feed-forward on positions in one axis,
(N, D), as the blocks call it, beside the same on (B, T, D).
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from rich.console import Console
from rich.table import Table

from codemix.model.attention import document_numbers
from codemix.model.config import Model
from codemix.model.kernels import attend_in_blocks as attend
from codemix.model.transformer import FeedForward

ATTENTION = ((16, 256, 4, 16), (16, 256, 4, 32), (4, 1024, 4, 64))  # B, T, H, K
FEED_FORWARD = ((16, 256, 64, 192), (16, 256, 128, 384), (16, 256, 256, 768))  # B, T, D, F
ROUNDS = 15


def library(q: jax.Array, k: jax.Array, v: jax.Array, document_BxT: jax.Array) -> jax.Array:
    T = q.shape[1]
    same_BxTxT = document_BxT[:, :, None] == document_BxT[:, None, :]
    mask_Bx1xTxT = (same_BxTxT & jnp.tril(jnp.ones((T, T), dtype=bool))[None])[:, None]
    return jax.nn.dot_product_attention(q, k, v, mask=mask_Bx1xTxT, implementation="xla")


def gradient(attention: Callable[..., jax.Array]) -> Callable[..., Any]:
    def loss(q: jax.Array, k: jax.Array, v: jax.Array, document_BxT: jax.Array) -> jax.Array:
        return jnp.square(attention(q, k, v, document_BxT)).sum()

    return jax.jit(jax.grad(loss, argnums=(0, 1, 2)))


def medians(programs: dict[str, Callable[[], Any]]) -> list[float]:
    """Milliseconds of every program, in alternating rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for program in programs.values():
        jax.block_until_ready(program())
    for _ in range(ROUNDS):
        for name, program in programs.items():
            start = time.perf_counter()
            jax.block_until_ready(program())
            seconds[name].append(time.perf_counter() - start)
    return [statistics.median(times) * 1e3 for times in seconds.values()]


def attention(shape: tuple[int, int, int, int]) -> list[float]:
    keys = jax.random.split(jax.random.key(0), 4)
    inputs = [jax.random.normal(key, shape) for key in keys[:3]]
    document_BxT = document_numbers(jax.random.randint(keys[3], shape[:2], 0, 100), eos=0)
    theirs, ours = gradient(library), gradient(attend)
    return medians({"library": lambda: theirs(*inputs, document_BxT), "codemix": lambda: ours(*inputs, document_BxT)})


def feed_forward(B: int, T: int, D: int, F: int) -> list[float]:
    layer = FeedForward(Model(1, D, 1, F, T), jnp.dtype("float32"), nnx.Rngs(0))
    graph, params = nnx.split(layer)
    x_BxTxD = jax.random.normal(jax.random.key(1), (B, T, D))
    step = jax.jit(jax.grad(lambda p, x: jnp.square(nnx.merge(graph, p)(x)).sum(), argnums=(0, 1)))
    x_NxD = x_BxTxD.reshape(-1, D)
    return medians({"two axes": lambda: step(params, x_BxTxD), "one axis": lambda: step(params, x_NxD)})


def main() -> None:
    table = Table(title="Parts of a block on the CPU, float32, forward and backward, ms")
    for heading in ("part", "shape", "replaced", "codemix", "ratio"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    rows = [("attention", shape, attention(shape)) for shape in ATTENTION]
    rows += [("feed-forward", shape, feed_forward(*shape)) for shape in FEED_FORWARD]
    for part, shape, (replaced, ours) in rows:
        table.add_row(part, " × ".join(map(str, shape)), f"{replaced:.1f}", f"{ours:.1f}", f"{replaced / ours:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
