"""Weights over tasks and mixtures become exact shares over tasks, or one sentence that says why not."""

from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from codemix.errors import UserError
from codemix.mixing.weights import resolve

TASKS = {"text", "web", "markup"}
MIXTURES = {
    "code": {"web": 0.8, "markup": 0.2},
    "balanced": {"text": 0.5, "code": 0.5},
    "itself": {"text": 1, "itself": 1},
    "chicken": {"egg": 1},
    "egg": {"chicken": 1},
    "nothing": {"text": 0},
}


def resolved(weights: dict[str, float]) -> dict[str, Fraction]:
    return resolve(weights, MIXTURES, TASKS, "Phase.mixture")


def test_a_decimal_weight_means_what_it_says() -> None:
    """0.1 is one tenth, not the binary number beside it."""
    assert resolved({"text": 0.9, "web": 0.1}) == {"text": Fraction(9, 10), "web": Fraction(1, 10)}
    assert resolved({"text": 1, "web": 1e-6})["web"] == Fraction(1, 1_000_001)


def test_mixtures_nest() -> None:
    """A mixture's weight is divided by its own weights, however deep, and what comes twice is added."""
    expected = {"text": Fraction(5, 20), "web": Fraction(4, 20) + Fraction(1, 2), "markup": Fraction(1, 20)}
    assert resolved({"balanced": 0.5, "web": 0.5}) == expected


@given(st.dictionaries(st.sampled_from(sorted([*TASKS, "code", "balanced"])), st.floats(0, 1e6), min_size=1))
def test_shares_sum_to_exactly_one(weights: dict[str, float]) -> None:
    """Whatever the weights: the shares are positive, sum to one, and are in the order of the names."""
    if sum(map(Fraction, map(str, weights.values()))) == 0:
        with pytest.raises(UserError, match="sum to zero"):
            resolved(weights)
        return
    shares = resolved(weights)
    assert sum(shares.values()) == 1
    assert all(share > 0 for share in shares.values())
    assert list(shares) == sorted(shares)


@given(st.dictionaries(st.sampled_from(sorted(TASKS)), st.integers(1, 1000), min_size=1), st.integers(1, 1000))
def test_only_the_proportion_counts(weights: dict[str, int], factor: int) -> None:
    assert resolved(weights) == resolved({name: weight * factor for name, weight in weights.items()})


def test_a_task_without_weight_is_left_out() -> None:
    assert resolved({"text": 1, "web": 0, "code": 0}) == {"text": 1}


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"text": -0.5, "web": 1}, "the weight of 'text' is -0.5; give a number ≥ 0"),
        ({"text": float("nan")}, "the weight of 'text' is nan; give a finite number"),
        ({"text": float("inf")}, "the weight of 'text' is inf; give a finite number"),
        ({"text": None}, "the weight of 'text' is None; give a finite number"),
        ({"text": "much"}, "the weight of 'text' is 'much'; give a finite number"),
        ({"text": 0, "web": 0.0}, "the weights sum to zero; give at least one source a positive weight"),
        ({}, "the weights sum to zero"),
        ({"nothing": 1}, "mixture 'nothing': the weights sum to zero"),
        ({"txt": 1}, "there is no task or mixture 'txt'; the corpora profile has .*text, web"),
        ({"itself": 1}, "the mixture 'itself' contains itself; remove it"),
        ({"chicken": 1}, "the mixture 'chicken' contains itself; remove it"),
    ],
)
def test_wrong_weights_are_told_with_field_and_mend(weights: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=f"^Phase.mixture.*{sentence}"):
        resolved(weights)
