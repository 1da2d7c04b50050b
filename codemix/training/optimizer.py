"""AdamW, and the learning rate of every step."""

import dataclasses
from typing import Any, Literal

import numpy as np

from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class LearningRate:
    """A learning-rate schedule: linear warm-up, then a shape, over each phase or over the whole arm.

    cosine: half a cosine from `peak` to `final`·`peak`.
    wsd: constant, then linear to `final`·`peak` over the last `decay` share (warm-up, stable, decay).
    linear: straight from `peak` to `final`·`peak`; with `final` 0, linear to zero.

    Over each phase, every phase warms up and decays on its own. Over the arm, a phase has the rates of its own stretch:
    arms that begin alike can share that beginning as far as their rates are equal.
    """

    shape: Literal["cosine", "wsd", "linear"]
    peak: float
    warmup_tokens: int
    final: float = 0.1
    decay: float = 0.2
    over: Literal["phase", "arm"] = "phase"

    def __post_init__(self) -> None:
        if self.shape not in ("cosine", "wsd", "linear"):
            raise UserError(f"LearningRate.shape is {self.shape!r}; give 'cosine', 'wsd' or 'linear'.")
        if self.over not in ("phase", "arm"):
            raise UserError(f"LearningRate.over is {self.over!r}; give 'phase' or 'arm'.")
        if not self.peak > 0 or not 0 <= self.final <= 1 or not 0 < self.decay <= 1 or self.warmup_tokens < 0:
            raise UserError(
                "LearningRate needs peak > 0, final from 0 to 1, decay above 0 up to 1 and warmup_tokens ≥ 0; "
                f"it has {self.peak}, {self.final}, {self.decay} and {self.warmup_tokens}."
            )

    def rates(self, steps: int, tokens_per_step: int) -> np.ndarray:
        """The learning rate of each of `steps` steps, float32."""
        warmup = min(steps, -(-self.warmup_tokens // tokens_per_step))
        step = np.arange(
            1, steps + 1, dtype=np.float64
        )  # the rate of a step is that of its end: none is zero but the last
        done = np.clip((step - warmup) / max(1, steps - warmup), 0, 1)
        if self.shape == "cosine":
            height = self.final + (1 - self.final) * (1 + np.cos(np.pi * done)) / 2
        elif self.shape == "linear":
            height = 1 - (1 - self.final) * done
        else:
            decaying = np.clip((step - (1 - self.decay) * steps) / max(1.0, self.decay * steps), 0, 1)
            height = 1 - (1 - self.final) * decaying
        rising = np.minimum(1.0, step / warmup) if warmup else 1.0
        return (self.peak * rising * height).astype(np.float32)


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
