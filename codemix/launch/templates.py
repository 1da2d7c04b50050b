"""The scripts and manifests in launch/, filled in."""

import string
from pathlib import Path

import codemix

FOLDER = Path(codemix.__file__).parents[1] / "launch"


class _Template(string.Template):
    delimiter = "@"  # a dollar is the shell's
    idpattern = None  # type: ignore[assignment]  # only @{name}: mail addresses and "$@" stay what they are
    braceidpattern = "[a-z_]+"


def rendered(template: str, **values: str) -> str:
    """The template `launch/<template>`, with a value for each @{name} in it."""
    return _Template((FOLDER / template).read_text(encoding="utf-8")).substitute(values)
