from collections.abc import Callable
from pathlib import Path

import jax
import pytest
from tiny_training import HARDWARE, make_job, write_stores

from codemix.training.job import Job
from codemix.training.loop import train

jax.config.update("jax_disable_most_optimizations", True)  # the programs run once: compiling is what takes time


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two token stores, written once for tests that only read them."""
    return write_stores(tmp_path_factory.mktemp("tokens"))


@pytest.fixture
def job(stores: dict[str, Path]) -> Callable[..., Job]:
    """A job of 12 steps; fields can be given."""
    return lambda **changes: make_job(**{"stores": stores, **changes})


@pytest.fixture(scope="session")
def trained(stores: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the whole job has been trained without interruption."""
    home = tmp_path_factory.mktemp("home")
    train(make_job(stores), home, HARDWARE)
    return home
