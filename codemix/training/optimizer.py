"""AdamW, and the learning rate of every step."""

import dataclasses
from typing import Any, Literal

import numpy as np

from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class LearningRate:
    """A learning-rate schedule: linear warm-up, then a shape, over each phase or over the arm.

    cosine: half a cosine from `peak` to the final rate.
    wsd: constant, then linear to the final rate over the last `decay` share (warm-up, stable, decay).
    linear: straight from `peak` to the final rate; with `final` 0, linear to zero.
    inverse_sqrt: `peak`·√(w / step) after w steps of warm-up (at least one), as in arXiv 1706.03762 §5.3. It knows no
        end: every length has the same rates, so that arms share their beginnings whatever comes after.

    Over each phase, every phase warms up and decays on its own. Over the arm, the phases that have this schedule are
    one stretch, and each has the rates of its part: arms that begin alike can share that beginning as far as their
    rates are equal, and a cooldown with a schedule of its own leaves the rates before it as they are.

    Attributes:
        peak: the rate after the warm-up. 'previous' takes the rate that the phase before ended with, and goes on from
            there without warm-up: a cooldown.
        warmup_tokens: of the warm-up, rounded up to whole steps.
        final: the final rate, as a share of the peak.
        final_rate: the final rate itself, in place of `final`.
        decay: wsd's last share.
        over: what it is stretched over.
    """

    shape: Literal["cosine", "wsd", "linear", "inverse_sqrt"]
    peak: float | Literal["previous"]
    warmup_tokens: int = 0
    final: float = 0.1
    decay: float = 0.2
    over: Literal["phase", "arm"] = "phase"
    final_rate: float | None = None

    def __post_init__(self) -> None:
        if self.shape not in ("cosine", "wsd", "linear", "inverse_sqrt"):
            raise UserError(f"LearningRate.shape is {self.shape!r}; give 'cosine', 'wsd', 'linear' or 'inverse_sqrt'.")
        if self.over not in ("phase", "arm"):
            raise UserError(f"LearningRate.over is {self.over!r}; give 'phase' or 'arm'.")
        if isinstance(self.peak, str):
            self._check_continuation()
        elif not self.peak > 0 or not 0 <= self.final <= 1 or not 0 < self.decay <= 1 or self.warmup_tokens < 0:
            raise UserError(
                "LearningRate needs peak > 0, final from 0 to 1, decay above 0 up to 1 and warmup_tokens ≥ 0; "
                f"it has {self.peak}, {self.final}, {self.decay} and {self.warmup_tokens}."
            )
        if self.final_rate is not None and (self.final_rate < 0 or self.shape == "inverse_sqrt"):
            raise UserError(
                f"LearningRate.final_rate is {self.final_rate} for the shape '{self.shape}'; give a rate ≥ 0, and None "
                "for 'inverse_sqrt', which has no end."
            )

    def _check_continuation(self) -> None:
        if self.peak != "previous" or self.over != "phase" or self.warmup_tokens or self.shape == "inverse_sqrt":
            raise UserError(
                f"LearningRate.peak is {self.peak!r} with over={self.over!r}, warmup_tokens={self.warmup_tokens} and "
                f"shape={self.shape!r}; give a number, or 'previous' with over='phase', warmup_tokens=0 and a shape "
                "that ends."
            )

    def rates(self, steps: int, tokens_per_step: int, previous: float | None = None) -> np.ndarray:
        """The learning rate of each of `steps` steps, float32.

        Args:
            steps: how many.
            tokens_per_step: of each.
            previous: the rate of the step before the first, which the peak 'previous' stands for.
        """
        peak = previous if isinstance(self.peak, str) else self.peak
        if peak is None:
            raise ValueError("the peak 'previous' needs the rate of a step before the first")
        warmup = min(steps, -(-self.warmup_tokens // tokens_per_step))
        # The rate of a step is that of its end: none is zero but the last.
        step = np.arange(1, steps + 1, dtype=np.float64)
        if self.shape == "inverse_sqrt":
            return (peak * np.minimum(step / max(1, warmup), np.sqrt(max(1, warmup) / step))).astype(np.float32)
        final = self.final if self.final_rate is None else self.final_rate / peak
        done = np.clip((step - warmup) / max(1, steps - warmup), 0, 1)
        if self.shape == "cosine":
            height = final + (1 - final) * (1 + np.cos(np.pi * done)) / 2
        elif self.shape == "linear":
            height = 1 - (1 - final) * done
        else:
            decaying = np.clip((step - (1 - self.decay) * steps) / max(1.0, self.decay * steps), 0, 1)
            height = 1 - (1 - final) * decaying
        rising = np.minimum(1.0, step / warmup) if warmup else 1.0
        return (peak * rising * height).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Optimizer:
    """AdamW (arXiv 1711.05101) after clipping by the global norm; the study discloses no setting, these are ours."""

    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    weight_decay: float = 0.1  # of the matrices, the embedding among them; not of the norms' scales
    clip: float = 1.0

    def transformation(self) -> Any:
        """The optax transformation, up to the factor −learning rate, which the step applies."""
        import jax
        import optax

        def is_matrix(params: Any) -> Any:
            return jax.tree_util.tree_map_with_path(lambda path, _: "scale_D" not in jax.tree_util.keystr(path), params)

        return optax.chain(
            optax.clip_by_global_norm(self.clip),
            optax.scale_by_adam(b1=self.beta1, b2=self.beta2, eps=self.epsilon),
            optax.add_decayed_weights(self.weight_decay, mask=is_matrix),
        )
