"""Notebooks from their .ipynb files: every output that carries text, in formats 3 and 4."""

import json
from typing import Any

import pytest
from test_schemas import PLACE

from codemix.data.documents import Document
from codemix.data.records.records import Unfit, Unreadable
from codemix.data.records.schemas import RawNotebooks

OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
    {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<b>3</b>"}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/markdown": "**4**", "text/plain": "<object>"}, "metadata": {}},
    {"output_type": "error", "ename": "E", "evalue": "no", "traceback": ["\x1b[0;31mE\x1b[0m", "line 5"]},
]


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)}


def code(source: Any, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs), "execution_count": None}


def prose(source: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def read(content: Any, form: Any = "structured") -> Document:
    text = content if isinstance(content, str) else json.dumps(content)
    record = {"content": text, "max_stars_repo_name": "ann/sums", "max_stars_repo_path": "a.ipynb", "license": "mit"}
    return RawNotebooks(form).document(record, PLACE)


def test_every_output_that_carries_text_is_kept() -> None:
    text = read(
        notebook(prose(["# Sums\n", "By hand."]), prose("Then:"), code("add()", *OUTPUTS), code("quiet()"))
    ).text
    assert text == (
        "<jupyter_start><jupyter_text># Sums\nBy hand.\n\nThen:"
        "<jupyter_code>add()<jupyter_output>one\ntwo\n3\n**4**\nE\nline 5"
        "<jupyter_code>quiet()<jupyter_output><empty_output>"
    )


def test_long_outputs_are_cut() -> None:
    long = {"output_type": "stream", "name": "stdout", "text": "x" * 2000}
    text = read(notebook(code("go()", long, long))).text
    assert text.endswith("<jupyter_output>" + "x" * 1000 + "[...]")
    exact = {**long, "text": "x" * 1000}
    assert read(notebook(code("go()", exact))).text.endswith("x" * 1000)


def test_a_script_has_its_text_in_comments_and_no_outputs() -> None:
    document = read(
        notebook(prose("# Sums"), code("add()", *OUTPUTS), kernelspec={"name": "python3", "language": "python"}),
        "script",
    )
    assert document.text == "# # Sums\n\nadd()\n"


@pytest.mark.parametrize(
    ("metadata", "language", "comment"),
    [
        ({"language_info": {"name": "R", "file_extension": ".r"}}, "r", "#"),
        ({"kernelspec": {"name": "julia-1.9", "language": "julia"}}, "julia", "#"),
        ({"kernelspec": {"name": "python3"}}, "python", "#"),
        ({"kernelspec": {"name": "scala", "language": "scala", "display_name": "spy"}}, "scala", "//"),
        ({"title": "a copy of happy python"}, "jupyter-notebook", "#"),
    ],
)
def test_the_language_is_the_kernels(metadata: dict[str, Any], language: str, comment: str) -> None:
    content = notebook(prose("Hello"), code("f(1)"), **metadata)
    assert read(content).language == read(content, "script").language == language
    assert read(content, "script").text.startswith(f"{comment} Hello")


@pytest.mark.parametrize("form", ["structured", "script"])
def test_format_3_is_read_too(form: str) -> None:
    cells = [
        {"cell_type": "markdown", "source": "Old", "metadata": {}},
        {
            "cell_type": "code",
            "input": "print 1",
            "language": "python",
            "metadata": {},
            "collapsed": False,
            "outputs": [{"output_type": "pyout", "text": ["1"], "prompt_number": 1, "metadata": {}}],
        },
    ]
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    document = read(old, form)
    assert document.language == "python"
    assert "print 1" in document.text
    assert ("<jupyter_output>1" in document.text) == (form == "structured")


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "3",
        "{}",
        '{"nbformat": 4}',
        '{"nbformat": 9, "cells": []}',
        "[" * 100_000,
        '{"nbformat": 4, "cells": [3]}',
    ],
)
@pytest.mark.parametrize("form", ["structured", "script"])
def test_what_is_no_notebook_is_unreadable(content: str, form: str) -> None:
    with pytest.raises(Unreadable, match="not a notebook"):
        read(content, form)


def test_a_notebook_without_text_is_empty() -> None:
    with pytest.raises(Unfit, match="empty"):
        read(notebook(code(" ")))
    with pytest.raises(Unfit, match="empty"):
        read(notebook(), "script")
