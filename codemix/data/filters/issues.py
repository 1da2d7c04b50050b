"""StarCoder's filter of issues (bigcode-dataset, preprocessing/filtering_issues.py and utils/utils_issues.py)."""

import dataclasses
from typing import ClassVar

from codemix.data.documents import Document


@dataclasses.dataclass(frozen=True)
class IssueSize:
    """Drops issues of fewer than `minimum` characters, and those that one user alone filled with more than `maximum`
    characters or more than `events` events: logs and bots. Two users make a discussion, of any length.

    Reads `users` and `events` of the provenance, which the issue schemas count; where they are not there, one of each.
    """

    reason: ClassVar[str] = "issue size"
    minimum: int = 200
    maximum: int = 7_000
    events: int = 10

    def keeps(self, document: Document) -> bool:
        size = len(document.text)
        if size < self.minimum or _count(document, "users") > 1:
            return size >= self.minimum
        return size <= self.maximum and _count(document, "events") <= self.events


def _count(document: Document, name: str) -> int:
    counted = document.provenance.get(name, "")
    return int(counted) if counted.isdecimal() else 1
