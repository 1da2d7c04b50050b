import dataclasses
from pathlib import Path

import pytest
from folder_corpora import folder_corpora

from codemix.data.corpora import Corpora
from codemix.data.pool import worker_pool
from codemix.data.prepare import prepare


@dataclasses.dataclass(frozen=True)
class Prepared:
    corpora: Corpora
    home: Path
    folder: Path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The folder corpora, prepared once for all tests that only read."""
    folder, home = tmp_path_factory.mktemp("corpora"), tmp_path_factory.mktemp("home")
    corpora = folder_corpora(folder)
    prepare(corpora, corpora.tasks, home, worker_pool(2))
    return Prepared(corpora, home, folder)
