"""Solutions of benchmarks under other names: what an audit, which compares word by word, does not find.

Two functions are one under other names if they are the same tree once docstrings and annotations are left out and the
names that they bind themselves are numbered in their order.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import zstandard

from codemix.data.audit.config import Audit
from codemix.data.audit.files import benchmark_files
from codemix.data.audit.items import read_items
from codemix.store.atomic import write_json
from codemix.store.fingerprint import fingerprint

_TOKENS = re.compile(r"\w+|[^\w\s]")


def write_benchmark_functions(audit: Audit, path: Path) -> Path:
    """Writes function -> "benchmark item" for the Python functions in the benchmarks' code. In a worker."""
    functions: dict[str, str] = {}
    for benchmark in audit.benchmarks:
        files = benchmark_files(benchmark.name, benchmark.files, benchmark.required).files
        for identity, parts in (read_items(benchmark, files) if files else {}).items():
            passages = [passage for part in parts if part.kind == "code" for passage in part.passages]
            # A prompt may hold the head of the function whose body is the next part.
            for source in (*passages, *map("".join, itertools.pairwise(passages))):
                for function in functions_of(source, audit.minimum_code_tokens):
                    functions.setdefault(function, f"{benchmark.name} {identity}")
    write_json(path, functions)
    return path


def rows_with_functions(functions: Path, made: Path, least: int) -> dict[int, str]:
    """Rows of a file of problems whose solution has one of the functions, and of which item. In a worker."""
    known: dict[str, str] = orjson.loads(functions.read_bytes())
    found = {}
    for row, line in enumerate(zstandard.decompress(made.read_bytes()).splitlines()):
        items = [known[one] for one in functions_of(orjson.loads(line)["solution"], least) if one in known]
        if items:
            found[row] = items[0]
    return found


def functions_of(source: str, least: int) -> Iterator[str]:
    """A key for every function of at least so many tokens that a module defines; nothing where it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            text = ast.unparse(_Numbered(node).visit(node))
            if len(_TOKENS.findall(text)) >= least:
                yield fingerprint(text)


class _Numbered(ast.NodeTransformer):
    """Numbers the names that a function binds, in their order, and leaves out docstrings and annotations."""

    def __init__(self, function: ast.FunctionDef):
        self._numbers: dict[str, str] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.FunctionDef):
                self._number(node.name)
            elif isinstance(node, ast.arg):
                self._number(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._number(node.id)

    def _number(self, name: str) -> None:
        self._numbers.setdefault(name, f"n{len(self._numbers)}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        node.returns = None
        node.name = self._numbers[node.name]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._numbers[node.arg])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node) if node.value else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._numbers.get(node.id, node.id)
        return node
