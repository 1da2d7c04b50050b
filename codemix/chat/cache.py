"""Every request and its answer, by content: a run that is repeated asks nothing again.

<folder>/ab/abcd….json    {"request": the body that was sent, "answer": …}; neither address nor key of the endpoint
"""

import threading
from pathlib import Path
from typing import Any

from codemix.store.atomic import read_json, write_json
from codemix.store.fingerprint import fingerprint


class Cache:
    """Answers in a folder; for any number of threads of one process."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._writing = threading.Lock()

    def get(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a request, None where it was never asked."""
        try:
            entry = read_json(self._path(request))
            answer: dict[str, Any] = entry["answer"]
            return answer if entry["request"] == request else None
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):  # somebody's hand was in it
            return None

    def put(self, request: dict[str, Any], answer: dict[str, Any]) -> None:
        with self._writing:
            write_json(self._path(request), {"request": request, "answer": answer})

    def _path(self, request: dict[str, Any]) -> Path:
        key = fingerprint(request)
        return self._folder / key[:2] / f"{key}.json"
