"""Several continuations of one prefix, read at once: the prefix goes through the model a single time.

A row is a prefix and, after it, branches that do not see each other. Rotary positions count along the prefix and on in
every branch as if the others were not there.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from codemix.model.attention import rotary_angles
from codemix.model.transformer import Block, Transformer


def read_branches(
    model: Transformer, ids_BxP: jax.Array, document_BxP: jax.Array, ids_BxCxS: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Hidden states of prefixes and of what follows them.

    Args:
        model: on any devices.
        ids_BxP: prefixes, aligned at their ends.
        document_BxP: the number of each position's document; those of a row's last one are its prefix, the others are
            not seen from there.
        ids_BxCxS: C branches of each prefix, aligned at their starts; S may be 0.

    Returns:
        The hidden states of the prefixes' last positions, (B, D), and of the branches, (B, C, S, D).
    """
    B, P = ids_BxP.shape
    _, C, S = ids_BxCxS.shape
    along = rotary_angles(P + S, model.config.head_size, model.config.rotary_base)
    angles_TxK2 = jnp.concatenate([along[:P], jnp.tile(along[P:], (C, 1))])
    own_BxP = document_BxP == document_BxP[:, -1:]

    @nnx.scan(in_axes=(0, nnx.Carry), out_axes=nnx.Carry, unroll=model.config.unroll)
    def through(block: Block, x_NxD: jax.Array) -> jax.Array:
        y_NxD = block.norm(x_NxD)
        q_BxTxHxK, k_BxTxGxK, v_BxTxGxK = block.attention.project(y_NxD, angles_TxK2, B)
        q_BxPxHxK, k_BxPxGxK, v_BxPxGxK = q_BxTxHxK[:, :P], k_BxTxGxK[:, :P], v_BxTxGxK[:, :P]
        seen_BxTxHxK = block.attention.attend(q_BxPxHxK, k_BxPxGxK, v_BxPxGxK, document_BxP)
        if S:
            q_BxCxSxHxK, k_BxCxSxGxK, v_BxCxSxGxK = (
                x[:, P:].reshape(B, C, S, *x.shape[2:]) for x in (q_BxTxHxK, k_BxTxGxK, v_BxTxGxK)
            )
            y_BxCSxHxK = _attend(q_BxCxSxHxK, k_BxPxGxK, v_BxPxGxK, k_BxCxSxGxK, v_BxCxSxGxK, own_BxP)
            seen_BxTxHxK = jnp.concatenate([seen_BxTxHxK, y_BxCSxHxK], axis=1)
        return x_NxD + block.attention.combine(seen_BxTxHxK) + block.feed_forward(y_NxD)

    ids_N = jnp.concatenate([ids_BxP, ids_BxCxS.reshape(B, C * S)], axis=1).reshape(-1)
    x_NxD = through(model.blocks, model.embedding_VxD[...].astype(model.dtype)[ids_N])
    x_BxTxD = x_NxD.reshape(B, P + C * S, -1)
    last_BxD, after_BxCSxD = model.norm(x_BxTxD[:, P - 1]), model.norm(x_BxTxD[:, P:])
    return last_BxD, after_BxCSxD.reshape(B, C, S, last_BxD.shape[1])


def _attend(
    q_BxCxSxHxK: jax.Array,
    k_BxPxGxK: jax.Array,
    v_BxPxGxK: jax.Array,
    k_BxCxSxGxK: jax.Array,
    v_BxCxSxGxK: jax.Array,
    own_BxP: jax.Array,
) -> jax.Array:
    """Attention of branches to their prefix and to the earlier positions of their own, (B, C·S, H, K)."""
    B, C, S, H, K = q_BxCxSxHxK.shape
    G = k_BxPxGxK.shape[2]
    q = (q_BxCxSxHxK * K**-0.5).reshape(B, C, S, G, H // G, K)
    hidden_BxP = jnp.where(own_BxP, 0.0, -1e9)
    causal_SxS = jnp.where(jnp.tri(S, dtype=bool), 0.0, -1e9)
    of_prefix = jnp.einsum("bcsgrk,bpgk->bgrcsp", q, k_BxPxGxK, preferred_element_type=jnp.float32)
    of_branch = jnp.einsum("bcsgrk,bctgk->bgrcst", q, k_BxCxSxGxK, preferred_element_type=jnp.float32)
    scores = jnp.concatenate([of_prefix + hidden_BxP[:, None, None, None, None], of_branch + causal_SxS], axis=-1)
    p = jax.nn.softmax(scores, axis=-1).astype(v_BxPxGxK.dtype)
    P = k_BxPxGxK.shape[1]
    y_of_prefix = jnp.einsum("bgrcsp,bpgk->bcsgrk", p[..., :P], v_BxPxGxK)
    y_of_branch = jnp.einsum("bgrcst,bctgk->bcsgrk", p[..., P:], v_BxCxSxGxK)
    return (y_of_prefix + y_of_branch).reshape(B, C * S, H, K)
