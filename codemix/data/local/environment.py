"""Which files the running environment has: the standard library and a closure of installed distributions.

Only distributions that the roots require are listed, so that installing a test tool beside them changes nothing.
"""

import csv
import dataclasses
import hashlib
import os
import platform
import sysconfig
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from codemix.errors import UserError

OURSELVES = "codemix"
_STANDARD_LIBRARY = "python"
_METADATA = "METADATA"


@dataclasses.dataclass(frozen=True)
class LocalFile:
    """An installed file, not read yet."""

    package: str
    version: str
    licence: str  # empty where the metadata does not say
    path: str  # relative to where the package is installed
    digest: str  # changes when the content does
    location: str  # absolute; never part of a key

    @property
    def identity(self) -> str:
        """The same in every version of the package."""
        folder, _, name = self.path.partition("/")
        return f"{self.package}:{name if folder.endswith('.dist-info') else self.path}"

    @property
    def suffix(self) -> str:
        """ ".py", ".md"…, or "METADATA" for a package's metadata."""
        return os.path.splitext(self.path)[1].lower() or self.path.rsplit("/", 1)[-1]

    def provenance(self) -> dict[str, str]:
        facts = {"package": self.package, "version": self.version, "path": self.path, "licence": self.licence}
        return {name: fact for name, fact in facts.items() if fact}


@lru_cache(maxsize=8)
def local_files(roots: tuple[str, ...], standard_library: bool) -> tuple[LocalFile, ...]:
    """The text files of the environment, in the order of the hashes of their identities, which makes every prefix a
    fair sample over the packages. Files that an installer generates are left out, and so are codemix's own.

    Raises UserError if a root is not installed.
    """
    files: list[LocalFile] = list(_standard_library_files()) if standard_library else []
    for installed in closure(roots):
        if canonicalize_name(installed.name) != OURSELVES:
            files += _distribution_files(installed)
    return tuple(sorted(files, key=lambda file: hashlib.sha256(f"order:{file.identity}".encode()).digest()))


def closure(roots: Iterable[str]) -> list[Distribution]:
    """The installed distributions that `roots` require, directly or not, and the roots; sorted by name.

    Environment markers are honoured; extras count only where a requirement asks for them.
    """
    found: dict[str, Distribution] = {}
    waiting = [(canonicalize_name(root), "") for root in roots]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        try:
            found[name] = found.get(name) or distribution(name)
        except PackageNotFoundError:
            if name in map(canonicalize_name, roots):
                raise UserError(
                    f"roots: the distribution '{name}' is not installed in this environment; "
                    f"install it, or name a root that is."
                ) from None
            continue  # an environment installed without some dependency has fewer documents, and another key
        for line in found[name].requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                for wanted in {"", *requirement.extras}:
                    entry = (canonicalize_name(requirement.name), wanted)
                    if entry not in seen:
                        seen.add(entry)
                        waiting.append(entry)
    return [found[name] for name in sorted(found)]


def _distribution_files(installed: Distribution) -> Iterator[LocalFile]:
    """What RECORD lists, with the hashes it holds: no file is read or even looked up."""
    # Once per distribution: each of these properties parses the whole metadata.
    package, version, licence = canonicalize_name(installed.name), installed.version, _licence(installed)
    site = Path(str(installed.locate_file("")))
    for path, digest, _ in csv.reader((installed.read_text("RECORD") or "").splitlines()):
        generated = ".dist-info/" in path and not path.endswith(f".dist-info/{_METADATA}")
        if digest and not generated and not path.startswith(("..", "/")) and not path.endswith(".pyc"):
            yield LocalFile(package, version, licence, path, digest, str(site / path))


def _standard_library_files() -> Iterator[LocalFile]:
    """The version and the size stand for a file's content: reading all of them would take seconds."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - {"site-packages", "dist-packages", "__pycache__"})
        for name in sorted(names):
            location = os.path.join(folder, name)
            path = os.path.relpath(location, root).replace(os.sep, "/")
            if name.endswith((".so", ".a", ".pyc")) or os.path.islink(location):
                continue
            size = f"bytes={os.path.getsize(location)}"
            yield LocalFile(_STANDARD_LIBRARY, platform.python_version(), "PSF-2.0", path, size, location)


def _licence(installed: Distribution) -> str:
    """The licence that the metadata declares; a whole licence text in the field is not a name, so the classifiers
    stand in for it."""
    for field in ("License-Expression", "License"):
        text = " ".join(installed.metadata.get_all(field) or []).strip()
        if text and text != "UNKNOWN" and "\n" not in text and len(text) < 100:
            return text
    classifiers = installed.metadata.get_all("Classifier") or []
    return " AND ".join(line.rsplit(" :: ", 1)[-1] for line in classifiers if line.startswith("License ::"))
