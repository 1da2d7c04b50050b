"""Whether tests leave the interpreter as it was.

A judge goes on to the next item of the same tests only when they do. What is looked at is their compiled code: its
instructions, and every name in it, whatever it may be a name of. In doubt the answer is no, which costs a fork. Names
that the tests neither bind nor import are the program's, and stand for objects that stay with it.
"""

import builtins
import dis
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from types import CodeType, ModuleType

# what these have in `__all__` leaves no trace, or one that is removed before each item: the state of `random`
_MODULES = frozenset(
    [
        *("bisect", "collections", "copy", "datetime", "fractions", "heapq", "itertools", "math", "random", "re"),
        *("statistics", "string"),
    ]
)
_HARMLESS = frozenset(
    [
        *("abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "complex", "dict"),
        *("divmod", "enumerate", "filter", "float", "format", "frozenset", "hash", "hex", "int", "isinstance"),
        *("issubclass", "iter", "len", "list", "map", "max", "min", "next", "oct", "ord", "pow", "print", "range"),
        *("repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "zip"),
    ]
)
_NOT_HARMLESS = frozenset(
    name
    for name, value in vars(builtins).items()
    if name not in _HARMLESS and not (isinstance(value, type) and issubclass(value, BaseException))
)
_CHANGES_A_CLASS = "register"  # of abstract classes
_INSTRUCTIONS = frozenset(
    dis.opmap[name]
    for name in (
        *("CACHE", "NOP", "RESUME", "EXTENDED_ARG", "PRECALL", "KW_NAMES", "CALL", "CALL_FUNCTION_EX", "CALL_KW"),
        *("PUSH_NULL", "POP_TOP", "COPY", "SWAP", "RETURN_VALUE", "RETURN_CONST", "RETURN_GENERATOR", "YIELD_VALUE"),
        *("LOAD_CONST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_AND_CLEAR"),
        *("LOAD_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE"),
        *("LOAD_CLASSDEREF", "LOAD_ATTR", "LOAD_METHOD", "STORE_NAME", "STORE_FAST", "STORE_DEREF", "DELETE_NAME"),
        *("DELETE_FAST", "MAKE_CELL", "COPY_FREE_VARS", "MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"),
        *("IMPORT_NAME", "IMPORT_FROM", "BINARY_OP", "BINARY_SUBSCR", "BINARY_SLICE", "STORE_SUBSCR", "STORE_SLICE"),
        *("DELETE_SUBSCR", "UNARY_POSITIVE", "UNARY_NEGATIVE", "UNARY_NOT", "UNARY_INVERT", "COMPARE_OP", "IS_OP"),
        *("CONTAINS_OP", "TO_BOOL", "BUILD_TUPLE", "BUILD_LIST", "BUILD_SET", "BUILD_MAP", "BUILD_CONST_KEY_MAP"),
        *("BUILD_STRING", "BUILD_SLICE", "FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC", "CONVERT_VALUE"),
        *("LIST_APPEND", "LIST_EXTEND", "LIST_TO_TUPLE", "SET_ADD", "SET_UPDATE", "MAP_ADD", "DICT_UPDATE"),
        *("DICT_MERGE", "UNPACK_SEQUENCE", "UNPACK_EX", "GET_ITER", "FOR_ITER", "END_FOR", "JUMP_FORWARD"),
        *("JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP"),
        *(name for name in dis.opmap if name.startswith("POP_JUMP_")),
        *("LOAD_ASSERTION_ERROR", "RAISE_VARARGS", "RERAISE", "PUSH_EXC_INFO", "POP_EXCEPT", "CHECK_EXC_MATCH"),
    )
    if name in dis.opmap
)
_IMPORT = dis.opmap["IMPORT_NAME"]
_NOT_A_FUNCTION = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE


def keeps_to_itself(tests: CodeType) -> bool:
    """Whether running a module's code can leave nothing behind but garbage."""
    names: set[str] = set()
    importing = False
    for code in _with_all_in_it(tests):
        # a generator that is left half-way ends when it is collected, which can be during another item
        left_half_way = code.co_flags & inspect.CO_GENERATOR and code.co_name != "<genexpr>"
        if code.co_flags & _NOT_A_FUNCTION or left_half_way or not _INSTRUCTIONS.issuperset(code.co_code[::2]):
            return False
        names.update(code.co_names)
        importing |= _IMPORT in code.co_code[::2]
    if not names.isdisjoint(_NOT_HARMLESS) or _CHANGES_A_CLASS in names or any(name.startswith("_") for name in names):
        return False
    return not importing or all(_public(module, names) for module in _imported(tests))


def _with_all_in_it(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_all_in_it(constant)


def _imported(tests: CodeType) -> set[str]:
    return {
        instruction.argval
        for code in _with_all_in_it(tests)
        for instruction in dis.get_instructions(code)
        if instruction.opcode == _IMPORT
    }


def _public(module: str, names: set[str]) -> bool:
    """Whether all that the names can mean of the module is what it offers."""
    return module in _MODULES and names.isdisjoint(_private(module))


@cache
def _private(module: str) -> frozenset[str]:
    found = importlib.import_module(module)
    offered = getattr(found, "__all__", [name for name in dir(found) if not name.startswith("_")])
    return frozenset(
        name for name, value in vars(found).items() if name not in offered or isinstance(value, ModuleType)
    )
