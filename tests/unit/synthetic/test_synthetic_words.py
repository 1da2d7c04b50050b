"""Phrases, literals, and the source that is written around solutions."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemix.synthetic.literals import has_set, literal
from codemix.synthetic.phrases import camel, listed, say, snake

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.sets(st.integers(), max_size=4),
        st.frozensets(st.text(max_size=3), max_size=4),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_literal_is_the_source_of_its_value(value: object) -> None:
    source = literal(value)
    again = eval(source)
    assert again == value
    assert type(again) is type(value)
    assert literal(again) == source


def test_what_prints_in_any_order_is_known() -> None:
    assert has_set([(1, {"a", "b"})])
    assert not has_set([{"a"}, {1: 2}, (3, set())])


def test_every_choice_is_made_in_the_end() -> None:
    said = {say(Random(seed), "a [|very ][big|[tiny|small]] thing") for seed in range(200)}
    assert said == {f"a {how}{size} thing" for how in ("", "very ") for size in ("big", "tiny", "small")}


def test_brackets_without_a_bar_stay() -> None:
    assert say(Random(1), "`values[0]` of [1, 2] and [[x|x]]") == "`values[0]` of [1, 2] and [x]"


def test_an_open_bracket_is_an_error() -> None:
    with pytest.raises(ValueError, match="not closed"):
        say(Random(1), "[one|other")


def test_names_and_lists() -> None:
    assert snake("Count the high-rated Prices") == "count_the_high_rated_prices"
    assert camel("bounded stock counter") == "BoundedStockCounter"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
