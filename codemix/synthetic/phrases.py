"""A small grammar of phrases: `[one|other]` is a choice, which may hold further choices; `[|very ]` may be nothing.

Brackets without a bar at their own level stay as they are, so that `values[0]` and `[1, 2]` can be said.
"""

import re
from random import Random

_LIST_MARK = re.compile(r"\d+\.|[-*+#>]+")
# Code and quoted text keep their spaces and are never broken, and stay with the punctuation that touches them.
_UNBROKEN = re.compile(r"(?:`[^`]*`|(?<!\w)'[^'\n]*'(?!\w)|[^\s])+")


def say(random: Random, template: str) -> str:
    """The template with every choice made."""
    text, end = _sequence(random, template, 0, "")
    assert end == len(template)
    return text


def _sequence(random: Random, template: str, start: int, stops: str) -> tuple[str, int]:
    """What stands from `start` to the next character of `stops` at this level, expanded, and where it ends."""
    parts = []
    place = start
    while place < len(template) and template[place] not in stops:
        if template[place] == "[":
            part, place = _choice(random, template, place)
            parts.append(part)
        else:
            parts.append(template[place])
            place += 1
    return "".join(parts), place


def _choice(random: Random, template: str, start: int) -> tuple[str, int]:
    options = []
    place = start
    while True:
        option, place = _sequence(random, template, place + 1, "|]")
        options.append(option)
        if place >= len(template):
            raise ValueError(f"a bracket is not closed in {template!r}")
        if template[place] == "]":
            break
    if len(options) == 1:
        return f"[{options[0]}]", place + 1
    return random.choice(options), place + 1


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def listed(parts: list[str], word: str = "and") -> str:
    """ "a, b and c"; "a, b, and c" where a part has a comma of its own."""
    comma = "," if len(parts) > 1 and any("," in part for part in parts) else ""
    return f"{comma} {word} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def wrapped(text: str, width: int, hang: str = "") -> str:
    """The text in lines of at most `width` characters where that is possible without breaking code or quoted text.

    Args:
        text: words separated by white space; an indentation before the first is kept.
        width: in characters.
        hang: the indentation of all lines but the first.
    """
    words = _UNBROKEN.findall(text)
    lines = [text[: len(text) - len(text.lstrip())] + words[0]] if words else []
    for word in words[1:]:
        # a line that begins with "1." would be a list's
        if len(lines[-1]) + 1 + len(word) <= width or _LIST_MARK.fullmatch(word):
            lines[-1] += f" {word}"
        else:
            lines.append(hang + word)
    return "\n".join(lines)


def snake(text: str) -> str:
    """An identifier of the words of `text`."""
    return "_".join("".join(c if c.isalnum() else " " for c in text).lower().split())


def camel(text: str) -> str:
    """The name of a class of the words of `text`."""
    return "".join(word.capitalize() for word in snake(text).split("_"))
