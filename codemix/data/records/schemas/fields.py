"""Reading the fields of a record: one that is not of the type that a schema expects makes the record Unreadable."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from codemix.data.documents import well_formed
from codemix.data.records.records import Unfit, Unreadable


def text(record: Mapping[str, Any], field: str) -> str:
    """The text of a field, well formed. Raises Unreadable where there is none, Unfit("empty") where it is blank."""
    found = optional_text(record, field)
    if found is None:
        raise Unreadable(f"'{field}' is {_absence(record, field)}, not text")
    if not found or found.isspace():
        raise Unfit("empty")
    return found


def optional_text(record: Mapping[str, Any], field: str) -> str | None:
    """The text of a field, well formed; None where it is missing or null. Raises Unreadable for anything else."""
    found = record.get(field)
    if found is None:
        return None
    if not isinstance(found, str):
        raise Unreadable(f"'{field}' is of type {type(found).__name__}, not text")
    return well_formed(found)


def name(record: Mapping[str, Any], field: str) -> str:
    """The text of a field that names something. Raises Unreadable where there is none or it is blank."""
    found = optional_text(record, field)
    if found is None or not found.strip():
        raise Unreadable(f"'{field}' is {_absence(record, field)}, not a name")
    return found


def optional_number(record: Mapping[str, Any], field: str) -> float | None:
    """The number in a field; None where it is missing or null. Raises Unreadable for anything else."""
    found = record.get(field)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Unreadable(f"'{field}' is of type {type(found).__name__}, not a number")
    return found


def texts(record: Mapping[str, Any], field: str) -> list[str]:
    """The texts of a field that holds a list of them, or one. Raises Unreadable for anything else."""
    found = record.get(field)
    if isinstance(found, str):
        return [well_formed(found)]
    if isinstance(found, list | tuple) and all(isinstance(item, str) for item in found):
        return [well_formed(item) for item in found]
    given = _absence(record, field) if found is None else f"of type {type(found).__name__}"
    raise Unreadable(f"'{field}' is {given}, not text or a list of texts")


def mapping(found: Any, field: str) -> Mapping[str, Any]:
    """A nested record. Raises Unreadable for anything else."""
    if not isinstance(found, Mapping):
        raise Unreadable(f"'{field}' is of type {type(found).__name__}, not an object")
    return found


def _absence(record: Mapping[str, Any], field: str) -> str:
    if field not in record:
        return "missing"
    return "null" if record[field] is None else "empty"


def site(url: str | None) -> str | None:
    """The host of a web address without its "www."; None where there is none."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # a bracket that opens no address
        return None
    return host.removeprefix("www.") if host else None


def provenance(**facts: str | float | None) -> dict[str, str]:
    """What is known of where a document is from, as `Document.provenance`: facts that are None are left out."""
    return {name: str(fact) for name, fact in facts.items() if fact is not None}
