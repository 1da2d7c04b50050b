"""What of a long evaluation is done already, so that it goes on where it was killed, and with the same results."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Journal:
    """Results of pieces of work that come in the same order every time, a line of JSON each.

    On several hosts each process asks for the same pieces; the first writes, all read before any begins.
    """

    def __init__(self, path: Path | None = None, key: str = "", writes: bool = True):
        """`key` says what the results are of: those of another are not used. Without a path nothing is kept."""
        self._key = key
        self._path = path if writes else None
        self._found = [] if path is None else _read(path, key)
        self._next = 0

    def entry(self, compute: Callable[[], Any]) -> Any:
        """The next piece's result: as it was found, or computed now and kept."""
        self._next += 1
        if self._next <= len(self._found):
            return self._found[self._next - 1]
        result = compute()
        if self._path is not None:
            if self._next == len(self._found) + 1:
                self._begin(self._path)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
        return result

    def _begin(self, path: Path) -> None:
        """Writes what was found anew: the last line may have been cut short."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in ({"key": self._key}, *self._found))

    def remove(self) -> None:
        """Forgets everything: the results are kept elsewhere now."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _read(path: Path, key: str) -> list[Any]:
    lines = []
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError), path.open(encoding="utf-8") as file:
        for line in file:
            lines.append(json.loads(line))
    return lines[1:] if lines and lines[0] == {"key": key} else []
