"""What runs the tests of one item. It never executes the program, and tells what came of it."""

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from codemix.sandbox import codec
from codemix.sandbox.channel import Channel
from codemix.sandbox.objects import STANDARD, by_name, line_of
from codemix.sandbox.program import Kind
from codemix.sandbox.remote import Remote, handle_of
from codemix.sandbox.tests import Tests

_IMPORTED = re.compile(r"\bimport\b(\s*\([^)]*\)|.*)")
_WORD = re.compile(r"\w+")


class Judge:
    """What judges one item.

    Args:
        channel: to its guest.
        code: of its program.
    """

    def __init__(self, channel: Channel, code: str) -> None:
        self._channel = channel
        self._remotes: dict[int, Remote] = {}
        self._exceptions: dict[int, type[BaseException]] = {}
        self._callbacks: list[Callable[..., Any]] = []
        self._code = code
        self._space: dict[str, Any] = {"__name__": "tests", "__builtins__": builtins}
        self.imported = False  # whether it had names that the program imported

    def judged(self, tests: Tests) -> tuple[Kind, str]:
        """What comes of the tests; how and why."""
        try:
            self._name(tests)
            exec(tests.compiled, self._space)
            check = self._space.get("check")
            if tests.entry_point is not None and isinstance(check, FunctionType):
                check(self._space["candidate"])
        except BaseException as error:
            return _outcome(error, tests.source)
        return "passed", ""

    def observed(self, expressions: list[str]) -> tuple[Kind, str, list[str]]:
        """The reprs of the expressions, after the program."""
        try:
            self._ask(["load", self._code, []])
            return "passed", "", [self._observed(expression) for expression in expressions]
        except BaseException as error:
            return *_outcome(error, ""), []

    def forget(self) -> None:
        """Unties what refers to itself."""
        self._channel.close()
        for kept in (self._remotes, self._exceptions, self._callbacks, self._space):
            kept.clear()

    # asking the guest

    def call(self, handle: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        trees = [self._encode(argument) for argument in arguments]
        keywords = {name: self._encode(argument) for name, argument in named.items()}
        tree, altered = self._ask(["call", handle, trees, keywords])
        result = self._decode(tree)
        if altered is not None:
            try:
                now = [(arguments[int(index)], self._decode(value)) for index, value in altered.items()]
            except (AttributeError, ValueError, IndexError):
                self._channel.not_an_answer()
            for before, after in now:
                codec.restore(before, after)
        return result

    def operate(self, operation: str, *arguments: Any) -> Any:
        tree, _ = self._ask(["operate", operation, [self._encode(argument) for argument in arguments]])
        return self._decode(tree)

    def _observed(self, expression: str) -> str:
        try:
            text, _ = self._ask(["observe", expression])
        except MemoryError:
            raise
        except Exception as error:
            return f"raise {type(error).__name__}({str(error)!r})"
        if not isinstance(text, str):
            self._channel.not_an_answer()
        return text

    def _ask(self, message: list[Any]) -> tuple[Any, Any]:
        self._channel.send(message)
        while True:
            answer = self._channel.receive()
            match answer:
                case ["value", tree, altered]:
                    return tree, altered
                case ["raised", {"chain": chain, "text": str(text), "arguments": arguments, "line": line}]:
                    error = self._exception(chain, text, arguments)
                    error.__dict__["line_of_program"] = line if isinstance(line, int) else None
                    raise error
                case ["call back", int(number), list(arguments)] if 0 <= number < len(self._callbacks):
                    self._channel.send(self._called_back(number, arguments))
                case _:
                    self._channel.not_an_answer()

    def _called_back(self, number: int, arguments: list[Any]) -> list[Any]:
        try:
            return ["returned", self._encode(self._callbacks[number](*map(self._decode, arguments)))]
        except Exception as error:
            return ["failed", type(error).__name__, str(error)]

    # what crosses

    def _encode(self, value: Any) -> Any:
        return codec.encode(value, self._staying)

    def _staying(self, value: Any) -> Any:
        if isinstance(value, Remote):
            return {"h": ["object", handle_of(value)]}
        if (named := by_name(value)) is not None:
            return {"h": ["named", named]}
        if isinstance(value, FunctionType | MethodType | BuiltinFunctionType):
            return {"h": ["function", self._callback(value)]}
        if isinstance(value, Iterator):
            return {"h": ["iterator", self._callback(value.__next__)]}
        # told at once: the tests might take an exception for the program's
        self._channel.finish("refused", f"the tests give the program a {type(value).__name__}, which cannot cross")

    def _callback(self, function: Callable[..., Any]) -> int:
        self._callbacks.append(function)
        return len(self._callbacks) - 1

    def _decode(self, tree: Any) -> Any:
        try:
            return codec.decode(tree, self._found)
        except MemoryError:
            raise
        except Exception:
            self._channel.not_an_answer()

    def _found(self, what: Any) -> Any:
        match what:
            case ["object", int(handle)]:
                return self._remotes.setdefault(handle, Remote(self, handle))
            case ["exception", list(chain)]:
                return self._exception_class(chain)
            case ["builtin", str(name)] if isinstance(found := getattr(builtins, name, None), type):
                return found
        raise ValueError("no object")

    def _exception_class(self, chain: list[Any]) -> type[BaseException]:
        handle, name = chain[0]
        if handle is None:
            found = getattr(builtins, name)
            if not (isinstance(found, type) and issubclass(found, BaseException)):
                raise ValueError("no exception")
            return found
        if not isinstance(handle, int) or not isinstance(name, str):
            raise ValueError("no exception")
        if handle not in self._exceptions:
            self._exceptions[handle] = type(name, (self._exception_class(chain[1:]),), {})
        return self._exceptions[handle]

    def _exception(self, chain: Any, text: str, arguments: Any) -> BaseException:
        try:
            kind = self._exception_class(chain)
            values = self._decode(arguments) if arguments is not None else (text,)
            error = kind.__new__(kind, *values)
            error.args = values
            return error
        except Exception:
            self._channel.not_an_answer()

    # names

    def _name(self, tests: Tests) -> None:
        """Has the program executed, and gives the tests' names their values."""
        if others := tests.names - {tests.entry_point, "candidate", "check"}:
            found = _imported(self._code, others)
            self._space |= found
            self.imported = bool(found)
        tree, _ = self._ask(["load", self._code, sorted(tests.names - self._space.keys())])
        defined = self._decode(tree)
        if not isinstance(defined, dict):
            self._channel.not_an_answer()
        self._space |= {name: value for name, value in defined.items() if name in tests.names}
        if tests.entry_point is not None:
            if tests.entry_point not in self._space:
                self._channel.finish("error", f"the program does not define {tests.entry_point}")
            self._space["candidate"] = self._space[tests.entry_point]


def _outcome(error: BaseException, tests: str) -> tuple[Kind, str]:
    if isinstance(error, AssertionError):
        return "failed", _assertion(error, tests)
    if isinstance(error, MemoryError):
        return "memory", "the program used up its memory"
    return "error", _where(error)


def _where(error: BaseException) -> str:
    line = error.__dict__.get("line_of_program")
    if line is not None:
        return f"{_told(error)} (line {line} of the program)"
    line = line_of(error, "<tests>")
    return f"{_told(error)} (line {line} of the tests)" if line is not None else _told(error)


def _told(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _assertion(error: AssertionError, tests: str) -> str:
    line = line_of(error, "<tests>")
    lines = tests.splitlines()
    source = lines[line - 1].strip() if line is not None and line <= len(lines) else ""
    text = str(error)
    return f"{source} ({text})" if text and source else text or source


def _imported(code: str, names: frozenset[str]) -> dict[str, Any]:
    """Those of the names that the code's top imports from the standard library and does not bind again.

    They are imported here: what the tests compute with must not be the program's.
    """
    mentioned = " ".join(_IMPORTED.findall(code.replace("\\\n", " ")))
    if "*" not in mentioned and names.isdisjoint(_WORD.findall(mentioned)):
        return {}  # spares most programs the parsing
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return {}
    found: dict[str, ast.stmt] = {}
    for statement in body:
        match statement:
            case ast.Import(aliases):
                bound = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
                standard = all(alias.name.partition(".")[0] in STANDARD for alias in aliases)
            case ast.ImportFrom(module, aliases, 0):
                bound = {alias.asname or alias.name for alias in aliases}
                standard = (module or "").partition(".")[0] in STANDARD
                bound = set(names - found.keys()) if bound == {"*"} else bound
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.AsyncFunctionDef(name):
                bound, standard = {name}, False
            case _:
                bound = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)
                         and isinstance(node.ctx, ast.Store)}  # fmt: skip
                standard = False
        for name in bound & names:
            if standard:
                found[name] = statement
            elif not isinstance(found.get(name), ast.Import):  # nothing but deceit binds a module's name again
                found.pop(name, None)
    space: dict[str, Any] = {}
    for statement in dict.fromkeys(found.values()):
        try:
            exec(compile(ast.Module([statement], []), "<imports>", "exec"), space)
        except ImportError:
            continue
    return {name: space[name] for name in found if name in space}
