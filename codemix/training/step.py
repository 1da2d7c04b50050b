"""The training step: pure functions, compiled once for a model, a batch shape and a mesh."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import DTypeLike

from codemix.model.config import Model
from codemix.model.kernels import attention_on
from codemix.model.loss import mean_nll
from codemix.model.partitioning import sharding, state_shardings
from codemix.model.transformer import Transformer
from codemix.training.divergence import Divergence
from codemix.training.optimizer import Optimizer
from codemix.training.spikes import Norms, accepted, is_bad, no_norms, unless


class TrainState(NamedTuple):
    """What a step changes. `params` and the optimizer's moments are trees of float32 arrays."""

    params: nnx.State
    optimizer: optax.OptState
    norms: Norms | None  # where the policy for bad steps needs them


@dataclasses.dataclass(frozen=True)
class Trainer:
    """The compiled functions of one model on one mesh."""

    mesh: Mesh
    graph: nnx.GraphDef
    shardings: TrainState
    init: Callable[[jax.Array], TrainState]  # PRNG key -> sharded state, never whole on one device
    # (state, rows_Bx(T+1), predicted_BxT, rate) -> (state, metrics); the targets that are not predicted have no loss,
    # and where the policy is not to stop, the metric `bad` says that the step is passed over
    step: jax.stages.Wrapped


def make_trainer(
    config: Model,
    vocab_size: int,
    eos: int,
    optimizer: Optimizer,
    mesh: Mesh,
    dtype: DTypeLike,
    divergence: Divergence = Divergence(),  # noqa: B008  (frozen)
    pieces: int = 1,
) -> Trainer:
    """Builds the functions; nothing is compiled or allocated until they are called.

    A batch is computed in `pieces`, one after the other, whose gradients are added up: what the activations of a piece
    take is what a step needs. They are the same rows and the same loss, summed in another order.
    """
    transformation = optimizer.transformation()

    def init_model(key: jax.Array) -> Transformer:
        return Transformer(config, vocab_size, eos, dtype, nnx.Rngs(key), attention_on(mesh))

    def init(key: jax.Array) -> TrainState:
        params = nnx.state(init_model(key), nnx.Param)
        return TrainState(params, transformation.init(params), no_norms(divergence))

    graph = nnx.graphdef(nnx.eval_shape(init_model, jax.random.key(0)))
    shardings = state_shardings(jax.eval_shape(init, jax.random.key(0)), mesh)

    def loss_of(params: nnx.State, rows_BxS: jax.Array, predicted_BxT: jax.Array) -> jax.Array:
        # So do their gradients lie, those of the embedding, too, which the loss has by parts of the vocabulary.
        model = nnx.merge(graph, jax.lax.with_sharding_constraint(params, shardings.params))
        ids_BxS = jax.lax.with_sharding_constraint(rows_BxS.astype(jnp.int32), sharding(mesh, "rows", None))
        hidden_BxTxD = model(ids_BxS[:, :-1])
        return mean_nll(
            hidden_BxTxD,
            model.embedding_VxD[...],
            ids_BxS[:, 1:],
            predicted_BxT,
            config.logit_scale,
            min(config.loss_chunk, config.context),
            mesh,
        )

    def loss_and_gradients(
        params: nnx.State, rows_BxS: jax.Array, predicted_BxT: jax.Array
    ) -> tuple[jax.Array, nnx.State]:
        if pieces == 1:
            return jax.value_and_grad(loss_of)(params, rows_BxS, predicted_BxT)
        total = jnp.maximum(predicted_BxT.sum(), 1)

        def weighted_loss(params: nnx.State, rows: jax.Array, predicted: jax.Array) -> jax.Array:
            return predicted.sum() / total * loss_of(params, rows, predicted)

        def add(sums: tuple, piece: tuple) -> tuple[tuple, None]:
            found = jax.value_and_grad(weighted_loss)(params, *piece)
            return jax.tree.map(jnp.add, sums, found), None

        start = jax.tree.map(jnp.zeros_like, (jnp.float32(0), params))
        cut = (_cut(rows_BxS, pieces, mesh), _cut(predicted_BxT, pieces, mesh))
        return jax.lax.scan(add, start, cut)[0]

    everywhere = NamedSharding(mesh, PartitionSpec())

    @partial(
        jax.jit,
        donate_argnums=0,
        in_shardings=(shardings, sharding(mesh, "rows", None), sharding(mesh, "rows", None), everywhere),
        out_shardings=(shardings, everywhere),
    )
    def step(
        state: TrainState, rows_BxS: jax.Array, predicted_BxT: jax.Array, rate: jax.Array
    ) -> tuple[TrainState, dict[str, jax.Array]]:
        loss, gradients = loss_and_gradients(state.params, rows_BxS, predicted_BxT)
        updates, optimizer_state = transformation.update(gradients, state.optimizer, state.params)
        params = jax.tree.map(lambda p, u: p - rate * u, state.params, updates)
        norm = optax.global_norm(gradients)
        metrics = {"loss": loss, "grad_norm": norm, "predicted_tokens": predicted_BxT.sum()}
        if state.norms is None:
            return TrainState(params, optimizer_state, None), metrics
        bad = is_bad(divergence, state.norms, loss, norm)
        after = TrainState(params, optimizer_state, accepted(state.norms, norm))
        return unless(bad, after, state), {**metrics, "bad": bad}

    return Trainer(mesh, graph, shardings, jax.jit(init, out_shardings=shardings), step)


def _cut(x_Bx: jax.Array, pieces: int, mesh: Mesh) -> jax.Array:
    """(B, …) → (pieces, B / pieces, …), to scan over: each device's rows stay its own, every piece has some of them."""
    B, *rest = x_Bx.shape
    cut = jnp.swapaxes(x_Bx.reshape(B // pieces, pieces, *rest), 0, 1)
    return jax.lax.with_sharding_constraint(cut, sharding(mesh, None, "rows", *[None] * len(rest)))


def parameter_count(state: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(state))
