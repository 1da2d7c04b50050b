"""How many documents were left out for which reason, with the first few of each."""

from typing import Any

_EXAMPLES = 3  # identities kept of the documents left out for one reason


class Drops:
    """Counts by reason: {reason: {"count": …, "examples": [identity, …]}}."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, Any]] = {}

    def add(self, reason: str, identity: str) -> None:
        self.merge({reason: {"count": 1, "examples": [identity]}})

    def merge(self, counts: dict[str, dict[str, Any]]) -> None:
        for reason, more in counts.items():
            entry = self.counts.setdefault(reason, {"count": 0, "examples": []})
            entry["count"] += more["count"]
            entry["examples"] = (entry["examples"] + more["examples"])[:_EXAMPLES]
