"""A reader of a little real Python: modules of the standard library."""

import dataclasses
import inspect
import textwrap
from collections.abc import Iterator, Sequence

from codemix.data.documents import Document, Dropped


@dataclasses.dataclass(frozen=True)
class Lines:
    """The modules of the shards, and a page that is no Python."""

    def fingerprint(self) -> str:
        return "bisect, textwrap"

    def shards(self) -> Sequence[str]:
        return ("bisect", "textwrap")

    def documents(self, shard: str) -> Iterator[Document | Dropped]:
        yield Dropped("empty", "nothing in it")
        yield Document("page", "# A title\n\n" + "words\n" * 50, "markdown", "pages", {})
        module = {"bisect": __import__("bisect"), "textwrap": textwrap}[shard]
        yield Document(f"python:{shard}", inspect.getsource(module), "python", "python", {})
