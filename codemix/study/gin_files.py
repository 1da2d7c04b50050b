"""Gin files: how a study, or the corpora of one, is read from them."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import gin

import codemix
from codemix.data.audit.config import Audit
from codemix.data.corpora import Corpora
from codemix.errors import UserError
from codemix.evaluation.judge.config import Judging
from codemix.evaluation.suite import Suite
from codemix.study.bindable import (
    make_audit,
    make_corpora,
    make_engine,
    make_judging,
    make_model_generator,
    make_study,
    make_suite,
)
from codemix.study.gin_errors import told
from codemix.study.study import Study
from codemix.synthetic.model.config import ModelGenerator

# Its other reader looks for included files among Python's packages, and logs an error for every folder without one.
gin.config._FILE_READERS[:] = [(open, os.path.isfile)]


Result = TypeVar("Result")

_MACRO = "[A-Z][A-Z0-9_]*"


def load_study(path: Path, overrides: Sequence[str] = ()) -> tuple[Study, str]:
    """Reads a study.

    Args:
        path: its gin file. Files that it includes are looked for beside it, in the current folder and in codemix's own.
        overrides: further bindings, such as "Scale.tokens=1000"; they win over the files.

    Returns:
        The study, and its operative gin: every binding that was used.

    Raises:
        UserError: a file, name, field or value that is wrong, with the place and the mend.
    """
    _parse(path, overrides)
    with told(path, overrides):
        study = make_study(name=path.stem)
    for override in overrides:
        _check_used(override)
    return study, gin.operative_config_str(max_line_length=110)


def load_corpora(path: Path, overrides: Sequence[str] = ()) -> Corpora:
    """Reads the corpora profile of a gin file, which may be the profile's own or a study's.

    Raises:
        UserError: as `load_study`.
    """
    return _read(path, overrides, make_corpora)


def load_audit(path: Path, overrides: Sequence[str] = ()) -> Audit:
    """Reads the audit of a gin file such as gin/benchmarks/all.gin.

    Raises:
        UserError: as `load_study`.
    """
    return _read(path, overrides, make_audit)


def load_suite(path: Path, overrides: Sequence[str] = ()) -> Suite:
    """Reads the suite of a gin file such as gin/suites/paper.gin.

    Raises:
        UserError: as `load_study`.
    """
    return _read(path, overrides, make_suite)


def load_model_generator(path: Path, overrides: Sequence[str] = ()) -> ModelGenerator:
    """Reads which model writes problems, and how it is asked, from a gin file that binds `ModelGenerator`.

    Raises:
        UserError: as `load_study`.
    """
    return _read(path, overrides, make_model_generator)


def load_judging(path: Path) -> Judging:
    """Reads how answers are judged from a gin file that binds `Judging`, which may be a study's own.

    Raises:
        UserError: as `load_study`.
    """
    return _read(path, (), make_judging)


def load_engine(cls: type[Result], path: Path, where: Path | None, overrides: Sequence[str] = ()) -> Result:
    """Reads where a study is launched: the engine's class, bound by the study's file or by `where`, which wins.

    Raises:
        UserError: as `load_study`.
    """
    _parse(path, () if where else overrides)
    if where:
        _add(where, overrides)
    with told(where or path, overrides):
        return make_engine[cls]()


def _read(path: Path, overrides: Sequence[str], make: Callable[[], Result]) -> Result:
    """What a file's bindings make, that is no study."""
    _parse(path, overrides)
    with told(path, overrides):
        return make()


def _parse(path: Path, overrides: Sequence[str]) -> None:
    gin.clear_config()
    _set_search_path([path.parent, Path.cwd(), Path(codemix.__file__).parents[1]])
    _add(path, overrides)


def _add(path: Path, overrides: Sequence[str]) -> None:
    """The bindings of a file, and then the overrides, beside those that are there."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such gin file; give one of gin/studies, or your own.")
    with told(path, overrides):
        gin.parse_config_file(str(path.resolve()), print_includes_and_imports=False)
    for override in overrides:
        with told(path, overrides, where=f"--gin.{override}"):
            gin.parse_config(_binding(override))


def _set_search_path(folders: Sequence[Path]) -> None:
    gin.config._LOCATION_PREFIXES[:] = [""]  # gin can only append to its search path
    for folder in folders:
        gin.add_config_file_search_path(str(folder))


def _binding(override: str) -> str:
    """An override as a line of gin. A bare word as the value means the string: `Study.control=text_only` needs no
    shell quoting."""
    name, _, value = override.partition("=")
    if not re.fullmatch(rf"([\w.]+/)*[A-Za-z_][\w.]*\.\w+|{_MACRO}", name) or not value.strip():
        raise UserError("an override has the form --gin.Class.field=value, or --gin.MACRO=value; write it so.")
    is_word = re.fullmatch(r"[A-Za-z_]\w*", value) and value not in ("True", "False", "None")
    return f"{name} = '{value}'" if is_word else f"{name} = {value}"


def _check_used(override: str) -> None:
    """Raises UserError for an override that nothing in the study reads, such as one in the scope of no arm."""
    name = override.partition("=")[0]
    if re.fullmatch(_MACRO, name):
        if (name, "gin.macro") not in gin.config._OPERATIVE_CONFIG:
            raise UserError(f"--gin.{override}: nothing in the study reads {name}; correct the name.")
        return
    key = gin.config.ParsedBindingKey.parse(name)
    scope = key.scope.split("/") if key.scope else []
    read = {s for s, selector in gin.config._OPERATIVE_CONFIG if selector == key.complete_selector}
    if not any(s.split("/")[: len(scope)] == scope for s in read):
        known = ", ".join(f"{s}/{key.given_selector}" if s else key.given_selector for s in sorted(read))
        raise UserError(
            f"--gin.{override}: nothing in the study reads it; "
            + (f"it reads {known}, correct the name." if read else f"it has no {key.given_selector}, remove it.")
        )
