"""`codemix.model.attention.attend` beside `jax.nn.dot_product_attention` on this machine's CPU, forward and backward.

python -m tests.benchmarks.attention
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from rich.console import Console
from rich.table import Table

from codemix.model.attention import attend, document_numbers

SHAPES = ((16, 256, 4, 16), (16, 256, 4, 32), (4, 1024, 4, 64))  # B, T, H, K
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


def main() -> None:
    table = Table(title="Attention on the CPU, float32, forward and backward")
    for heading in ("B × T × H × K", "jax.nn.dot_product_attention, ms", "codemix, ms", "ratio"):
        table.add_column(heading, justify="right")
    for shape in SHAPES:
        keys = jax.random.split(jax.random.key(0), 4)
        q, k, v = (jax.random.normal(key, shape) for key in keys[:3])
        document_BxT = document_numbers(jax.random.randint(keys[3], shape[:2], 0, 100), eos=0)
        programs = {"library": gradient(library), "codemix": gradient(attend)}
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for program in programs.values():
            jax.block_until_ready(program(q, k, v, document_BxT))
        for _ in range(ROUNDS):
            for name, program in programs.items():
                start = time.perf_counter()
                jax.block_until_ready(program(q, k, v, document_BxT))
                seconds[name].append(time.perf_counter() - start)
        theirs, our = (statistics.median(seconds[name]) * 1e3 for name in ("library", "codemix"))
        table.add_row(" × ".join(map(str, shape)), f"{theirs:.1f}", f"{our:.1f}", f"{theirs / our:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
