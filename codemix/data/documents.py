"""Documents: what every reader yields and every source is made of."""

import dataclasses

import xxhash


@dataclasses.dataclass(frozen=True)
class Document:
    """One text with its language and provenance."""

    id: str  # stable identity of its file, without version ("numpy:numpy/linalg/_linalg.py"), or the text's digest
    text: str
    language: str  # "en", "python", "c-sharp", "markdown"…
    cluster: str  # what it was published with: the package, the repository, the site
    provenance: dict[str, str]  # where from: package, version, path, repository, licence, stars…, as far as it is known
    subset: str = ""  # the part of its source: "C4", "commits"…; "" where the source is one piece
    held_out_with: str = ""  # what shares its fate: texts of one name are all trained on or all held out; else the id
    prompt: int = 0  # characters at the start of the text that are given: the model reads them, no loss counts them


@dataclasses.dataclass(frozen=True)
class Dropped:
    """What a reader yields instead of a document that it cannot make; counted by reason."""

    id: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Bad:
    """What a reader yields instead of a record that it cannot read; counted, and kept aside in the quarantine."""

    where: str  # the file and the line or row: "train/chunk1/example_train_0.jsonl.zst:17"
    reason: str
    excerpt: str  # the beginning of the record as it was found


def digest_identity(text: str) -> str:
    """The identity of a document whose record has none: its content's, so that equal texts are held out together."""
    return xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass"))


def well_formed(text: str) -> str:
    """The text with every lone surrogate replaced by U+FFFD, since UTF-8 has no bytes for one; pairs are joined."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
