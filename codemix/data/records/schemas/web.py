"""Pages of the web: C4, FineWeb-Edu, DCLM, and RedPajama's arXiv, which has addresses too. The cluster is the site."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from codemix.data.documents import Document, digest_identity
from codemix.data.records.records import Part, Unfit
from codemix.data.records.schemas import fields


@dataclasses.dataclass(frozen=True)
class C4:
    """C4's rows: text, timestamp, url (allenai/c4; TFDS' `c4`)."""

    fields: ClassVar[tuple[str, ...]] = ("text", "url", "timestamp?")
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        text, url = fields.text(record, "text"), fields.optional_text(record, "url")
        timestamp = fields.optional_text(record, "timestamp")
        return _page(text, None, url, "en", part, timestamp=timestamp)


@dataclasses.dataclass(frozen=True)
class FineWebEdu:
    """FineWeb-Edu's rows: text, id, url, dump, language, score, int_score (HuggingFaceFW/fineweb-edu).

    Attributes:
        minimum_score: pages whose `score`, an educational value of 0 to 5, is lower are dropped, and those without one
            where it is above 0. The dataset as published has those of at least 2.5, its `int_score` of 3.
    """

    minimum_score: float = 0.0

    fields: ClassVar[tuple[str, ...]] = ("text", "id?", "url?", "score?", "language?", "dump?")
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        text, url = fields.text(record, "text"), fields.optional_text(record, "url")
        identity, dump = fields.optional_text(record, "id"), fields.optional_text(record, "dump")
        language = fields.optional_text(record, "language") or "en"
        score = _at_least(record, "score", self.minimum_score)
        return _page(text, identity, url, language, part, score=score, dump=dump)


_DCLM_SCORE = "fasttext_openhermes_reddit_eli5_vs_rw_v2_bigram_200bpc_train_prob"


@dataclasses.dataclass(frozen=True)
class Dclm:
    """DCLM-baseline's rows: text, url and the probability that its fastText classifier gives to quality
    (mlfoundations/dclm-baseline-1.0-parquet).

    Attributes:
        minimum_score: pages with a lower probability are dropped, and those without one where it is above 0.
    """

    minimum_score: float = 0.0

    fields: ClassVar[tuple[str, ...]] = ("text", "url?", f"{_DCLM_SCORE}?")
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        text, url = fields.text(record, "text"), fields.optional_text(record, "url")
        return _page(text, None, url, "en", part, score=_at_least(record, _DCLM_SCORE, self.minimum_score))


@dataclasses.dataclass(frozen=True)
class RedPajamaArxiv:
    """RedPajama-1T's arXiv rows: text, meta {timestamp, yymm, arxiv_id, language, url}. A paper is a cluster."""

    fields: ClassVar[tuple[str, ...]] = ("text", "meta")
    version: ClassVar[int] = 1

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        text = fields.text(record, "text")
        meta = fields.mapping(record.get("meta"), "meta")
        paper = fields.optional_text(meta, "arxiv_id")
        identity = f"arxiv:{paper}" if paper else digest_identity(text)
        facts = fields.provenance(
            url=fields.optional_text(meta, "url"), timestamp=fields.optional_text(meta, "timestamp"), file=part.name
        )
        return Document(
            identity, text, fields.optional_text(meta, "language") or "en", identity, facts, part.subset or "ArXiv"
        )


def _page(
    text: str, identity: str | None, url: str | None, language: str, part: Part, **facts: str | float | None
) -> Document:
    identity = identity or digest_identity(text)
    cluster = fields.site(url) or identity
    return Document(identity, text, language, cluster, fields.provenance(url=url, file=part.name, **facts), part.subset)


def _at_least(record: Mapping[str, Any], field: str, minimum: float) -> float | None:
    score = fields.optional_number(record, field)
    if minimum > 0 and not (score is not None and score >= minimum):
        raise Unfit("score")
    return score
