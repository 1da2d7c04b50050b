"""Training-step speed beside the same model in PyTorch, eager and compiled, on this machine's CPU.

    python -m tests.benchmarks.train_step

Both train the decoder of codemix.model on the same rows in float32: parallel blocks, SwiGLU, interleaved rotary
positions, documents masked from each other, tied embeddings, AdamW after clipping by the global norm. Rounds alternate
between the programs, and the ratio is of the medians.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn import functional

from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.training.optimizer import Optimizer
from codemix.training.step import make_trainer

SHAPES = {  # about 1.5M and 8M parameters with the embedding
    "1.5M": (Model(layers=4, width=128, heads=4, feed_forward=384, context=256, unroll=4, loss_chunk=64), 4096),
    "8M": (Model(layers=6, width=256, heads=4, feed_forward=768, context=256, unroll=6, loss_chunk=64), 12288),
}
ROWS = 16
RATE = 1e-3
ROUNDS, STEPS = 7, 3
END = 0


class TorchBlock(nn.Module):
    def __init__(self, shape: Model):
        super().__init__()
        self.heads = shape.heads
        self.norm = nn.LayerNorm(shape.width, eps=shape.norm_epsilon, bias=False)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.gate_up = nn.Linear(shape.width, 2 * shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x, sin, cos, mask):
        B, T, D = x.shape
        y = self.norm(x)
        q, k, v = self.qkv(y).view(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(rotate(q, sin, cos), rotate(k, sin, cos), v, attn_mask=mask)
        gate, up = self.gate_up(y).chunk(2, dim=-1)
        return x + self.out(attended.transpose(1, 2).reshape(B, T, D)) + self.down(functional.silu(gate) * up)


def rotate(x, sin, cos):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, odd * cos + even * sin], dim=-1).flatten(-2)


class TorchDecoder(nn.Module):
    def __init__(self, shape: Model, vocab_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, shape.width)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)
        self.blocks = nn.ModuleList(TorchBlock(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, eps=shape.norm_epsilon, bias=False)
        frequencies = shape.rotary_base ** (-torch.arange(0, shape.head_size, 2) / shape.head_size)
        angles = torch.arange(shape.context)[:, None] * frequencies
        self.register_buffer("sin", angles.sin())
        self.register_buffer("cos", angles.cos())
        self.register_buffer("causal", torch.ones(shape.context, shape.context, dtype=torch.bool).tril())

    def forward(self, ids, targets):
        document = (ids == END).cumsum(dim=1)
        mask = ((document[:, :, None] == document[:, None, :]) & self.causal)[:, None]
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, self.sin, self.cos, mask)
        logits = functional.linear(self.norm(x), self.embedding.weight)
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def torch_stepper(shape: Model, vocab_size: int, rows: np.ndarray, compiled: bool) -> Callable[[], float]:
    torch.manual_seed(0)
    model = TorchDecoder(shape, vocab_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    loss_of = torch.compile(model) if compiled else model
    ids = torch.from_numpy(rows.astype(np.int64))

    def step() -> float:
        loss = loss_of(ids[:, :-1], ids[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def codemix_stepper(shape: Model, vocab_size: int, rows: np.ndarray) -> Callable[[], float]:
    trainer = make_trainer(shape, vocab_size, END, Optimizer(), make_mesh({"data": -1}), jnp.dtype("float32"))
    state = trainer.init(jax.random.key(0))
    predicted = np.ones_like(rows[:, 1:], dtype=bool)

    def step() -> float:
        nonlocal state
        state, metrics = trainer.step(state, rows, predicted, np.float32(RATE))
        return float(metrics["loss"])

    return step


def measure(steppers: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Seconds per step of every program, one figure a round."""
    for step in steppers.values():
        step(), step()
    seconds: dict[str, list[float]] = {name: [] for name in steppers}
    for _ in range(ROUNDS):
        for name, step in steppers.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                step()
            seconds[name].append((time.perf_counter() - start) / STEPS)
    return seconds


def main() -> None:
    table = Table(title="Training step on the CPU, float32", caption="ratio: codemix beside the faster PyTorch")
    for heading in ("parameters", "program", "ms per step", "tokens/s", "GFLOP/s", "ratio"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    for name, (shape, vocab_size) in SHAPES.items():
        generator = np.random.default_rng(0)
        rows = generator.integers(0, vocab_size, (ROWS, shape.context + 1)).astype(np.uint16)
        seconds = measure(
            {
                "PyTorch eager": torch_stepper(shape, vocab_size, rows, compiled=False),
                "PyTorch torch.compile": torch_stepper(shape, vocab_size, rows, compiled=True),
                "codemix": codemix_stepper(shape, vocab_size, rows),
            }
        )
        medians = {program: statistics.median(times) for program, times in seconds.items()}
        best_peer = min(time for program, time in medians.items() if program != "codemix")
        tokens = ROWS * shape.context
        for program, median in medians.items():
            flops = tokens * shape.flops_per_token(vocab_size) / median
            ratio = f"{best_peer / median:.2f}" if program == "codemix" else ""
            table.add_row(
                f"{name} ({sum(shape.parameters(vocab_size).values()):,})" if program == "PyTorch eager" else "",
                program,
                f"{median * 1e3:.1f}",
                f"{tokens / median:,.0f}",
                f"{flops / 1e9:.0f}",
                ratio,
            )
        table.add_section()
    Console(width=110).print(table)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; jax {jax.__version__}")


if __name__ == "__main__":
    main()
