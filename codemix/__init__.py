"""codemix: how much code, which code, and at which stage, decided by experiments that can be trusted.

For notebooks and programs: `load_study` gives a study's plan and results, `open_checkpoint` a model that was trained.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codemix.api.checkpoint import Checkpoint, open_checkpoint
    from codemix.api.study import StudyView, load_study

__version__ = "0.1.0"
__all__ = ["Checkpoint", "StudyView", "__version__", "load_study", "open_checkpoint"]

_PLACES = {
    "Checkpoint": "codemix.api.checkpoint",
    "open_checkpoint": "codemix.api.checkpoint",
    "StudyView": "codemix.api.study",
    "load_study": "codemix.api.study",
}


def __getattr__(name: str) -> Any:
    """What is imported when it is first asked for, so that `import codemix` takes no time."""
    if name not in _PLACES:
        raise AttributeError(f"module 'codemix' has no attribute '{name}'")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
