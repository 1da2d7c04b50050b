"""Fingerprints: equal content, equal key, in every process; other content, another key."""

import dataclasses
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from codemix.store.fingerprint import KEY_LENGTH, fingerprint

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
nests = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))


@dataclasses.dataclass
class Point:
    x: int
    y: float


@dataclasses.dataclass
class Place:
    x: int
    y: float


@given(st.dictionaries(st.text(), nests, max_size=6))
def test_the_order_of_a_dict_does_not_matter(content: dict) -> None:
    assert fingerprint(content) == fingerprint(dict(reversed(content.items())))


@given(nests)
def test_a_key_is_short_and_hexadecimal(content: object) -> None:
    assert len(fingerprint(content)) == KEY_LENGTH
    int(fingerprint(content), 16)


def test_the_key_does_not_depend_on_the_process() -> None:
    """Python's own hashes differ from process to process; a key does not."""
    code = (
        "from codemix.store.fingerprint import fingerprint; print(fingerprint({'a': [1, 'ü'], 'b': {'x', }and None}))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert printed.stdout.strip() == fingerprint({"b": None, "a": [1, "ü"]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, "1"),
        (0.1, 0.1 + 1e-17 + 1e-16),
        ([1, 2], [2, 1]),
        ([[1], 2], [1, [2]]),
        (None, 0),
        (Fraction(1, 3), Fraction(1, 4)),
        (Point(1, 2.0), Place(1, 2.0)),
        (Point(1, 2.0), Point(1, 3.0)),
        (np.zeros(3, np.float32), np.zeros(3, np.float64)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array([1.0, 2.0]), np.array([1.0, np.nextafter(2.0, 3.0)])),
        (Path("a"), Path("b")),
    ],
)
def test_other_content_has_another_key(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, 2), [1, 2]),
        (np.float64(0.5), 0.5),
        (np.arange(4)[::2], np.array([0, 2])),
        (Fraction(2, 4), Fraction(1, 2)),
    ],
)
def test_the_same_content_in_another_form_has_the_same_key(one: object, other: object) -> None:
    assert fingerprint(one) == fingerprint(other)


def test_content_without_a_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no canonical form for function"):
        fingerprint({"a": lambda: None})
