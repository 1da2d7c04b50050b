"""What attention is here, whatever computes it."""

from typing import Protocol

import jax


class Attend(Protocol):
    """Attention of each position to itself and the earlier ones of its own document."""

    def __call__(
        self, q_BxTxHxK: jax.Array, k_BxTxGxK: jax.Array, v_BxTxGxK: jax.Array, document_BxT: jax.Array
    ) -> jax.Array:
        """Shape (B, T, H, K), of the queries' type. Each of G heads of keys and values serves H / G heads of queries,
        neighbours; documents are numbered in the order of a row's positions."""
        ...
