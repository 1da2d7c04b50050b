"""What a filter is: a small, named reason to drop a document. Every drop is counted by its reason."""

from typing import Protocol

from codemix.data.documents import Document


class Filter(Protocol):
    """A frozen dataclass: its fields are part of the key of the documents it lets through."""

    @property
    def reason(self) -> str:
        """The name under which its drops are counted."""
        ...

    def keeps(self, document: Document) -> bool:
        """Never raises, whatever the text."""
        ...
