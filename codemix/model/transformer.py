"""The decoder: parallel attention and feed-forward blocks, SwiGLU, LayerNorm, rotary positions, tied embeddings.

The family of Hugging Face's `CohereForCausalLM`, and of the study as far as it discloses it (arXiv 2408.10914 §2.3):
no biases anywhere, one LayerNorm per block that feeds both branches, the output matrix tied to the embedding.
"""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from codemix.model.attention import Attention, document_numbers, rotary_angles
from codemix.model.config import Model
from codemix.model.kernels import FOUND, Attend, attend_in_blocks
from codemix.model.partitioning import parameter

REMAT_POLICIES = {
    "none": jax.checkpoint_policies.everything_saveable,
    "dots": jax.checkpoint_policies.save_from_both_policies(
        jax.checkpoint_policies.dots_with_no_batch_dims_saveable,
        jax.checkpoint_policies.save_only_these_names(FOUND),  # by a kernel, whose products XLA does not see
    ),
    "full": jax.checkpoint_policies.nothing_saveable,
}


class FeedForward(nnx.Module):
    """SwiGLU (arXiv 2002.05202): silu(x·gate) ⊙ (x·up), back to D."""

    def __init__(self, config: Model, dtype: DTypeLike, rngs: nnx.Rngs):
        D, F = config.width, config.feed_forward
        init = nnx.initializers.glorot_normal()
        self.gate_DxF = parameter(init, rngs, (D, F), ("embed", "feed_forward"))
        self.up_DxF = parameter(init, rngs, (D, F), ("embed", "feed_forward"))
        self.down_FxD = parameter(init, rngs, (F, D), ("feed_forward", "embed"))
        self.dtype = dtype

    def __call__(self, x_NxD: jax.Array) -> jax.Array:
        gate_NxF = x_NxD @ self.gate_DxF.astype(self.dtype)
        up_NxF = x_NxD @ self.up_DxF.astype(self.dtype)
        return (jax.nn.silu(gate_NxF) * up_NxF) @ self.down_FxD.astype(self.dtype)


class LayerNorm(nnx.Module):
    """LayerNorm with a scale and no bias, computed in float32."""

    def __init__(self, width: int, epsilon: float, rngs: nnx.Rngs):
        self.scale_D = parameter(nnx.initializers.ones, rngs, (width,), ("embed",))
        self.epsilon = epsilon

    def __call__(self, x_NxD: jax.Array) -> jax.Array:
        x = x_NxD.astype(jnp.float32)
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = jnp.square(centred).mean(axis=-1, keepdims=True)
        return (centred * jax.lax.rsqrt(variance + self.epsilon) * self.scale_D[...]).astype(x_NxD.dtype)


class Block(nnx.Module):
    """x + attention(norm(x)) + feed_forward(norm(x))."""

    def __init__(self, config: Model, dtype: DTypeLike, rngs: nnx.Rngs, attend: Attend):
        self.norm = LayerNorm(config.width, config.norm_epsilon, rngs)
        self.attention = Attention(config, dtype, rngs, attend)
        self.feed_forward = FeedForward(config, dtype, rngs)

    def __call__(self, x_NxD: jax.Array, angles_TxK2: jax.Array, document_BxT: jax.Array) -> jax.Array:
        y_NxD = self.norm(x_NxD)
        return x_NxD + self.attention(y_NxD, angles_TxK2, document_BxT) + self.feed_forward(y_NxD)


class Transformer(nnx.Module):
    """The decoder up to its last hidden state; `embedding_VxD` turns that into logits (`codemix.model.loss`)."""

    def __init__(
        self,
        config: Model,
        vocab_size: int,
        eos: int,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
        attend: Attend = attend_in_blocks,
    ):
        """`dtype` is what matrices multiply in; parameters are float32. `attend` suits the devices."""
        self.config = config
        self.eos = eos
        self.dtype = dtype
        embed = nnx.initializers.normal(stddev=config.width**-0.5)
        self.embedding_VxD = parameter(embed, rngs, (vocab_size, config.width), ("vocab", "embed"))

        @nnx.split_rngs(splits=config.layers)
        @nnx.vmap(transform_metadata={nnx.PARTITION_NAME: "layers"})
        def stack(rngs: nnx.Rngs) -> Block:
            return Block(config, dtype, rngs, attend)

        self.blocks = stack(rngs)
        self.norm = LayerNorm(config.width, config.norm_epsilon, rngs)

    def __call__(self, ids_BxT: jax.Array) -> jax.Array:
        """Hidden states of shape (B, T, D) for token ids of shape (B, T)."""
        document_BxT = document_numbers(ids_BxT, self.eos)
        angles_TxK2 = rotary_angles(ids_BxT.shape[1], self.config.head_size, self.config.rotary_base)

        @nnx.scan(
            in_axes=(0, nnx.Carry),
            out_axes=nnx.Carry,
            unroll=self.config.unroll,
            transform_metadata={nnx.PARTITION_NAME: "layers"},
        )
        @nnx.remat(policy=REMAT_POLICIES[self.config.remat], prevent_cse=False)  # the scan prevents it already
        def through(block: Block, x_NxD: jax.Array) -> jax.Array:
            return block(x_NxD, angles_TxK2, document_BxT)

        # Positions in one axis, N = B·T: XLA's CPU backend is several times slower on matrices with two.
        x_NxD = self.embedding_VxD[...].astype(self.dtype)[ids_BxT.reshape(-1)]
        return self.norm(through(self.blocks, x_NxD)).reshape(*ids_BxT.shape, -1)
