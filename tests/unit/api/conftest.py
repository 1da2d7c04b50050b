"""Checkpoints of random parameters over token stores of a few words, with a tokenizer of single characters."""

from collections.abc import Callable
from pathlib import Path

import jax
import pytest
from small_checkpoint import MODEL, write_home

from codemix.api.checkpoint import Checkpoint
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.store.token_store import TokenStore
from codemix.training.weights import fresh_weights

jax.config.update("jax_disable_most_optimizations", True)  # the programs run once: compiling is what takes time


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def make_checkpoint(small_home: Path) -> Callable[..., Checkpoint]:
    """A checkpoint of random parameters; the same seed always gives the same."""
    stores = {path.name: TokenStore(path) for path in sorted((small_home / "tokens").iterdir())}
    mesh = make_mesh({"fsdp": -1}, jax.devices()[:1])

    def make(seed: int = 0, config: Model = MODEL) -> Checkpoint:
        store = stores["text"]
        graph, params = fresh_weights(config, store.vocab_size, store.eos, mesh, "float32", seed)
        return Checkpoint("key", f"seed {seed}", 0, config, graph, params, mesh, stores)

    return make
