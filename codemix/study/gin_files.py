"""Gin: what its files may bind, and how a study is read from them.

Gin binds the dataclasses named here and nothing else; the libraries that define them know nothing of gin.
"""

import difflib
import os
import re
import tokenize
from collections.abc import Mapping, Sequence
from pathlib import Path

import gin

import codemix
from codemix.data import filters, local
from codemix.data.corpora import Corpora
from codemix.data.source import Source
from codemix.data.tokenizer import TokenizerFile, TrainedTokenizer
from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import BitsPerByte
from codemix.model.config import Model
from codemix.study.arm import Arm, Phase
from codemix.study.study import Scale, Study
from codemix.training.job import Hardware
from codemix.training.optimizer import LearningRate, Optimizer

_CLASSES = (
    *(Phase, Scale, Model, Optimizer, LearningRate, Hardware, BitsPerByte),
    *(Corpora, Source, TrainedTokenizer, TokenizerFile),
    *(local.LocalProse, local.LocalCode, local.LocalMarkup),
    *(filters.SizeBetween, filters.LineLength, filters.LetterShare, filters.HandWritten, filters.RepeatedLines),
)
for _class in _CLASSES:
    gin.external_configurable(_class, module="codemix")
_make_arm = gin.external_configurable(Arm, module="codemix")
# Its other reader looks for included files among Python's packages, and logs an error for every folder without one.
gin.config._FILE_READERS[:] = [(open, os.path.isfile)]


@gin.configurable("Study", module="codemix")
def _make_study(
    arms: Sequence[str],
    control: str,
    seeds: Sequence[int],
    scale: Scale,
    corpora: Corpora,
    hardware: Hardware,
    evaluation: BitsPerByte,
    name: str,
    title: str = "",
    max_epochs: Mapping[str, float] | None = None,
) -> Study:
    """A study whose arms are given by name: each is the gin scope in which its file binds `Arm.phases`."""
    declared = {}
    for arm in arms:
        try:
            gin.query_parameter(f"{arm}/Arm.phases")
        except ValueError:
            raise UserError(
                f"Study.arms names '{arm}', and no included file binds {arm}/Arm.phases; "
                f"include 'gin/arms/{arm}.gin', or correct the name."
            ) from None
        with gin.config_scope(arm):
            declared[arm] = _make_arm()
    return Study(name, title or name, declared, control, seeds, scale, corpora, hardware, evaluation, max_epochs or {})


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
    if not path.is_file():
        raise UserError(f"{path}: there is no such study file; give one of gin/studies, or your own.")
    gin.clear_config()
    _set_search_path([path.parent, Path.cwd(), Path(codemix.__file__).parents[1]])
    try:
        gin.parse_config_files_and_bindings(
            [str(path.resolve())], [_quoted(binding) for binding in overrides], print_includes_and_imports=False
        )
        study = _make_study(name=path.stem)
    except (UserError, ValueError, TypeError, SyntaxError, OSError, RuntimeError, tokenize.TokenError) as error:
        raise UserError(_sentence(error, path)) from error
    return study, gin.operative_config_str(max_line_length=110)


def _set_search_path(folders: Sequence[Path]) -> None:
    gin.config._LOCATION_PREFIXES[:] = [""]  # gin can only append to its search path
    for folder in folders:
        gin.add_config_file_search_path(str(folder))


def _quoted(binding: str) -> str:
    """A bare word as the value of an override means the string: `Study.control=text_only` needs no shell quoting."""
    name, equals, value = binding.partition("=")
    if not equals:
        raise UserError(f"--gin.{binding}: an override has the form --gin.Class.field=value; give it a value.")
    is_word = re.fullmatch(r"[A-Za-z_]\w*", value) and value not in ("True", "False", "None")
    return f"{name} = '{value}'" if is_word else f"{name} = {value}"


def _sentence(error: Exception, path: Path) -> str:
    """One sentence for what gin or a dataclass said: where, what, and the mend."""
    text = str(error)
    if isinstance(error, UserError):
        sentence = text.split("\n")[0]
        return f"{_where_bound(sentence, path)}: {sentence}"
    if missing := re.search(r"arguments: \[(.*?)\]", text):
        name = re.search(r"In call to configurable '(\w+)'", text)
        fields = ", ".join(f"{name[1] if name else ''}.{field}" for field in re.findall(r"'(\w+)'", missing[1]))
        scope = re.search(r"in scope '([^']+)'", text)
        where = f" in the scope {scope[1]}/" if scope else ""
        return f"{path}: {fields} has no value{where}; bind it in the study's gin files."
    place = re.search(r'In file "([^"]+)", line (\d+)', text)
    where = f"{place[1]}:{place[2]}" if place else str(path)
    what = text.split("\n")[0].rstrip(".")
    unknown = re.search(r"(?:No configurable matching (?:reference )?'@?([\w/.]+)'|parameter named '(\w+)')", what)
    close = _close_name(unknown[1] or unknown[2], what) if unknown else None
    return f"{where}: {what}; {f'did you mean {close}?' if close else 'correct that line.'}"


def _close_name(name: str, what: str) -> str | None:
    """The bindable class or field that `name` is most like."""
    owner = re.search(r"Configurable '(\w+)' doesn't", what)
    classes = {cls.__name__: cls for cls in (*_CLASSES, Arm, Study)}
    known = list(classes[owner[1]].__dataclass_fields__) if owner and owner[1] in classes else list(classes)
    return next(iter(difflib.get_close_matches(name.split("/")[-1], known, n=1)), None)


def _where_bound(sentence: str, path: Path) -> str:
    """The file and line that bind the field which a sentence begins with; the study's file where none does."""
    field = re.match(r"(?:.*? )?([A-Z]\w+\.\w+)\b", sentence)
    if field:
        for file in _files(path, set()):
            for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
                if re.match(rf"\s*(?:[\w./]+/)?{re.escape(field[1])}\s*=", line):
                    return f"{file}:{number}"
    return str(path)


def _files(path: Path, seen: set[Path]) -> list[Path]:
    """A gin file and all that it includes."""
    if path in seen or not path.is_file():
        return []
    seen.add(path)
    files = [path]
    for included in re.findall(r"^include\s+['\"](.+?)['\"]", path.read_text(encoding="utf-8"), re.MULTILINE):
        for prefix in gin.config._LOCATION_PREFIXES:
            files += _files(Path(prefix) / included, seen)
    return files
