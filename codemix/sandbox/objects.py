"""What stays on its side, and what its side says of it."""

import builtins
import sys
import types
from typing import Any

from codemix.sandbox.codec import Tree

STANDARD = frozenset(sys.stdlib_module_names)


def by_name(value: Any) -> list[str] | None:
    """The module and name of a class or function of the standard library, which both sides have."""
    if isinstance(value, type | types.BuiltinFunctionType | types.FunctionType):
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
        if isinstance(module, str) and module.partition(".")[0] in STANDARD and name.isidentifier():
            found = getattr(sys.modules.get(module), name, None)
            return [module, name] if found is value else None
    return None


def raised(error: BaseException, stay: Any, plain: Any) -> Tree:
    """An exception as a tree: its classes up to the first of Python's own, its arguments, its text and its line."""
    chain = []
    for cls in type(error).__mro__:
        if getattr(builtins, cls.__name__, None) is cls:
            chain.append([None, cls.__name__])
            break
        chain.append([stay(cls), cls.__name__])
    try:
        text = str(error)
    except Exception:
        text = ""
    return {"chain": chain, "text": text, "arguments": plain(error.args), "line": line_of(error, "<program>")}


def line_of(error: BaseException, file: str) -> int | None:
    """The line of `file` that the exception came from, or came by."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            found = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == file:
        found = error.lineno
    return found
