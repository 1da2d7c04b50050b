from collections.abc import Callable
from pathlib import Path

import pytest

from codemix.study.plan import Plan
from codemix.study.run import Request

ROOT = Path(__file__).parents[3]
QUICKSTART = Path("gin/studies/quickstart.gin")


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are typed in the repository's root."""
    monkeypatch.chdir(ROOT)


@pytest.fixture
def plan_with(tmp_path: Path) -> Callable[..., Plan]:
    """The plan of the quickstart study in an empty home, with overrides."""
    return lambda *overrides: Request(QUICKSTART, overrides, tmp_path).plan()[0]
