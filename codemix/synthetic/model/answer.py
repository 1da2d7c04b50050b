"""What a model must answer, parsed strictly: what is guessed at here would be blamed on the code later."""

import ast
import dataclasses
import json
import re
from typing import Any

from codemix.data.documents import well_formed

_LONGEST = 20_000  # characters of one field
_FENCE = re.compile(r"```(?:json)?\s*\n(.*)\n```", re.DOTALL)


class Malformed(Exception):
    """An answer that cannot be used; says why, in words that the model is told."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Answer:
    """A problem as a model wrote it. Its code is a stranger's."""

    name: str  # of the function
    problem: str  # in English
    solution: str  # a module that defines the function
    second_solution: str  # another one
    tests: str  # a module of asserts
    make_input: str  # a module that defines make_input(random), which returns a tuple of arguments


KEYS = tuple(field.name for field in dataclasses.fields(Answer))


def parsed(content: str, finish_reason: str = "stop") -> Answer:
    """The answer in a model's text. One fence around it is allowed.

    Raises:
        Malformed: it is cut off, no JSON, no object, has other keys than `KEYS`, a value that is no text, is empty or
            is too long, or a function of another name.
    """
    if finish_reason == "length":
        raise Malformed("it was cut off")
    fields = json_object(content)
    if missing := [key for key in KEYS if key not in fields]:
        raise Malformed(f"it has no {missing[0]!r}")
    if unknown := [key for key in fields if key not in KEYS]:
        raise Malformed(f"it has a key that is not asked for, {unknown[0][:40]!r}")
    for key in KEYS:
        value = fields[key]
        if not isinstance(value, str):
            raise Malformed(f"{key!r} is not a string")
        if not value.strip():
            raise Malformed(f"{key!r} is empty")
        if len(value) > _LONGEST:
            raise Malformed(f"{key!r} has more than {_LONGEST} characters")
    modules = {key: _module(fields[key]) for key in KEYS if key not in ("name", "problem")}
    answer = Answer(fields["name"].strip(), well_formed(fields["problem"]).strip(), **modules)
    if not answer.name.isidentifier() or not answer.name.isascii():
        raise Malformed("'name' is not the name of a function")
    return answer


def json_object(content: str) -> dict[str, Any]:
    """The one JSON object of a text, bare or in one fence. Raises Malformed."""
    text = content.strip()
    if fenced := _FENCE.fullmatch(text):
        text = fenced[1]
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"it is not JSON ({str(error)[:80]})") from None
    if not isinstance(value, dict):
        raise Malformed("it is not a JSON object")
    return value


def defines(source: str, name: str) -> bool:
    """Whether a module that compiles defines the function at its top level."""
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.parse(source).body)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _module(text: str) -> str:
    lines = (line.rstrip() for line in well_formed(text).replace("\r\n", "\n").strip("\n").split("\n"))
    return "\n".join(lines).rstrip() + "\n"
