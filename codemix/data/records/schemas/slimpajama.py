"""SlimPajama-627B: `{"text", "meta": {"redpajama_set_name"}}` (the dataset card of cerebras/SlimPajama-627B)."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from codemix.data.documents import Document, digest_identity
from codemix.data.records.records import Part, Unreadable
from codemix.data.records.schemas import fields


@dataclasses.dataclass(frozen=True)
class SlimPajama:
    """One document a row; its subset is CommonCrawl, C4, Github, Book, ArXiv, Wikipedia or StackExchange.

    "To Code, or Not To Code?" (arXiv 2408.10914 §2.1) drops Github and StackExchange for its text and takes
    StackExchange for its code-adjacent data: `Records.subsets` says so. Rows have no identity of their own; equal texts
    are held out together. In re-exports to Parquet `meta` may be a JSON string.
    """

    fields: ClassVar[tuple[str, ...]] = ("text", "meta")
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        text = fields.text(record, "text")
        name = _set_name(record.get("meta"))
        identity = digest_identity(text)
        facts = fields.provenance(set=name, file=part.name)
        return Document(identity, text, "en", identity, facts, name.removeprefix("RedPajama"))


def _set_name(meta: Any) -> str:
    if isinstance(meta, str):
        try:
            meta = json.loads(meta)
        except (ValueError, RecursionError):
            raise Unreadable("'meta' is text, but not a JSON object") from None
    name = fields.optional_text(fields.mapping(meta, "meta"), "redpajama_set_name")
    if not name:
        raise Unreadable("'meta' has no 'redpajama_set_name'")
    return name
