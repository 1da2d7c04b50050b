"""The estimator beside its definition."""

import itertools
from fractions import Fraction
from math import comb

import pytest

from codemix.evaluation.code.pass_at_k import pass_at_k


@pytest.mark.parametrize("n", range(1, 21))
def test_it_is_the_closed_form(n: int) -> None:
    for c in range(n + 1):
        for k in range(1, n + 1):
            exact = 1 - Fraction(comb(n - c, k), comb(n, k))
            assert pass_at_k(n, c, k) == pytest.approx(float(exact), abs=1e-14)


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 3), (6, 1, 2), (4, 4, 1), (7, 0, 7)])
def test_it_is_the_share_of_draws_that_have_one_that_passes(n: int, c: int, k: int) -> None:
    draws = list(itertools.combinations(range(n), k))
    share = sum(any(sample < c for sample in draw) for draw in draws) / len(draws)
    assert pass_at_k(n, c, k) == pytest.approx(share)


def test_many_samples_lose_no_precision() -> None:
    assert pass_at_k(10_000, 3, 1) == pytest.approx(3e-4, rel=1e-9)
    assert pass_at_k(10_000, 1, 10_000) == 1.0


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)])
def test_what_cannot_be_is_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@"):
        pass_at_k(n, c, k)
