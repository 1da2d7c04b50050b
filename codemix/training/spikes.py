"""Which steps are bad, decided inside the compiled step, so that it is a function of the steps and of nothing else."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from codemix.training.divergence import Divergence


class Norms(NamedTuple):
    """The gradients' norms that a spike is told by; a part of the state."""

    newest: jax.Array  # of the accepted steps, as a ring, (window,) float32
    accepted: jax.Array  # how many steps were accepted, int32


def no_norms(divergence: Divergence) -> Norms | None:
    """Of a fresh state; None where the policy needs none, and the step is compiled without."""
    if divergence.policy == "stop":
        return None
    return Norms(jnp.zeros(divergence.window, jnp.float32), jnp.zeros((), jnp.int32))


def is_bad(divergence: Divergence, norms: Norms, loss: jax.Array, norm: jax.Array) -> jax.Array:
    """Whether a step with this loss and gradient norm is bad; a boolean."""
    bad = ~(jnp.isfinite(loss) & jnp.isfinite(norm))
    if divergence.factor is None:
        return bad
    many = norms.accepted >= divergence.window
    return bad | (many & (norm > divergence.factor * jnp.median(norms.newest)))


def accepted(norms: Norms, norm: jax.Array) -> Norms:
    """The norms once a step is accepted."""
    place = norms.accepted % norms.newest.shape[0]
    return Norms(norms.newest.at[place].set(norm), norms.accepted + 1)


def unless(bad: jax.Array, after: Any, before: Any) -> Any:
    """The tree `after`, or `before` where the step is bad."""
    return jax.tree.map(lambda new, old: jnp.where(bad, old, new), after, before)
