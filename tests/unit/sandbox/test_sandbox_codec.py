"""What crosses between judge and guest."""

import collections
import datetime
import decimal
import fractions
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemix.sandbox import codec

atoms = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.integers(min_value=1 << 255).map(lambda n: n**3) | st.complex_numbers(allow_nan=False) | st.fractions()
    | st.dates() | st.datetimes() | st.times() | st.timedeltas() | st.decimals(allow_nan=False)
    | st.text(st.characters(codec=None)) | st.binary().map(bytearray)
)  # fmt: skip
keys = st.integers() | st.text() | st.tuples(st.integers(), st.binary())
values = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(keys, inner, max_size=3)
    | st.sets(keys, max_size=3) | st.frozensets(keys, max_size=3) | st.lists(inner, max_size=3).map(collections.deque),
    max_leaves=8,
)  # fmt: skip


def stays(value):
    raise AssertionError(f"{value!r} does not cross")


def crossed(value):
    sent = codec.to_bytes(codec.encode(value, stays))
    buffer = bytearray(sent[:-1])
    assert codec.message(buffer) is None
    buffer += sent[-1:] + b"next"
    tree = codec.message(buffer)
    assert buffer == b"next"
    return codec.decode(tree, stays)


def same(a, b):
    """Equal, and of equal types all the way down."""
    if type(a) is not type(b) or a != b:
        return False
    if isinstance(a, list | tuple | collections.deque):
        return all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    return isinstance(a, set | frozenset) or repr(a) == repr(b)


@given(values)
def test_plain_data_crosses_as_it_is(value):
    assert same(crossed(value), value)


@given(st.floats())
def test_every_float_crosses(value):
    got = crossed(value)
    assert math.isnan(got) if math.isnan(value) else same(got, value)


class Liar(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Text(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def test_a_subclass_crosses_as_its_base():
    assert type(crossed(Liar(3))) is int
    assert crossed(Liar(3)) != 4
    assert crossed([Text("a"), {Liar(1): Text("b")}]) == ["a", {1: "b"}]
    assert type(crossed(Text("a"))) is str
    assert crossed(collections.Counter("aab")) == {"a": 2, "b": 1}
    exact = [fractions.Fraction(1, 3), decimal.Decimal("1.10"), datetime.datetime(2020, 2, 29, tzinfo=datetime.UTC)]
    assert same(crossed(exact), exact)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda i: st.lists(i, max_size=3)
       | st.dictionaries(st.sampled_from("tsfdhicbBnxz"), i, max_size=2), max_leaves=12))  # fmt: skip
def test_what_is_no_tree_is_an_ordinary_exception(tree):
    try:
        codec.decode(tree, lambda what: what)
    except Exception as error:
        assert not isinstance(error, AssertionError)  # noqa: PT017


@given(st.lists(st.lists(st.integers())), st.lists(st.lists(st.integers())))
def test_a_container_is_made_what_the_program_left(old, new):
    kept = old[:]
    codec.restore(old, new)
    assert old == new
    assert all(a is b for a, b in zip(old, kept, strict=False))


@pytest.mark.parametrize("value", [object(), len, iter([]), Exception()])
def test_what_is_not_plain_stays(value):
    assert codec.encode([value], lambda it: {"h": id(it)}) == [{"h": id(value)}]
