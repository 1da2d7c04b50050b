"""The shape of the model: what a scale file says about it."""

import dataclasses
from typing import Literal

from codemix.errors import UserError

MeshAxis = Literal["data", "fsdp", "tensor"]


@dataclasses.dataclass(frozen=True)
class Model:
    """Shape of the decoder. The study (arXiv 2408.10914 §2.3) discloses the family and no shapes: these are ours.

    Letters in tensor names: B rows, T positions, D `width`, H `heads`, G `kv_heads`, K = D / H, F `feed_forward`,
    V vocabulary.
    """

    layers: int
    width: int
    heads: int
    feed_forward: int
    context: int  # tokens that one row predicts
    kv_heads: int | None = None  # of keys and values (arXiv 2305.13245); None for as many as there are of queries
    rotary_base: float = 10_000.0
    norm_epsilon: float = 1e-5
    logit_scale: float = 1.0
    remat: Literal["none", "dots", "full"] = "none"  # what the backward pass computes again instead of keeping
    unroll: int = 1  # layers per iteration of the scan; all of them where they are few and small
    loss_chunk: int = 256  # positions whose logits are in memory at once

    def __post_init__(self) -> None:
        for field in ("layers", "width", "heads", "feed_forward", "context", "unroll", "loss_chunk"):
            if getattr(self, field) <= 0:
                raise UserError(f"Model.{field} is {getattr(self, field)}; give a whole number ≥ 1.")
        if self.kv_heads is not None and (self.kv_heads < 1 or self.heads % self.kv_heads):
            raise UserError(f"Model.kv_heads {self.kv_heads} does not divide Model.heads {self.heads}; give a divisor.")
        if self.width % (2 * self.heads):
            raise UserError(
                f"Model.width {self.width} does not divide into {self.heads} heads of an even size; "
                "change Model.width or Model.heads."
            )
        if self.context % min(self.loss_chunk, self.context):
            raise UserError(
                f"Model.loss_chunk {self.loss_chunk} does not divide Model.context {self.context}; give a divisor."
            )
        if self.remat not in ("none", "dots", "full"):
            raise UserError(f"Model.remat is {self.remat!r}; give 'none', 'dots' or 'full'.")

    @property
    def head_size(self) -> int:
        return self.width // self.heads

    @property
    def groups(self) -> int:
        """Heads of keys and values."""
        return self.heads if self.kv_heads is None else self.kv_heads

    def parameters(self, vocab_size: int) -> dict[str, int]:
        """Parameter counts by part. The embedding is tied: it serves as the output matrix too."""
        D, F = self.width, self.feed_forward
        return {
            "embedding": vocab_size * D,
            "attention": self.layers * 2 * D * (D + self.groups * self.head_size),
            "feed_forward": self.layers * 3 * D * F,
            "norms": (self.layers + 1) * D,
        }

    def flops_per_token(self, vocab_size: int) -> int:
        """Training FLOPs per predicted token: 6 per weight that multiplies (the look-up does not, the output matrix
        does), plus causal attention's two products, of which half the positions count: 6·L·T·D."""
        parts = self.parameters(vocab_size)
        weights = parts["embedding"] + parts["attention"] + parts["feed_forward"]
        return 6 * weights + 6 * self.layers * self.context * self.width
