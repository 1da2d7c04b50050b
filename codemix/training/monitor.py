"""Watches a running phase: metrics one step late, so that the device never waits for the host."""

import math
from typing import Any

import jax
import numpy as np

from codemix.errors import UserError
from codemix.training.feed import Batch
from codemix.training.job import Job
from codemix.training.metrics import MetricsWriter
from codemix.training.times import Times, rounded, training_seconds


class DivergenceError(UserError):
    """The loss or the gradient was no longer finite, or more steps were bad than Divergence.limit allows."""


class Rewind(Exception):
    """A bad step: the steps from `first` to `last` are to change nothing."""

    def __init__(self, first: int, last: int):
        super().__init__(first, last)
        self.first, self.last = first, last


class Monitor:
    """Holds the newest step's metrics on the device, and reads them when the next step is under way.

    Attributes:
        passed_over: the stretches of steps that changed nothing, each with its `first` and `last` step, counted from
            the start of the arm, and `why`.
    """

    def __init__(
        self,
        job: Job,
        writer: MetricsWriter | None,
        passed_over: list[dict[str, Any]],
        times: Times,
        peak: float | None,
    ):
        """`passed_over`: what the checkpoint that the phase resumes from has of them. `times`: the phase's clock; a
        record has what passed since the record before it. `peak`: `tokens_at_peak`, where the chips' is known."""
        self.passed_over = passed_over
        self._job = job
        self._writer = writer
        self._held: tuple[int, np.float32, dict[str, jax.Array], Batch] | None = None
        self._times = times
        self._peak = peak

    def push(self, step: int, rate: np.float32, metrics: dict[str, jax.Array], batch: Batch) -> None:
        """Takes the metrics of `step`, after dealing with those of the step before."""
        self.drain()
        self._held = (step, rate, metrics, batch)

    def drain(self) -> None:
        """Waits for the metrics held, checks and records them.

        Raises DivergenceError where the phase cannot go on, and Rewind where it has to go back.
        """
        if self._held is None:
            return
        step, rate, metrics, batch = self._held
        self._held = None
        self._times.lap("rest")
        loss, grad_norm = float(metrics["loss"]), float(metrics["grad_norm"])
        self._times.lap("device")
        bad = bool(metrics["bad"]) if "bad" in metrics else not (math.isfinite(loss) and math.isfinite(grad_norm))
        policy = self._job.divergence
        if bad and (policy.policy == "stop" or len(self.passed_over) == policy.limit):
            raise DivergenceError(self._divergence(step, loss, grad_norm, batch))
        seconds = self._times.take()
        speed = self._job.tokens_per_step / training_seconds(seconds)
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
                    **({"mfu": round(speed / self._peak, 4)} if self._peak else {}),
                    "seconds": rounded(seconds),
                    **({"passed_over": 1} if bad else {}),
                }
            )
        if bad:
            first = self._job.first_step + policy.first_passed_over(step - self._job.first_step)
            why = f"the loss was {loss:g} and the gradient norm {grad_norm:g}"
            self.passed_over.append({"first": first, "last": step, "why": why})
            if policy.policy == "rewind":
                raise Rewind(first, step)

    def flush(self) -> None:
        if self._writer:
            self._writer.flush()

    def close(self) -> None:
        if self._writer:
            self._writer.close()

    def _divergence(self, step: int, loss: float, grad_norm: float, batch: Batch) -> str:
        counts = np.bincount(batch["source"], minlength=len(self._job.index.sources))
        rows = ", ".join(f"{n} rows of {s}" for s, n in zip(self._job.index.sources, counts, strict=True) if n)
        before = f", after {len(self.passed_over)} bad steps that were passed over" if self.passed_over else ""
        return (
            f"{self._job.label}: the loss is {loss} and the gradient norm {grad_norm} at step {step}, on a batch of "
            f"{rows}{before}; lower LearningRate.peak or look at those rows. The last good checkpoint is kept."
        )
