from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_study import SEEDS, Folders, build_synthetic_study


@pytest.fixture
def build_study(tmp_path: Path) -> Callable[..., Folders]:
    def build(seeds: tuple[int, ...] = SEEDS, clusters: int = 40) -> Folders:
        return build_synthetic_study(tmp_path / "home", seeds, clusters)

    return build


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """One study for tests that only read it."""
    return build_synthetic_study(tmp_path_factory.mktemp("home"), SEEDS, 40)
