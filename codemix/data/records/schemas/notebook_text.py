"""The text of an .ipynb file: structured as StarCoder's (arXiv 2305.06161 §3.3), or as a script."""

import re
from typing import Any

import jupytext  # type: ignore[import-untyped]
import nbformat
from jupytext.formats import auto_ext_from_metadata  # type: ignore[import-untyped]
from nbformat import reader

from codemix.data.documents import well_formed
from codemix.data.records.records import Unreadable

OUTPUT_CHARACTERS = 1000  # of all outputs of a cell together; what is beyond them is cut

_KERNELS = {"python": "python", "python2": "python", "python3": "python", "ir": "r"}  # of old files, by name alone
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def read(content: str) -> Any:
    """The notebook in a file's text, in format 4. Raises Unreadable where there is none."""
    try:
        notebook = reader.reads(content)
        found = language(notebook) or _language_of_cells(notebook)
        notebook = nbformat.convert(notebook, 4)
        if not all(isinstance(cell["source"], str) and isinstance(cell["cell_type"], str) for cell in notebook.cells):
            raise TypeError("a cell without text")
        if found:
            notebook.metadata.setdefault("language_info", {})["name"] = found
    except Exception as error:  # nbformat takes every file for one that it wrote: anything may go wrong inside it
        raise Unreadable(f"'content' is not a notebook of format 3 or 4 ({type(error).__name__})") from error
    return notebook


def language(notebook: Any) -> str | None:
    """The language that the notebook's kernel runs, in lower case; None where its metadata does not say."""
    metadata = notebook.get("metadata")
    info, kernel = (_entry(metadata, name) for name in ("language_info", "kernelspec"))
    for named in (_entry(info, "name"), _entry(kernel, "language"), _KERNELS.get(str(_entry(kernel, "name")).lower())):
        if isinstance(named, str) and named.strip():
            return well_formed(_KERNELS.get(named.strip().lower(), named.strip().lower()))
    return None


def structured(notebook: Any) -> str:
    """`<jupyter_start>`, then of each cell `<jupyter_text>…` or `<jupyter_code>…<jupyter_output>…`; "" without cells.

    Where StarCoder has the text of a cell's first output if that is a stream, this has all outputs that carry text, in
    order and cut after 1,000 characters together: streams, the plain text or Markdown of results and displays, and
    tracebacks without their colours. A cell without any has `<empty_output>`. Neighbouring text cells are one.
    """
    parts: list[str] = []
    in_text = False
    for cell in notebook.cells:
        source = cell["source"].strip()
        if not source:
            continue
        if cell["cell_type"] == "code":
            parts += ["<jupyter_code>", source, "<jupyter_output>", _outputs(cell)]
            in_text = False
        else:
            parts += ["\n\n" if in_text else "<jupyter_text>", source]
            in_text = True
    return well_formed("".join(["<jupyter_start>", *parts])) if parts else ""


def script(notebook: Any) -> str:
    """The notebook as a script with its text in comments: jupytext's light format, without a header; "" if empty."""
    bare = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}
    try:
        extension = auto_ext_from_metadata(notebook.metadata) or ".py"
        text = jupytext.writes(notebook, {"extension": extension, "format_name": "light", **bare})
    except Exception as error:  # as in `read`
        raise Unreadable(f"'content' is a notebook that jupytext cannot write ({type(error).__name__})") from error
    return well_formed(text) if text.strip() else ""


def _outputs(cell: Any) -> str:
    outputs = cell.get("outputs")
    texts = [_output_text(output) for output in outputs] if isinstance(outputs, list) else []
    joined = "\n".join(text.strip("\n") for text in texts if text.strip())
    if len(joined) > OUTPUT_CHARACTERS:
        joined = joined[:OUTPUT_CHARACTERS] + "[...]"
    return joined or "<empty_output>"


def _output_text(output: Any) -> str:
    kind = _entry(output, "output_type")
    if kind == "stream":
        return _ANSI.sub("", _text(_entry(output, "text")))
    if kind == "error":
        return _ANSI.sub("", _text(_entry(output, "traceback"), "\n"))
    data = _entry(output, "data")
    return _text(_entry(data, "text/markdown")) or _ANSI.sub("", _text(_entry(data, "text/plain")))


def _text(value: Any, between: str = "") -> str:
    if isinstance(value, list):
        return between.join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else ""


def _entry(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _language_of_cells(notebook: Any) -> str | None:
    """Format 3 has the language with each cell, and conversion loses it."""
    sheets = notebook.get("worksheets") or []
    named = (cell.get("language") for sheet in sheets for cell in sheet.get("cells", []))
    return next((name.lower() for name in named if isinstance(name, str) and name), None)
