"""The audit's definition in a few lines of Python, without hashes: what the fast one must agree with."""

import re
import unicodedata
from collections import Counter, defaultdict

from codemix.data.audit.config import Audit
from codemix.data.audit.items import read_items

_OPENER = r"(?<![^ \t\n\r\v\f;,(){}\[\]])"
_COMMENTS = re.compile(rf"{_OPENER}(?:#|//)[^\n]*|{_OPENER}/\*.*?\*/", re.DOTALL)
_CODE = re.compile(r"(?:[A-Za-z0-9_]|[^\x00-\x7f])+|[^ \t\n\r\v\f]")


def tokens(text: str, kind: str) -> list[str]:
    if kind == "code":
        return _CODE.findall(_COMMENTS.sub(" ", text))
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded).split()


def units(audit: Audit, passages: list[str], kind: str) -> set[tuple[str, ...]]:
    n, shortest = {
        "text": (audit.words, audit.minimum_words),
        "code": (audit.code_tokens, audit.minimum_code_tokens),
    }[kind]
    found = set()
    for passage in passages:
        words = tokens(passage, kind)
        if len(words) >= shortest:
            length = min(n, len(words))
            found |= {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
    return found


class BruteForce:
    """Sets of tuples of every part of every item."""

    def __init__(self, audit: Audit, files: dict[str, tuple]):
        self.parts: dict[tuple[str, str, str], tuple[str, set[tuple[str, ...]]]] = {}
        for benchmark in audit.benchmarks:
            items = read_items(benchmark, files[benchmark.name])
            of_items: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
            cut = {}
            for item, parts in items.items():
                for part in parts:
                    cut[benchmark.name, item, part.name] = part.kind, units(audit, part.passages, part.kind)
                    for unit in cut[benchmark.name, item, part.name][1]:
                        of_items[part.kind, unit].add(item)
            for key, (kind, found) in cut.items():
                kept = {unit for unit in found if len(of_items[kind, unit]) <= audit.boilerplate_items}
                self.parts[key] = kind, kept
        self._owners: dict[tuple[str, tuple[str, ...]], list[tuple[str, str, str]]] = defaultdict(list)
        for key, (kind, found) in self.parts.items():
            for unit in found:
                self._owners[kind, unit].append(key)
        self._lengths = {(kind, len(unit)) for kind, unit in self._owners}

    def matches(self, text: str) -> dict[tuple[str, str, str], int]:
        """(benchmark, item, part) -> how many of its units are in the text."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for kind in ("text", "code"):
            words = tokens(text, kind)
            windows = {
                tuple(words[i : i + length])
                for of, length in self._lengths
                if of == kind
                for i in range(len(words) - length + 1)
            }
            for window in windows:
                counts.update(self._owners.get((kind, window), ()))
        return dict(counts)
