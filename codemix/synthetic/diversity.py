"""How varied problems are: near-duplicates, and the shapes of their programs."""

import ast
from collections.abc import Iterable, Sequence

import numpy as np

from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.near_duplicates.signatures import permutations
from codemix.store.fingerprint import fingerprint

SETTINGS = NearDuplicates(("synthetic",))  # 5 words, Jaccard 0.7


def bands(texts: Sequence[str]) -> np.ndarray:
    """(bands, texts) uint64: two texts that have a band in common are near-duplicates, but for rare chance."""
    from codemix.data.near_duplicates.kernel import hash_bands  # compiled code, for workers only

    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    data = np.frombuffer(b"".join(encoded), np.uint8)
    count, rows = SETTINGS.bands_and_rows()
    hashes = np.empty((count, len(texts)), np.uint64)
    a, b = permutations(SETTINGS)
    hash_bands(data, offsets, SETTINGS.shingle, SETTINGS.minimum_tokens, a, b, rows, hashes)
    return hashes


def near_duplicates(texts: Sequence[str]) -> np.ndarray:
    """(texts,) bool: which have a band in common with an earlier one."""
    again = np.zeros(len(texts), bool)
    for row in bands(texts) if texts else ():
        _, first = np.unique(row, return_index=True)
        repeated = np.ones(len(texts), bool)
        repeated[first] = False
        again |= repeated
    return again


def near_duplicate_share(texts: Sequence[str]) -> float:
    """The share of the texts that have a band in common with an earlier one."""
    return float(near_duplicates(texts).mean()) if texts else 0.0


def distinct_trees(sources: Iterable[str]) -> int:
    """How many different syntax trees there are once names, numbers, strings and docstrings are made alike."""
    return len({normalised(source) for source in sources})


def normalised(source: str) -> str:
    """The key of a program's shape: its tree without names, constants and docstrings."""
    return fingerprint(_shape(ast.parse(source)))


def _shape(node: object) -> object:
    if isinstance(node, ast.Constant):
        return ["Constant", type(node.value).__name__]
    if isinstance(node, ast.AST):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return None
        fields = [_shape(value) for field, value in ast.iter_fields(node) if not isinstance(value, str)]
        return [type(node).__name__, *fields]
    if isinstance(node, list):
        return [_shape(each) for each in node]
    return None
