"""Files below one root: a profile names the root once, and each corpus what is below it."""

from codemix.data.records.files import Files


def files_under(root: str, patterns: tuple[str, ...]) -> Files:
    """The files that match `root/pattern` for one of `patterns`; both as in `Files.patterns`."""
    return Files(tuple(f"{root.rstrip('/')}/{pattern}" for pattern in patterns))
