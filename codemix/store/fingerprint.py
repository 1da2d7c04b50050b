"""Fingerprints: what is stored is keyed by the content that made it."""

import dataclasses
import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

KEY_LENGTH = 16  # hexadecimal digits: 64 bits


def fingerprint(content: Any) -> str:
    """The key of any nest of dataclasses, dicts, sequences, arrays and scalars: `KEY_LENGTH` hexadecimal digits.

    Equal content gives an equal key in every process and on every machine; dict order does not matter.
    Raises TypeError for content without a canonical form (a function, an open file…).
    """
    text = json.dumps(_canonical(content), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def _canonical(content: Any) -> Any:
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        fields = {f.name: getattr(content, f.name) for f in dataclasses.fields(content)}
        return {"type": type(content).__name__, **_canonical(fields)}
    if isinstance(content, dict):
        return {str(key): _canonical(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_canonical(item) for item in content]
    if isinstance(content, Fraction):
        return f"{content.numerator}/{content.denominator}"
    if isinstance(content, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(content).tobytes()).hexdigest()
        return {"dtype": str(content.dtype), "shape": list(content.shape), "sha256": digest}
    if isinstance(content, np.generic):
        return content.item()
    if content is None or isinstance(content, str | int | float | bool):
        return content
    if isinstance(content, Path):
        return str(content)
    raise TypeError(f"no canonical form for {type(content).__name__}: {content!r}")
