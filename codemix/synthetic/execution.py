"""Temporary stand-in until codemix.sandbox is whole."""

import contextlib
import types
from collections.abc import Iterable, Iterator
from typing import Any, Protocol


class Sandbox(Protocol):
    def map(self, programs: Iterable[Any]) -> Any: ...


def program(code: str, tests: str) -> Any:
    return types.SimpleNamespace(code=code, tests=tests)


class _Here:
    def map(self, programs: Iterable[Any]) -> Iterator[Any]:
        for each in programs:
            try:
                exec(f"{each.code}\n\n{each.tests}", {"__name__": "solution"})
                yield types.SimpleNamespace(kind="passed", detail="")
            except AssertionError as error:
                yield types.SimpleNamespace(kind="failed", detail=str(error))
            except Exception as error:
                yield types.SimpleNamespace(kind="error", detail=repr(error))


@contextlib.contextmanager
def opened() -> Iterator[Any]:
    yield _Here()
