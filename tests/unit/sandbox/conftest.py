"""Sandboxes that the tests of this folder share: starting one takes longer than a run."""

import pytest

from codemix.sandbox import LEVELS, Limits, Sandbox, isolation

TIGHT = Limits(cpu_seconds=0.6, wall_seconds=2.5, memory_bytes=2**28, processes=8, file_bytes=2**20, output_bytes=2**16)


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox(TIGHT) as entered:
        yield entered


@pytest.fixture(scope="session", params=LEVELS)
def leveled(request):
    """A sandbox at each level that the machine allows."""
    if LEVELS.index(request.param) < LEVELS.index(isolation().level):
        pytest.skip(f"the machine does not allow '{request.param}'")
    with Sandbox(TIGHT, level=request.param) as entered:
        assert entered.isolation.level == request.param
        yield entered
