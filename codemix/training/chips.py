"""What a chip can do, as its maker says, and how much of that a training uses."""

import dataclasses

from codemix.model.config import Model


@dataclasses.dataclass(frozen=True)
class Chip:
    """
    Attributes:
        flops: per second in bfloat16, dense: without structured sparsity.
        memory: bytes of HBM.
        bandwidth: of that memory, bytes per second.
        source: where its maker says so.
    """

    flops: float
    memory: float
    bandwidth: float
    source: str


CHIPS = {
    "TPU v4": Chip(275e12, 32 * 2**30, 1.2e12, "cloud.google.com/tpu/docs/v4"),
    "TPU v5e": Chip(197e12, 16e9, 819e9, "cloud.google.com/tpu/docs/v5e"),
    "TPU v5p": Chip(459e12, 95e9, 2765e9, "cloud.google.com/tpu/docs/v5p"),
    "TPU v6e": Chip(918e12, 32e9, 1638e9, "cloud.google.com/tpu/docs/v6e"),
    # The makers of GPUs print twice the FLOPs, those with sparsity.
    "A100": Chip(312e12, 80e9, 2039e9, "NVIDIA A100 datasheet, 80 GB SXM"),
    "H100": Chip(989e12, 80e9, 3.35e12, "NVIDIA H100 datasheet, SXM"),
    "H200": Chip(989e12, 141e9, 4.8e12, "NVIDIA H200 datasheet, SXM"),
}


def tokens_at_peak(model: Model, vocab_size: int, peak_flops: float, chips: int) -> float:
    """Tokens per second that a training would read if its chips did nothing but `Model.flops_per_token`, at their peak.

    What a training reaches of it is its model FLOPs utilisation, MFU (arXiv 2204.02311 §4.1): what it computes again in
    the backward pass does not count.
    """
    return chips * peak_flops / model.flops_per_token(vocab_size)
