"""Watches a running phase: metrics one step late, so that the device never waits for the host."""

import math
import time

import jax
import numpy as np

from codemix.errors import UserError
from codemix.training.feed import Batch
from codemix.training.job import Job
from codemix.training.metrics import MetricsWriter


class DivergenceError(UserError):
    """The loss or the gradient was no longer finite."""


class Monitor:
    """Holds the newest step's metrics on the device, and reads them when the next step is under way."""

    def __init__(self, job: Job, writer: MetricsWriter | None):
        self._job = job
        self._writer = writer
        self._held: tuple[int, np.float32, dict[str, jax.Array], Batch] | None = None
        self._clock = time.perf_counter()

    def push(self, step: int, rate: np.float32, metrics: dict[str, jax.Array], batch: Batch) -> None:
        """Takes the metrics of `step`, after dealing with those of the step before."""
        self.drain()
        self._held = (step, rate, metrics, batch)

    def drain(self) -> None:
        """Waits for the metrics held, checks and records them. Raises DivergenceError if they are not finite."""
        if self._held is None:
            return
        step, rate, metrics, batch = self._held
        self._held = None
        loss, grad_norm = float(metrics["loss"]), float(metrics["grad_norm"])
        if not (math.isfinite(loss) and math.isfinite(grad_norm)):
            raise DivergenceError(self._divergence(step, loss, grad_norm, batch))
        now = time.perf_counter()
        speed = self._job.tokens_per_step / (now - self._clock)
        self._clock = now
        if self._writer:
            self._writer.write(
                {
                    "step": step,
                    "tokens": step * self._job.tokens_per_step,
                    "predicted_tokens": int(metrics["predicted_tokens"]),
                    "loss": loss,
                    "lr": float(rate),
                    "grad_norm": grad_norm,
                    "tokens_per_second": round(speed, 1),
                }
            )

    def flush(self) -> None:
        if self._writer:
            self._writer.flush()

    def close(self) -> None:
        if self._writer:
            self._writer.close()

    def _divergence(self, step: int, loss: float, grad_norm: float, batch: Batch) -> str:
        counts = np.bincount(batch["source"], minlength=len(self._job.index.sources))
        rows = ", ".join(f"{n} rows of {s}" for s, n in zip(self._job.index.sources, counts, strict=True) if n)
        return (
            f"{self._job.label}: the loss is {loss} and the gradient norm {grad_norm} at step {step}, on a batch of "
            f"{rows}; lower LearningRate.peak or look at those rows. The last good checkpoint is kept."
        )
