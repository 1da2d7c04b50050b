"""Documents: what every reader yields and every source is made of."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Document:
    """One text with its language and provenance."""

    id: str  # stable identity of its file, without version: "numpy:numpy/linalg/_linalg.py"
    text: str
    language: str  # "en", "python", "markdown", "rst", "html", "css", "yaml", "toml", "json"
    cluster: str  # what it was published with: the package
    provenance: dict[str, str]  # package, version, path, and licence where the metadata says


@dataclasses.dataclass(frozen=True)
class Dropped:
    """What a reader yields instead of a document that it cannot make; counted by reason."""

    id: str
    reason: str


def well_formed(text: str) -> str:
    """The text with every lone surrogate replaced by U+FFFD, since UTF-8 has no bytes for one; pairs are joined."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
