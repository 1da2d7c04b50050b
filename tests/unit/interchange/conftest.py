import gzip
import itertools
import json
from pathlib import Path
from types import ModuleType

import jax
import pytest

jax.config.update("jax_disable_most_optimizations", True)  # the programs run once: compiling is what takes time


@pytest.fixture(scope="session")
def real_texts(samples: Path) -> list[str]:
    """Of 200 documents of StarCoderData what they begin with."""
    with gzip.open(samples / "pretrain" / "starcoderdata_sample.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["content"][:4000] for line in itertools.islice(lines, 200)]


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """With one thread: the products are small, and waiting for another is what takes time on a busy machine."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def transformers(torch: ModuleType) -> ModuleType:
    return pytest.importorskip("transformers")
