"""Patterns of files: what they stand for, which files they match, and what each is called on every machine."""

import dataclasses
import glob
import os
import re
from collections.abc import Sequence
from typing import Any

from codemix.data.records.storage import explained, file_system, is_local, protocol
from codemix.errors import UserError

SUBSET = "{subset}"


@dataclasses.dataclass(frozen=True)
class Location:
    """A file that a pattern matches.

    Attributes:
        url: what opens it.
        name: its path from the pattern's last folder without a wildcard on: the same on every machine.
        subset: the subset whose pattern matched it, or "".
        size: bytes; None where the storage does not tell.
        identity: what its storage tells of its content: a digest, an ETag; "" for a local file.
    """

    url: str
    name: str
    subset: str
    size: int | None
    identity: str


def matching_files(patterns: Sequence[str], subsets: Sequence[str]) -> list[Location]:
    """The files of the patterns: subset by subset, sorted by name, each once.

    Raises UserError where a pattern, with any of the subsets, matches nothing or cannot be listed.
    """
    for pattern in patterns:  # what was listed earlier may have changed since
        file_system(expanded(pattern, ""))[0].invalidate_cache()
    found: dict[str, Location] = {}
    for subset in subsets or ("",):
        matches = {place.url: place for pattern in reversed(patterns) for place in _matches(pattern, subset)}
        for place in sorted(matches.values(), key=lambda place: (place.name, place.url)):
            found.setdefault(place.url, place)
    return list(found.values())


def expanded(pattern: str, subset: str) -> str:
    """The pattern with its variables, its "~" and its subset filled in. Raises UserError for an unset variable."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            raise UserError(f"Files.patterns: {pattern!r} has the variable {name}, which is not set; set it.")
        return os.environ[name]

    url = re.sub(r"\$(\w+)|\$\{(\w+)\}", value, pattern.replace(SUBSET, glob.escape(subset)))
    return os.path.abspath(os.path.expanduser(url.removeprefix("file://"))) if is_local(url) else url


def _matches(pattern: str, subset: str) -> list[Location]:
    url = expanded(pattern, subset)
    files, path = file_system(url)
    literal, wild = _literal(path, url)
    with explained(url):
        entries = files.glob(path, detail=True).values() if wild else [files.info(path)]
    entries = [entry for entry in entries if entry["type"] != "directory"]
    if not entries:
        if not is_local(url):  # what is not there, or may not be seen, lists as nothing
            with explained(url):
                files.ls(literal, detail=False)
        found = "no files match" if wild else "it is a folder"
        raise UserError(f"Files.patterns: {url}: {found}; give a pattern of files, such as FOLDER/*.jsonl.")

    if protocol(url) in _WEB:  # a page of links tells no more than names
        with explained(url):
            entries = [files.info(entry["name"]) for entry in entries]
    # The subset is part of what the files are called below the folder.
    shared = _literal(file_system(expanded(pattern.replace(SUBSET, "*"), ""))[1], url)[0]
    skipped = max(0, len(_components(shared, url)) - 1)
    return [
        Location(
            url=entry["name"] if is_local(url) else files.unstrip_protocol(entry["name"]),
            name="/".join(_components(entry["name"], url)[skipped:]),
            subset=subset if SUBSET in pattern else "",
            size=entry["size"],
            identity="" if is_local(url) else _identity(files, entry),
        )
        for entry in entries
    ]


_WEB = ("http", "https")
_REVISION = re.compile(r"@(refs/(?:convert|pr)/[^/]+|[^/]*)")  # of a dataset of the hub


def _literal(path: str, url: str) -> tuple[str, bool]:
    """The last folder of a path without a wildcard, and whether there is a wildcard behind it."""
    wildcard = re.search(r"[*\[]" if protocol(url) in _WEB else r"[*?\[]", path)
    return path[: wildcard.start() if wildcard else None].rpartition("/")[0], wildcard is not None


def _components(path: str, url: str) -> list[str]:
    """The names in a path, without a revision and without what follows a web address."""
    if protocol(url) in _WEB:
        path = path.partition("://")[2].partition("?")[0]
    if protocol(url) == "hf":
        path = _REVISION.sub("", path, count=1)
    return path.strip("/").split("/")


def _identity(files: Any, entry: dict[str, Any]) -> str:
    """What a storage tells of a file's content: without it, of its size and date."""
    if entry.get("lfs"):
        return f"sha256 {entry['lfs'].sha256}"
    for known in ("blob_id", "ETag", "etag", "md5Hash", "crc32c"):
        if entry.get(known):
            return f"{known} {entry[known]}"
    if entry.get("Last-Modified"):
        return f"{entry['size']} {entry['Last-Modified']}"
    return f"ukey {files.ukey(entry['name'])}"
