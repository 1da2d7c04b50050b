import ast
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemix.data.local.python_source import decode_python, docstring_nodes, parse, without_docstrings

CASES = {
    'def f():\n    """Doc."""\n    return 1\n': "def f():\n    return 1\n",
    'def f():\n    """Doc\n    of lines."""\n': "def f():\n    ...\n",
    'def f(): "doc"': "def f(): ...",
    'class A: "doc"; x = 1': "class A: x = 1",
    'class A:\n    "doc"  # noqa\n    x = 1\n': "class A:\n    # noqa\n    x = 1\n",
    '"""Module."""\nx = 1\n': "x = 1\n",
    '"""Module."""': "",
    '# licence\n"""Module."""\n': "# licence\n",
    'def f():\n    ("in " "parts")\n    return 1\n': "def f():\n    return 1\n",
    'def f():\n    "é"; y = "ü"\n    return y\n': 'def f():\n    y = "ü"\n    return y\n',
    'async def f():\n    r"""raw \\d"""\n    await g()\n': "async def f():\n    await g()\n",
    "def f():\n    f'not a docstring'\n": "def f():\n    f'not a docstring'\n",
    "def f():\n    b'neither'\n": "def f():\n    b'neither'\n",
    'def f():\n    "a" \\\n    "b"\n    return 1\n': "def f():\n    return 1\n",
}


def stripped(text: str) -> str:
    """The program of `text` without docstrings, by its syntax tree."""
    tree = parse(text)
    for owner, statement, _ in docstring_nodes(tree):
        ellipsis = ast.Expr(ast.Constant(...))
        owner.body[:] = owner.body[1:] or ([] if isinstance(owner, ast.Module) else [ellipsis])
        assert statement not in owner.body
    return ast.dump(tree)


@pytest.mark.parametrize(("source", "expected"), CASES.items())
def test_what_is_left(source: str, expected: str):
    assert without_docstrings(source) == expected
    assert ast.dump(parse(expected)) == stripped(source)


def test_a_continued_line_keeps_a_statement():
    assert without_docstrings('def f():\n    "doc" \\\n    ; x = 1\n') == "def f():\n    ... \\\n    ; x = 1\n"


@given(
    st.lists(st.sampled_from(list(CASES)), max_size=4), st.sampled_from(["", "if True:\n    pass\n", "x = '''\n'''\n"])
)
def test_the_same_program_without_its_docstrings(cases: list[str], between: str):
    source = f"\n{between}".join(cases)
    assert ast.dump(parse(without_docstrings(source))) == stripped(source)


def test_the_standard_library():
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::8]:
        source = decode_python(path.read_bytes())
        assert ast.dump(parse(without_docstrings(source))) == stripped(source), path


@pytest.mark.parametrize("content", [b"def f(:", b"\xff\xfe", b"# -*- coding: nonsense -*-", b"x = 1\0"])
def test_a_file_that_is_no_program_is_told(content: bytes):
    with pytest.raises(ValueError, match=r"undecodable|does not parse"):
        without_docstrings(decode_python(content))


def test_declared_encodings_and_line_ends():
    assert decode_python(b"# coding: latin-1\r\nx = '\xe9'\r\n") == "# coding: latin-1\nx = 'é'\n"
