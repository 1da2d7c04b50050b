"""The decoder: causal, blind to other documents, and the same however it is computed."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.model.loss import mean_nll
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

VOCAB, EOS = 50, 0
MakeModel = Callable[..., Transformer]


def random_ids(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, VOCAB, shape)


@nnx.jit
def hidden(model: Transformer, ids_BxT: jax.Array) -> jax.Array:
    return model(ids_BxT)


def test_packed_documents_are_read_as_if_alone(make_model: MakeModel) -> None:
    """A row of three documents gives each the hidden states that it has in a row of its own. A document's first token
    is predicted from the end-of-document token before it."""
    model = make_model()
    documents = [random_ids(n) for n in (4, 6, 3)]
    packed = np.concatenate([part for ids in documents for part in ([EOS], ids)])  # 16 tokens
    together = hidden(model, packed[None])[0]
    start = 0
    for ids in documents:
        length = len(ids) + 1
        row = np.full(16, EOS)  # what follows a document changes nothing in it
        row[1:length] = ids
        alone = hidden(model, row[None])[0]
        np.testing.assert_allclose(together[start : start + length], alone[:length], atol=2e-5)
        start += length


def test_later_tokens_change_nothing_before_them(make_model: MakeModel) -> None:
    model = make_model()
    ids_BxT = random_ids(2, 16)
    changed_BxT = ids_BxT.copy()
    changed_BxT[:, 9:] = (changed_BxT[:, 9:] + 7) % (VOCAB - 1) + 1
    before, after = hidden(model, ids_BxT), hidden(model, changed_BxT)
    np.testing.assert_array_equal(before[:, :9], after[:, :9])
    assert np.abs(before[:, 9:] - after[:, 9:]).max() > 1e-3


def test_earlier_tokens_of_the_document_matter(make_model: MakeModel) -> None:
    """The masks do not hide what they should show."""
    model = make_model()
    ids_BxT = random_ids(1, 16)
    changed_BxT = ids_BxT.copy()
    changed_BxT[0, 0] = ids_BxT[0, 0] % (VOCAB - 1) + 1
    assert np.abs(hidden(model, ids_BxT) - hidden(model, changed_BxT))[0, 15].max() > 1e-4


def test_unrolling_the_layers_changes_no_result(make_model: MakeModel) -> None:
    ids_BxT = random_ids(2, 16)
    np.testing.assert_allclose(
        hidden(make_model(), ids_BxT), hidden(make_model(unroll=2), ids_BxT), rtol=1e-5, atol=1e-6
    )


def loss_and_gradients(model: Transformer) -> tuple[jax.Array, nnx.State]:
    graph, params = nnx.split(model)
    rows_BxS = random_ids(2, 17)

    def loss_of(params: nnx.State) -> jax.Array:
        merged = nnx.merge(graph, params)
        targets_BxT = jnp.array(rows_BxS[:, 1:])
        predicted_BxT = targets_BxT % 3 > 0
        hidden_BxTxD = merged(rows_BxS[:, :-1])
        on_one = make_mesh({"data": 1})
        return mean_nll(hidden_BxTxD, merged.embedding_VxD[...], targets_BxT, predicted_BxT, 1.0, 8, on_one)

    return jax.jit(jax.value_and_grad(loss_of))(params)


def test_rematerialising_changes_neither_loss_nor_gradients(make_model: MakeModel) -> None:
    loss, gradients = loss_and_gradients(make_model())
    for remat in ("dots", "full"):
        remat_loss, remat_gradients = loss_and_gradients(make_model(remat=remat))
        np.testing.assert_allclose(remat_loss, loss, rtol=1e-6)
        for remade, kept in zip(jax.tree.leaves(remat_gradients), jax.tree.leaves(gradients), strict=True):
            np.testing.assert_allclose(remade, kept, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [{}, {"layers": 1, "width": 32, "heads": 4, "feed_forward": 40}])
def test_the_parameter_formula_counts_what_is_there(make_model: MakeModel, shape: dict[str, int]) -> None:
    model = make_model(**shape)
    counted = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))
    assert sum(model.config.parameters(VOCAB).values()) == counted


def in_bfloat16(model: Transformer) -> Transformer:
    """The same parameters, multiplied in bfloat16."""
    return nnx.jit(lambda: Transformer(model.config, VOCAB, EOS, jnp.bfloat16, nnx.Rngs(0)))()


def test_parameters_are_float32_whatever_matrices_multiply_in(make_model: MakeModel) -> None:
    model = in_bfloat16(make_model())
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(model, nnx.Param))} == {jnp.dtype("float32")}
    assert hidden(model, random_ids(2, 16)).dtype == jnp.bfloat16


def test_bfloat16_computes_the_same_model(make_model: MakeModel) -> None:
    model = make_model()
    low = in_bfloat16(model)
    ids_BxT = random_ids(2, 16)
    difference = np.abs(hidden(model, ids_BxT) - hidden(low, ids_BxT).astype(jnp.float32))
    assert difference.mean() < 0.05
