"""Jupyter notebooks: as StarCoderData has them, structured or as scripts, and as the .ipynb files themselves."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from codemix.data.documents import Document
from codemix.data.records.records import Part, Unfit
from codemix.data.records.schemas import fields
from codemix.data.records.schemas.code import source_file
from codemix.errors import UserError

_REPOSITORY = ("repo_name", "max_stars_repo_name")
_PATH = ("path", "max_stars_repo_path")
_FIELDS = ("content", *(f"{field}?" for field in (*_REPOSITORY, *_PATH)), "license?")
_UNKNOWN = "jupyter-notebook"  # the language of a notebook whose kernel is not known


@dataclasses.dataclass(frozen=True)
class Notebooks:
    """StarCoderData's notebooks, whose `content` is their text: jupyter-structured-clean-dedup
    (`<jupyter_start><jupyter_text>…<jupyter_code>…<jupyter_output>…`) and jupyter-scripts-dedup-filtered.

    Repository and path are in repo_name and path, or in max_stars_repo_name and max_stars_repo_path. Nothing says in
    which language the code is.
    """

    fields: ClassVar[tuple[str, ...]] = _FIELDS
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        return _notebook(fields.text(record, "content"), _UNKNOWN, record, part)


@dataclasses.dataclass(frozen=True)
class RawNotebooks:
    """Notebooks of format 3 or 4, whose `content` is the JSON of the .ipynb file. The language is the kernel's.

    Attributes:
        form: "structured", StarCoder's cells with all outputs that carry text (`notebook_text.structured`), or
            "script", jupytext's light scripts.
    """

    form: Literal["structured", "script"] = "structured"

    fields: ClassVar[tuple[str, ...]] = _FIELDS
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.form not in ("structured", "script"):
            raise UserError(f"RawNotebooks.form is {self.form!r}; give 'structured' or 'script'.")

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        # Loads nbformat and jupytext, which only workers need.
        from codemix.data.records.schemas import notebook_text

        notebook = notebook_text.read(fields.text(record, "content"))
        text = notebook_text.structured(notebook) if self.form == "structured" else notebook_text.script(notebook)
        if not text:
            raise Unfit("empty")
        return _notebook(text, notebook_text.language(notebook) or _UNKNOWN, record, part)


def _notebook(text: str, language: str, record: Mapping[str, Any], part: Part) -> Document:
    repository, path = _first(record, _REPOSITORY), _first(record, _PATH)
    return source_file(text, repository, path, language, part, licence=fields.optional_text(record, "license"))


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return fields.name(record, next((name for name in names if record.get(name) is not None), names[0]))
