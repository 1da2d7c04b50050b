"""Plain data between judge and guest, as JSON with tags: never pickle or marshal, whose readers can be made to do more.

A tree is None, a bool, an int, a float, a str, a list of trees, or a dict of one tag and its content:
    i  an int beyond 256 bits, in hexadecimal      c  a complex            b, B  bytes, a bytearray
    t, s, f  a tuple, set, frozenset: trees        d  a dict: pairs        n     a named tuple: name, fields, values
    x  one of `_BUILT`: its name, its arguments    h  an object that stays where it is: what its side says of it
Subclasses of numbers and text cross as what they derive from; so nothing arrives whose `__eq__` somebody wrote.
"""

import collections
import datetime
import decimal
import fractions
import json
import struct
from collections.abc import Callable
from typing import Any

Tree = Any
_ATOMS = {type(None), bool, float, str}
_SMALL = 1 << 256
_HEADER = struct.Struct(">I")
_to_text = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_from_text = json.JSONDecoder().raw_decode
MAX_MESSAGE = 64 * 2**20


def _made_of(kind: str, *arguments: Any) -> Any:
    return _BUILT[kind][1](*arguments)


# type: its name, how it is built, what it is built from
_BUILT: dict[str, tuple[type, Callable[..., Any], Callable[[Any], tuple[Any, ...]]]] = {
    "range": (range, range, lambda it: (it.start, it.stop, it.step)),
    "slice": (slice, slice, lambda it: (it.start, it.stop, it.step)),
    "Fraction": (fractions.Fraction, fractions.Fraction, lambda it: (it.numerator, it.denominator)),
    "Decimal": (decimal.Decimal, decimal.Decimal, lambda it: (str(it),)),
    "date": (datetime.date, datetime.date, lambda it: (it.year, it.month, it.day)),
    "time": (
        datetime.time,
        lambda *parts: datetime.time(*parts[:4], fold=parts[4]),
        lambda it: (it.hour, it.minute, it.second, it.microsecond, it.fold),
    ),
    "timedelta": (datetime.timedelta, datetime.timedelta, lambda it: (it.days, it.seconds, it.microseconds)),
    "datetime": (
        datetime.datetime,
        lambda text, fold: datetime.datetime.fromisoformat(text).replace(fold=fold),
        lambda it: (it.isoformat(), it.fold),
    ),
    "Counter": (collections.Counter, collections.Counter, lambda it: (dict(it),)),
    "OrderedDict": (collections.OrderedDict, collections.OrderedDict, lambda it: (list(it.items()),)),
    # equal to a dict, and its factory is the program's
    "defaultdict": (
        collections.defaultdict,
        lambda pairs: collections.defaultdict(None, pairs),
        lambda it: (dict(it),),
    ),
    "deque": (collections.deque, collections.deque, lambda it: (list(it), it.maxlen)),
}
_NAME = {kind: name for name, (kind, _, _) in _BUILT.items()}
_BASES: tuple[type, ...] = (int, float, complex, str, bytes)


