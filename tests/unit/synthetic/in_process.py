"""The pool of workers without any: calls are made where they come from, so that what they use can be replaced."""

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import orjson
import zstandard


class Here:
    """The pool's interface, in this process."""

    def map_in_order(
        self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]
    ) -> Generator[Any, None, None]:
        for call in calls:
            yield function(*call)


def records(folder: Path) -> list[dict[str, Any]]:
    """What a generation has written, in order."""
    files = sorted(folder.glob("problems-*.jsonl.zst"))
    return [orjson.loads(line) for file in files for line in zstandard.decompress(file.read_bytes()).splitlines()]


def content(folder: Path) -> dict[str, bytes]:
    """The bytes of every file of a generation's problems."""
    return {file.name: file.read_bytes() for file in folder.glob("problems-*")}
