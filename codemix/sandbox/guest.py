"""The process that executes the program, and does with its objects what the judge asks. Nothing here is relied upon."""

import builtins
import importlib
import operator
import os
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from codemix.sandbox import codec
from codemix.sandbox.confinement import MOST_DESCRIPTORS
from codemix.sandbox.objects import raised

_SOCKET = 3
_PART = 1 << 14  # larger ones would be mapped anew each time


class _NotPlain(Exception):
    pass


def _base_value(value: Any) -> Any:
    """What an instance of a container's subclass holds, as a plain container."""
    if isinstance(value, dict):
        return dict(dict.items(value))
    if (base := next((kind for kind in (list, set, frozenset, tuple) if isinstance(value, kind)), None)) is not None:
        steps: Any = base.__iter__
        return base(steps(value))
    raise TypeError("it holds no plain value")


def _attribute(value: Any, name: str) -> Any:
    return getattr(value, name)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "getattr": _attribute, "setattr": setattr, "delattr": delattr, "getitem": operator.getitem,
    "setitem": operator.setitem, "delitem": operator.delitem, "contains": operator.contains, "len": len, "iter": iter,
    "next": next, "str": str, "repr": repr, "hash": hash, "bool": bool, "int": int, "float": float, "abs": abs,
    "neg": operator.neg, "pos": operator.pos, "invert": operator.invert, "round": round, "index": operator.index,
    "isinstance": isinstance, "issubclass": issubclass, "reversed": reversed, "format": format, "dir": dir,
    "value": _base_value, "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge, "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "truediv": operator.truediv, "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow,
    "matmul": operator.matmul, "and": operator.and_, "or": operator.or_, "xor": operator.xor,
    "lshift": operator.lshift, "rshift": operator.rshift,
    "enter": lambda value: type(value).__enter__(value),
    "exit": lambda value: type(value).__exit__(value, None, None, None),
}  # fmt: skip


class Guest:
    """The program's namespace, the objects that the judge has handles of, and the socket to it."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}  # by id; the objects are kept, so that ids stay theirs
        self._module = types.ModuleType("program")

    def serve(self) -> NoReturn:
        sys.modules["program"] = self._module
        while True:
            self._send(self._answer(self._receive()))

    def _answer(self, request: Any) -> Any:
        what, *rest = request
        try:
            try:
                return getattr(self, f"_do_{what}")(*rest)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
        except BaseException as error:
            return ["raised", raised(error, self._handle, self._plain)]

    def _do_load(self, code: str, names: list[str]) -> Any:
        """Executes the program, and gives the values of those of the names that it defines."""
        space = self._module.__dict__
        exec(compile(code, "<program>", "exec", dont_inherit=True), space)
        return ["value", {"d": [[name, self._encode(space[name])] for name in names if name in space]}, None]

    def _do_observe(self, expression: str) -> Any:
        return ["value", repr(eval(expression, self._module.__dict__)), None]

    def _do_call(self, handle: int, arguments: Any, named: Any) -> Any:
        values = [self._decode(tree) for tree in arguments]
        keywords = {name: self._decode(tree) for name, tree in named.items()}
        watched = {index: value for index, value in enumerate(values) if codec.mutable(value)}
        result = self._objects[handle](*values, **keywords)
        altered = {}
        for index, value in watched.items():
            tree = self._encode(value)
            if tree != arguments[index]:
                altered[index] = tree
        return ["value", self._encode(result), altered or None]

    def _do_operate(self, operation: str, arguments: Any) -> Any:
        return ["value", self._encode(_OPERATIONS[operation](*map(self._decode, arguments))), None]

    def _encode(self, value: Any) -> Any:
        return codec.encode(value, self._staying)

    def _plain(self, value: Any) -> Any:
        def stay(_: Any) -> Any:
            raise _NotPlain

        try:
            return codec.encode(value, stay)
        except Exception:
            return None

    def _staying(self, value: Any) -> Any:
        if isinstance(value, type):
            if issubclass(value, BaseException):
                return {"h": ["exception", self._class_chain(value)]}
            name = value.__name__
            if getattr(builtins, name, None) is value:
                return {"h": ["builtin", name]}
        return {"h": ["object", self._handle(value)]}

    def _class_chain(self, cls: type[BaseException]) -> list[Any]:
        chain: list[Any] = []
        for one in cls.__mro__:
            if getattr(builtins, one.__name__, None) is one:
                return [*chain, [None, one.__name__]]
            chain.append([self._handle(one), one.__name__])
        return chain

    def _handle(self, value: Any) -> int:
        if (known := self._handles.get(id(value))) is not None:
            return known
        self._objects.append(value)
        self._handles[id(value)] = len(self._objects) - 1
        return len(self._objects) - 1

    def _decode(self, tree: Any) -> Any:
        return codec.decode(tree, self._found)

    def _found(self, what: Any) -> Any:
        kind, content = what
        if kind == "object":
            return self._objects[content]
        if kind == "named":
            module, name = content
            return getattr(importlib.import_module(module), name)
        call = self._called_back(content)
        return call if kind == "function" else _steps(call)

    def _called_back(self, number: int) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._send(["call back", number, [self._encode(argument) for argument in arguments]])
            while True:
                answer = self._receive()
                if answer[0] == "returned":
                    return self._decode(answer[1])
                if answer[0] == "failed":
                    raise getattr(builtins, answer[1], Exception)(answer[2])
                self._send(self._answer(answer))

        return call

    def _send(self, message: Any) -> None:
        data = codec.to_bytes(message)
        written = os.write(_SOCKET, data)
        while written < len(data):
            written += os.write(_SOCKET, data[written : written + _PART])

    def _receive(self) -> Any:
        """The next message. The judge sends one at a time, and waits for the answer."""
        message = codec.message(self._received)
        while message is None:
            part = os.read(_SOCKET, _PART)
            if not part:
                os._exit(0)
            self._received += part
            message = codec.message(self._received)
        return message


def _steps(advance: Callable[[], Any]) -> Iterator[Any]:
    while True:
        try:
            item = advance()
        except StopIteration:
            return
        yield item


def run(descriptors: list[int]) -> NoReturn:
    """Serves a judge until it is gone.

    Args:
        descriptors: the socket to it, and where standard output and standard error go. No others are kept open.
    """
    os.setsid()
    sock, output = descriptors
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)  # of its own: who shares an open file shares its flags and its owner
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(sock, _SOCKET)
    os.closerange(_SOCKET + 1, MOST_DESCRIPTORS)
    Guest().serve()
