from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.model.config import Model
from codemix.model.transformer import Transformer
from codemix.store.token_store import TokenStore, token_dtype, write_manifest, write_shard

jax.config.update("jax_disable_most_optimizations", True)  # the programs run once: compiling is what takes time
VOCAB, EOS, CONTEXT = 40, 0, 24
LENGTHS = (5, 40, 0, 16, 1, 23, 12, 9)  # of the held-out documents; the third is empty


@pytest.fixture(scope="session")
def model() -> Transformer:
    config = Model(layers=2, width=16, heads=2, feed_forward=24, context=CONTEXT, loss_chunk=8, logit_scale=0.5)
    return nnx.jit(lambda: Transformer(config, VOCAB, EOS, jnp.float32, nnx.Rngs(0)))()


@pytest.fixture(scope="session")
def heldout_ids() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(1, VOCAB, length) for length in LENGTHS]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, heldout_ids: list[np.ndarray]) -> TokenStore:
    path = tmp_path_factory.mktemp("tokens")
    facts = [
        {"document": f"d{i}", "cluster": f"c{i // 2}", "language": "en", "bytes": 3 * len(ids)}
        for i, ids in enumerate(heldout_ids)
    ]
    shards = [
        write_shard(path / "heldout", f"{n:05d}", facts[part], heldout_ids[part], token_dtype(VOCAB), EOS)
        for n, part in enumerate((slice(0, 3), slice(3, None)))
    ]
    write_manifest(path, {"train": [], "heldout": shards}, eos=EOS, vocab_size=VOCAB)
    return TokenStore(path)


@pytest.fixture(scope="session")
def plain_nll(model: Transformer) -> Callable[[np.ndarray], np.ndarray]:
    """Nats of every token of a row but the first, which it starts from: one pass, all logits made."""

    @nnx.jit
    def log_probabilities(model: Transformer, ids_BxT: jax.Array) -> jax.Array:
        logits_BxTxV = model.config.logit_scale * model(ids_BxT) @ model.embedding_VxD[...].T
        return jax.nn.log_softmax(logits_BxTxV)

    def nll(row: np.ndarray) -> np.ndarray:
        padded = np.full(CONTEXT, EOS)
        padded[: len(row) - 1] = row[:-1]
        log_p_TxV = np.asarray(log_probabilities(model, padded[None])[0])
        return -log_p_TxV[np.arange(len(row) - 1), row[1:]]

    return nll
