"""Whether the values that gin gives a class are of the types that its fields declare."""

import collections.abc
import inspect
import math
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Union

from codemix.errors import UserError


def checked(make: Callable[..., Any], name: str) -> Callable[..., Any]:
    """`make`, a class or function that gin knows as `name`, which first compares its arguments with its annotations.

    It raises UserError for the first that does not fit.
    """
    signature = inspect.signature(make)
    hints = typing.get_type_hints(make)

    def construct(*args: Any, **kwargs: Any) -> Any:
        for field, value in signature.bind_partial(*args, **kwargs).arguments.items():
            if field in hints and not _fits(value, hints[field]):
                raise UserError(f"{name}.{field} is {_shown(value)}; give {_described(hints[field])}.")
        return make(*args, **kwargs)

    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = make.__doc__
    construct.__signature__ = signature  # type: ignore[attr-defined]  # what gin reads the fields from
    return construct


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if _is_union(origin):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is collections.abc.Mapping:
        return isinstance(value, dict) and all(_fits(k, parts[0]) and _fits(v, parts[1]) for k, v in value.items())
    if origin is tuple and parts[-1] is not Ellipsis:
        return _is_list(value) and len(value) == len(parts) and all(map(_fits, value, parts))
    if origin in (collections.abc.Sequence, tuple):
        return _is_list(value) and all(_fits(item, parts[0]) for item in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if getattr(hint, "_is_protocol", False):
        return not (value is None or isinstance(value, str | int | float | list | tuple | dict) or callable(value))
    return isinstance(value, hint)


def _described(hint: Any) -> str:
    """The values that fit, as a person would write them in gin."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if _is_union(origin):
        return _alternatives([_described(part) for part in parts])
    if origin is Literal:
        return _alternatives([repr(part) for part in parts])
    if origin is collections.abc.Mapping:
        return f"{{{_described(parts[0])}: {_described(parts[1])}}}"
    if origin is tuple and parts[-1] is not Ellipsis:
        return f"({', '.join(_described(part) for part in parts)})"
    if origin in (collections.abc.Sequence, tuple):
        return f"a list [{_described(parts[0])}, …]"
    words = {int: "a whole number", float: "a number", str: "a string", bool: "True or False", type(None): "None"}
    name = "Name" if getattr(hint, "_is_protocol", False) else hint.__name__
    return words.get(hint) or f"a reference to a {hint.__name__}, written @{name}()"


def _is_union(origin: Any) -> bool:
    return origin in (Union, types.UnionType)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _alternatives(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _shown(value: Any) -> str:
    if inspect.isclass(value) or inspect.isroutine(value):
        return f"@{value.__name__}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
