"""Python sources: their docstrings, and what is left without them."""

import ast
import io
import tokenize
import warnings

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def decode_python(content: bytes) -> str:
    """The source in the encoding it declares, with "\\n" line ends. Raises ValueError if it does not decode."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        raise ValueError("undecodable") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str) -> ast.Module:
    """Raises ValueError where Python's own parser gives up, whatever its reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's code
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ValueError("does not parse") from None


def docstring_nodes(tree: ast.Module) -> list[tuple[_Documented, ast.Expr, str]]:
    """(what is documented, the docstring's statement, its text), in the order of the source."""
    found = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for block in _BLOCKS:  # statements alone: walking the expressions, too, costs more than parsing
            waiting += getattr(node, block, ())
        if isinstance(node, _Documented) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                found.append((node, first, first.value.value))
    return sorted(found, key=lambda entry: (entry[1].lineno, entry[1].col_offset))


def without_docstrings(text: str) -> str:
    """The source without its docstrings: the same program, the same comments.

    A body that was nothing but a docstring becomes `...`, and so does a docstring whose line a backslash continues;
    lines left blank by a removal go with it.
    Raises ValueError if the source does not parse.
    """
    lines = text.split("\n")
    for owner, statement, _ in reversed(docstring_nodes(parse(text))):
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        # The parser counts columns in bytes of UTF-8.
        before = lines[first].encode()[: statement.col_offset].decode()
        after = lines[last].encode()[statement.end_col_offset :].decode()
        alone = len(owner.body) == 1 and not isinstance(owner, ast.Module)
        if alone or after.lstrip(" \t").startswith("\\"):
            lines[first : last + 1] = [before + "..." + after]
            continue
        after = after.lstrip(" \t")
        if after.startswith(";"):
            after = after[1:].lstrip(" \t")
        remains = before + after
        lines[first : last + 1] = [remains] if remains.strip() else []
    return "\n".join(lines)
