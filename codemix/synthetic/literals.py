"""Values as source: what tests and examples are written with."""

from typing import Any


def literal(value: Any) -> str:
    """The source of a value, the same in every process: a set is written in order."""
    if isinstance(value, set | frozenset):
        inner = ", ".join(sorted(map(literal, value)))
        braces = f"{{{inner}}}" if value else "set()"
        return braces if isinstance(value, set) else f"frozenset({braces if value else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {literal(each)}' for key, each in value.items())}}}"
    return repr(value)


def has_set(value: Any) -> bool:
    """Whether the order in which the value is printed may differ between processes."""
    if isinstance(value, set | frozenset):
        return len(value) > 1
    if isinstance(value, dict):
        return any(has_set(each) for pair in value.items() for each in pair)
    return isinstance(value, list | tuple) and any(map(has_set, value))
