"""Which languages a filter is for."""

import dataclasses

from codemix.data.documents import Document
from codemix.data.filters.filter import Filter
from codemix.errors import UserError


@dataclasses.dataclass(frozen=True)
class OnlyFor:
    """Applies a filter to documents of some languages; all others are kept.

    Attributes:
        languages: as in `Document.language`.
        filter: what drops them.
    """

    languages: tuple[str, ...]
    filter: Filter

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", _named(self.languages, "OnlyFor"))

    @property
    def reason(self) -> str:
        return self.filter.reason

    def keeps(self, document: Document) -> bool:
        return document.language not in self.languages or self.filter.keeps(document)


@dataclasses.dataclass(frozen=True)
class ExceptFor:
    """Applies a filter to all documents but those of some languages, which are kept.

    Attributes:
        languages: as in `Document.language`.
        filter: what drops the others.
    """

    languages: tuple[str, ...]
    filter: Filter

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", _named(self.languages, "ExceptFor"))

    @property
    def reason(self) -> str:
        return self.filter.reason

    def keeps(self, document: Document) -> bool:
        return document.language in self.languages or self.filter.keeps(document)


def _named(languages: tuple[str, ...], owner: str) -> tuple[str, ...]:
    if not languages:
        raise UserError(f"{owner}.languages is empty; name at least one language, or use the filter alone.")
    return tuple(languages)
