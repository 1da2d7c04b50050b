"""Documents packed into rows have the logits that they have alone, whatever computes the attention."""

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.model.config import Model
from codemix.model.kernels import attend_in_blocks
from codemix.model.kernels.flash import attend_by_flash
from codemix.model.kernels.splash import attend_by_splash
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

VOCAB, EOS, T = 50, 0, 256
MODEL = Model(layers=2, width=32, heads=2, kv_heads=1, feed_forward=48, context=T, loss_chunk=T)
FORMS: dict[str, Callable[..., jax.Array]] = {
    "blocks": attend_in_blocks,
    "splash": attend_by_splash(make_mesh({"data": 1}), interpret=True),  # as on TPUs
    "flash": attend_by_flash(make_mesh({"data": 1}), interpret=True),  # as on GPUs
}


def logits(attend: Callable[..., jax.Array], ids_BxT: np.ndarray) -> np.ndarray:
    """Shape (B, T, V); the same parameters every time."""

    @jax.jit
    def compute(ids_BxT: jax.Array) -> jax.Array:
        model = Transformer(MODEL, VOCAB, EOS, jnp.float32, nnx.Rngs(0), attend)
        return model(ids_BxT) @ model.embedding_VxD[...].T

    return np.asarray(compute(ids_BxT))


@pytest.fixture(scope="module")
def packed_and_alone() -> tuple[np.ndarray, list[tuple[slice, np.ndarray]]]:
    """Two full rows of documents as one sequence, short and long, one of which crosses blocks of the kernels and one
    the end of the first row; and the stretches of it that are one document in one row, each with its logits by XLA's
    products where its row has nothing else but ends of documents."""
    random = np.random.default_rng()
    lengths = [1, 2, 30, 150, 72, 129, 1, 126]  # with their ends 519 tokens, of which two rows have 512
    documents = [random.integers(1, VOCAB, length) for length in lengths]
    packed = np.concatenate([part for ids in documents for part in ([EOS], ids)])[: 2 * T]
    bounds = sorted({*np.flatnonzero(packed == EOS), T, 2 * T})  # a document begins anew in the next row
    stretches = [slice(first, last) for first, last in itertools.pairwise(bounds)]
    rows_NxT = np.full((len(stretches), T), EOS)
    for row_T, stretch in zip(rows_NxT, stretches, strict=True):
        row_T[: stretch.stop - stretch.start] = packed[stretch]
    return packed, list(zip(stretches, logits(attend_in_blocks, rows_NxT), strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_packed_documents_have_the_logits_that_they_have_alone(form: str, packed_and_alone: tuple) -> None:
    """Logits are of order 1, in float32 and after two layers: sums in another order differ by some 1e-6."""
    packed, alone = packed_and_alone
    assert len(packed) == 2 * T
    together_NxV = logits(FORMS[form], packed.reshape(2, T)).reshape(2 * T, VOCAB)
    for stretch, logits_TxV in alone:
        length = stretch.stop - stretch.start
        np.testing.assert_allclose(together_NxV[stretch], logits_TxV[:length], atol=2e-5)