def encode(value: Any, stay: Callable[[Any], Tree]) -> Tree:
    """`value` as a tree. `stay` says what crosses for an object that is no plain data."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is int:
        return value if -_SMALL < value < _SMALL else {"i": hex(value)}
    if kind is list:
        if set(map(type, value)) <= _ATOMS:
            return list(value)
        return [encode(item, stay) for item in value]
    if kind is dict:
        return {"d": [[encode(key, stay), encode(item, stay)] for key, item in value.items()]}
    if kind is tuple or kind is set or kind is frozenset:
        return {kind.__name__[0]: [encode(item, stay) for item in value]}
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if kind is bytes or kind is bytearray:
        return {"b" if kind is bytes else "B": value.decode("latin-1")}
    if name := _NAME.get(kind):
        return {"x": [name, [encode(part, stay) for part in _BUILT[name][2](value)]]}
    for base in _BASES:
        if issubclass(kind, base) and not _is_enum(kind):
            return encode(base.__new__(base, value) if base is not str else str.__str__(value), stay)
    if issubclass(kind, tuple) and isinstance(fields := getattr(kind, "_fields", None), tuple):
        return {"n": [kind.__name__, list(fields), [encode(item, stay) for item in tuple.__iter__(value)]]}
    return stay(value)


def _is_enum(kind: type) -> bool:
    return any(base.__module__ == "enum" for base in kind.__mro__)


def decode(tree: Tree, found: Callable[[Any], Any]) -> Any:
    """The value of a tree. `found` gives the object for what crossed in place of one.

    Raises:
        ValueError, TypeError, KeyError…: it is no tree. Whoever reads from a guest takes any exception for that.
    """
    kind = type(tree)
    if kind in _ATOMS or kind is int:
        return tree
    if kind is list:
        return [decode(item, found) for item in tree]
    ((tag, content),) = tree.items()
    match tag:
        case "t":
            return tuple([decode(item, found) for item in content])
        case "d":
            return {decode(key, found): decode(item, found) for key, item in content}
        case "s":
            return {decode(item, found) for item in content}
        case "f":
            return frozenset([decode(item, found) for item in content])
        case "h":
            return found(content)
        case "i":
            return int(content, 16)
        case "c":
            return complex(*content)
        case "b":
            return content.encode("latin-1")
        case "B":
            return bytearray(content.encode("latin-1"))
        case "n":
            name, fields, values = content
            return collections.namedtuple(name, fields, rename=True)(*[decode(item, found) for item in values])
        case "x":
            name, parts = content
            return _made_of(name, *[decode(part, found) for part in parts])
    raise ValueError(f"no tag: {tag!r}")


def mutable(value: Any) -> bool:
    """Whether a call may have altered the value: a container that can be, or a tuple with such in it."""
    kind = type(value)
    if kind in _ATOMS or kind is int:
        return False
    if kind is tuple:
        return any(mutable(item) for item in value)
    return kind in (list, dict, set, bytearray) or kind in (
        collections.deque,
        collections.Counter,
        collections.OrderedDict,
        collections.defaultdict,
    )


def restore(old: Any, new: Any) -> None:
    """Makes the container `old` what `new` is, in place, and the containers inside it that are still at their place."""
    if type(old) is not type(new):
        return
    if isinstance(old, list | collections.deque):
        kept = [_kept(before, after) for before, after in zip(old, new, strict=False)]
        rest = list(new)[len(kept) :]
        old.clear()
        old.extend(kept + rest)
    elif isinstance(old, dict):
        pairs = [(key, _kept(old.get(key), item)) for key, item in new.items()]
        old.clear()
        dict.update(old, pairs)
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new
    elif isinstance(old, tuple):
        for before, after in zip(old, new, strict=False):
            restore(before, after)


def _kept(before: Any, after: Any) -> Any:
    if type(before) is type(after) and mutable(before):
        restore(before, after)
        return before
    return after


def to_bytes(message: Tree) -> bytes:
    """A message as it goes over the socket: its length in 4 bytes, then JSON."""
    text = _to_text(message).encode()
    return _HEADER.pack(len(text)) + text


def message(buffer: bytearray) -> Tree | None:
    """The message that the buffer begins with, which is taken out of it; None when it has not come whole.

    Raises:
        ValueError, RecursionError: it is no message, or a longer one than `MAX_MESSAGE`.
    """
    if len(buffer) < _HEADER.size:
        return None
    end = _HEADER.size + _HEADER.unpack_from(buffer)[0]
    if end > MAX_MESSAGE:
        raise TooLong
    if len(buffer) < end:
        return None
    text = buffer[_HEADER.size : end].decode()
    del buffer[:end]
    found, length = _from_text(text)
    if length < len(text):
        raise ValueError("no message")
    return found


class TooLong(ValueError):
    """A message beyond `MAX_MESSAGE`."""
