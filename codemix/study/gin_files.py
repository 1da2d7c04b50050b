"""Gin: what its files may bind, and how a study is read from them.

Gin binds the dataclasses named here and nothing else; the libraries that define them know nothing of gin.
"""

import contextlib
import difflib
import os
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
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
from codemix.study.field_types import checked
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
    gin.external_configurable(checked(_class, _class.__name__), module="codemix")
_make_arm = gin.external_configurable(checked(Arm, "Arm"), module="codemix")
# Its other reader looks for included files among Python's packages, and logs an error for every folder without one.
gin.config._FILE_READERS[:] = [(open, os.path.isfile)]


def _study_of_named_arms(
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


_make_study = gin.external_configurable(checked(_study_of_named_arms, "Study"), module="codemix")


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
    with _told(path, overrides):
        gin.parse_config_file(str(path.resolve()), print_includes_and_imports=False)
    for override in overrides:
        with _told(path, overrides, where=f"--gin.{override}"):
            gin.parse_config(_binding(override))
    with _told(path, overrides):
        study = _make_study(name=path.stem)
    for override in overrides:
        _check_used(override)
    return study, gin.operative_config_str(max_line_length=110)


def located(sentence: str, path: Path, overrides: Sequence[str], owner: str = "", scope: str = "") -> str:
    """A sentence about a field, after the place that binds the field: a file and line, or an override.

    Args:
        sentence: names the field as Class.field, and perhaps its arm and phase, as in "arm 'a', phase 'b', …".
        path: the study's gin file, which is the place where no binding is found.
        overrides: as for `load_study`.
        owner: the class that was being made, for a sentence that names its field alone.
        scope: the gin scope in which that was.
    """
    arm_and_phase = re.search(r"arm '(\w+)', phase '(\w+)'", sentence)
    parts = list(arm_and_phase.groups()) if arm_and_phase else scope.split("/") if scope else []
    places = _places(path, overrides)
    named = re.findall(r"\b[A-Z]\w+\.[a-z]\w*", sentence)
    found = [
        (mention.start(), field)
        for field in {name.rpartition("/")[2] for name in places}
        if field.partition(".")[0] == owner
        and (mention := re.search(rf"\b{field.partition('.')[2].rstrip('s')}\b", sentence))
    ]
    bound = []
    for field in [*named, *(field for _, field in sorted(found))]:
        scopes = ("/".join([*parts[:length], field]) for length in range(len(parts), -1, -1))  # gin's: the innermost
        bound += [next((places[name] for name in scopes if name in places), None)]
    overridden = [place for place in bound if place and place.startswith("--gin.")]
    if place := next(iter(overridden), None) or next(filter(None, bound), None):
        return f"{place}: {sentence}"
    return f"{path}: {sentence}"


@contextlib.contextmanager
def _told(path: Path, overrides: Sequence[str], where: str | None = None) -> Iterator[None]:
    """Turns what gin or a dataclass raises into a UserError of one sentence."""
    try:
        yield
    except (UserError, ValueError, TypeError, SyntaxError, OSError, RuntimeError, tokenize.TokenError) as error:
        raise UserError(_sentence(error, path, overrides, where)) from error


def _set_search_path(folders: Sequence[Path]) -> None:
    gin.config._LOCATION_PREFIXES[:] = [""]  # gin can only append to its search path
    for folder in folders:
        gin.add_config_file_search_path(str(folder))


def _binding(override: str) -> str:
    """An override as a line of gin. A bare word as the value means the string: `Study.control=text_only` needs no
    shell quoting."""
    name, _, value = override.partition("=")
    if not re.fullmatch(r"([\w.]+/)*[A-Za-z_][\w.]*\.\w+", name) or not value.strip():
        raise UserError("an override has the form --gin.Class.field=value; write it so.")
    is_word = re.fullmatch(r"[A-Za-z_]\w*", value) and value not in ("True", "False", "None")
    return f"{name} = '{value}'" if is_word else f"{name} = {value}"


def _check_used(override: str) -> None:
    """Raises UserError for an override that nothing in the study reads, such as one in the scope of no arm."""
    key = gin.config.ParsedBindingKey.parse(override.partition("=")[0])
    scope = key.scope.split("/") if key.scope else []
    read = {s for s, selector in gin.config._OPERATIVE_CONFIG if selector == key.complete_selector}
    if not any(s.split("/")[: len(scope)] == scope for s in read):
        known = ", ".join(f"{s}/{key.given_selector}" if s else key.given_selector for s in sorted(read))
        raise UserError(
            f"--gin.{override}: nothing in the study reads it; "
            + (f"it reads {known}, correct the name." if read else f"it has no {key.given_selector}, remove it.")
        )


def _sentence(error: Exception, path: Path, overrides: Sequence[str], where: str | None) -> str:
    """One sentence for what gin or a dataclass said: where, what, and the mend."""
    text = str(error)
    what = text.split("\n")[0].rstrip(".")
    in_scope = re.search(r"in scope '([^']+)'", text)
    scope = in_scope[1] if in_scope else ""
    made = re.search(r"In call to configurable '(\w+)'", text)
    owner = made[1] if made else ""
    if isinstance(error, UserError):
        return f"{where}: {what}." if where else located(f"{what}.", path, overrides, owner, scope)
    if missing := re.search(r"arguments: \[(.*?)\]", text):
        fields = ", ".join(f"{owner}.{field}" for field in re.findall(r"'(\w+)'", missing[1]))
        inside = f" in the scope {scope}/" if scope else ""
        return f"{path}: {fields} has no value{inside}; bind it in the study's gin files."
    if isinstance(error, SyntaxError | tokenize.TokenError):
        what = "this is not gin's syntax, a line is Class.field = value and strings are in quotes"
    place = re.search(r'In file "([^"]+)", line (\d+)', text)
    if place:
        where = where or f"{_shortest(Path(place[1]))}:{place[2]}"
    elif isinstance(error, SyntaxError) and error.filename:
        where = where or f"{_shortest(Path(error.filename))}:{error.lineno}"
    unknown = re.search(r"(?:No configurable matching (?:reference )?'@?([\w/.]+)|parameter named '(\w+)')", what)
    close = _close_name(unknown[1] or unknown[2], what) if unknown else None
    mend = f"did you mean {close}?" if close else "correct it."
    return f"{where or path}: {what}; {mend}"


def _close_name(name: str, what: str) -> str | None:
    """The bindable class or field that `name` is most like."""
    owner = re.search(r"Configurable '(\w+)' doesn't", what)
    classes = {cls.__name__: cls for cls in (*_CLASSES, Arm, Study)}
    known = list(classes[owner[1]].__dataclass_fields__) if owner and owner[1] in classes else list(classes)
    return next(iter(difflib.get_close_matches(name.split("/")[-1], known, n=1)), None)


def _places(path: Path, overrides: Sequence[str]) -> dict[str, str]:
    """Where each name is bound, the last binding of a name: name, with its scope -> place."""
    places: dict[str, str] = {}
    for file in _files(path, set()):
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
            if bound := re.match(r"([\w./]+)\s*=", line):
                places[bound[1]] = f"{file}:{number}"
    for override in overrides:
        places[override.partition("=")[0].strip()] = f"--gin.{override}"
    return places


def _files(path: Path, seen: set[Path]) -> list[Path]:
    """A gin file and all that it includes, the included first."""
    if path in seen or not path.is_file():
        return []
    seen.add(path)
    files = []
    for included in re.findall(r"^include\s+['\"](.+?)['\"]", path.read_text(encoding="utf-8"), re.MULTILINE):
        found = (Path(prefix) / included for prefix in gin.config._LOCATION_PREFIXES)
        if file := next((file for file in found if file.is_file()), None):
            files += _files(_shortest(file), seen)
    return [*files, path]


def _shortest(path: Path) -> Path:
    """The path as seen from the current folder, where it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
