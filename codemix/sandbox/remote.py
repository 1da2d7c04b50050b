"""An object of the program, as the tests see it."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol


class Asker(Protocol):
    """The judge's side of the socket."""

    def call(self, handle: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any: ...

    def operate(self, operation: str, *arguments: Any) -> Any: ...


class Remote:
    # No docstring: `candidate.__doc__` is the program's.
    # What it is asked goes to the guest, with one exception: a comparison or an arithmetic operation with a plain
    # value, which would tell the program what is expected and let it say that it is so.

    __slots__ = ("__asker", "__handle")

    def __init__(self, asker: Asker, handle: int) -> None:
        object.__setattr__(self, "_Remote__asker", asker)
        object.__setattr__(self, "_Remote__handle", handle)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.__asker.call(self.__handle, arguments, named)

    def __getattr__(self, name: str) -> Any:
        return self.__asker.operate("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__asker.operate("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self.__asker.operate("delattr", self, name)

    def __iter__(self) -> Iterator[Any]:
        return _Steps(self.__asker, self.__asker.operate("iter", self))

    def __reversed__(self) -> Iterator[Any]:
        return _Steps(self.__asker, self.__asker.operate("reversed", self))

    def __enter__(self) -> Any:
        return self.__asker.operate("enter", self)

    def __exit__(self, *_: object) -> None:
        self.__asker.operate("exit", self)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Remote):
            return self.__asker.operate("eq", self, other)
        try:
            return self.__asker.operate("value", self) == other
        except TypeError:
            return NotImplemented

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Remote):
            return self.__asker.operate("ne", self, other)
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __bool__(self) -> bool:
        return self.__asker.operate("bool", self) is True

    def __hash__(self) -> int:
        return self.__asker.operate("hash", self)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Remote) and self.__asker.operate("isinstance", value, self) is True

    def __subclasscheck__(self, value: object) -> bool:
        return isinstance(value, Remote) and self.__asker.operate("issubclass", value, self) is True


def handle_of(remote: Remote) -> int:
    return remote._Remote__handle


class _Steps:
    """The iterator over an object of the program, or a plain iterator that the guest gave as one."""

    def __init__(self, asker: Asker, steps: Any) -> None:
        self._asker = asker
        self._steps = steps

    def __iter__(self) -> "_Steps":
        return self

    def __next__(self) -> Any:
        return self._asker.operate("next", self._steps)


def _asked(operation: str) -> Callable[..., Any]:
    def method(self: Remote, *arguments: Any) -> Any:
        return self._Remote__asker.operate(operation, self, *arguments)

    return method


def _among_remotes(operation: str) -> Callable[..., Any]:
    def method(self: Remote, other: Any) -> Any:
        if not isinstance(other, Remote):
            return NotImplemented
        return self._Remote__asker.operate(operation, self, other)

    return method


for _name in ("len", "next", "str", "repr", "int", "float", "abs", "neg", "pos", "invert", "round", "index", "format",
              "dir", "getitem", "setitem", "delitem", "contains"):  # fmt: skip
    setattr(Remote, f"__{_name}__", _asked(_name))
for _name in ("lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or",
              "xor", "lshift", "rshift"):  # fmt: skip
    setattr(Remote, f"__{_name}__", _among_remotes(_name))
