"""One sandbox for all tests here: it takes a moment to start."""

from collections.abc import Iterator

import pytest

from codemix.synthetic.execution import opened
from codemix.synthetic.verification import Verifier


@pytest.fixture(scope="session")
def verifier() -> Iterator[Verifier]:
    with opened() as sandbox:
        yield Verifier(sandbox, {})
