"""The files of a checkpoint, as they were when it was written: what tells a whole one from a damaged one."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import xxhash

from codemix.store.atomic import read_json, write_json

FILES = "files.json"
_NOT_CONTENT = ("commit_success.txt", "_CHECKPOINT_METADATA", FILES)  # written after the others
_THREADS = 8


def seal(folder: Path) -> None:
    """Writes down the size and the digest of every file in the folder."""
    names = [name for name in _names(folder) if Path(name).name not in _NOT_CONTENT]
    sizes = {name: (folder / name).stat().st_size for name in names}
    digests = _digests(folder, names)
    write_json(folder / FILES, {name: {"bytes": sizes[name], "xxh3": digests[name]} for name in names})


def damage(folder: Path) -> str | None:
    """What is wrong with a sealed folder, for a sentence; None where every file is as it was written."""
    try:
        expected = read_json(folder / FILES)
    except (OSError, ValueError):
        return f"{FILES} is missing or cannot be read"
    for name, facts in expected.items():
        if not (folder / name).is_file():
            return f"{name} is missing"
        size = (folder / name).stat().st_size
        if size != facts["bytes"]:
            return f"{name} has {size} bytes instead of {facts['bytes']}"
    digests = _digests(folder, list(expected))
    changed = [name for name, facts in expected.items() if digests[name] != facts["xxh3"]]
    return f"{changed[0]} is not what was written" if changed else None


def _names(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def _digests(folder: Path, names: list[str]) -> dict[str, str]:
    with ThreadPoolExecutor(_THREADS) as threads:
        return dict(zip(names, threads.map(_digest, (folder / name for name in names)), strict=True))


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, xxhash.xxh3_128).hexdigest()
