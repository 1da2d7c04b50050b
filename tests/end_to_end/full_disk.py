"""A disk that can be filled: a file system in memory, of a given size."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


class CannotMount(Exception):
    """Whoever runs the tests may not mount file systems."""


@contextlib.contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Path]:
    """The folder as a disk of its own. Raises CannotMount."""
    folder.mkdir()
    try:
        options = f"size={megabytes}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "codemix", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotMount(f"no file system can be mounted here: {error}") from None
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def resize(disk: Path, megabytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", disk], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


def fill_more(ballast: Path) -> None:
    """Takes what has become free since."""
    with contextlib.suppress(OSError), open(ballast, "ab", buffering=0) as file:
        file.write(bytes(4096))
