"""What goes wrong in gin, told in one sentence: the file and line or the override, the field, the mend."""

import contextlib
import difflib
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

import gin

from codemix.errors import UserError
from codemix.study.bindable import CLASSES
from codemix.study.study import Study


@contextlib.contextmanager
def told(path: Path, overrides: Sequence[str], where: str | None = None) -> Iterator[None]:
    """Turns what gin or a dataclass raises into a UserError of one sentence."""
    try:
        yield
    except (UserError, ValueError, TypeError, SyntaxError, OSError, RuntimeError, tokenize.TokenError) as error:
        raise UserError(_sentence(error, path, overrides, where)) from error


def located(sentence: str, path: Path, overrides: Sequence[str], owner: str = "", scope: str = "") -> str:
    """A sentence about a field, after the place that binds the field: a file and line, or an override.

    Args:
        sentence: names the field as Class.field, and perhaps its arm, and phase, as in "arm 'a', phase 'b', …".
        path: the study's gin file, which is the place where no binding is found.
        overrides: as for `load_study`.
        owner: the class that was being made, for a sentence that names its field alone.
        scope: the gin scope in which that was.
    """
    arm_and_phase = re.search(r"arm '(\w+)'(?:, phase '(\w+)')?", sentence)
    parts = [part for part in arm_and_phase.groups() if part] if arm_and_phase else scope.split("/") if scope else []
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
    classes = {cls.__name__: cls for cls in (*CLASSES, Study)}
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
