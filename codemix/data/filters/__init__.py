"""Filters: small, named reasons to drop a document."""

from codemix.data.filters.comments import CommentShare
from codemix.data.filters.filter import Filter
from codemix.data.filters.issues import IssueSize
from codemix.data.filters.languages import ExceptFor, OnlyFor
from codemix.data.filters.plain import HandWritten, LetterShare, LineLength, RepeatedLines, SizeBetween
from codemix.data.filters.starcoder import AlphabeticShare, AlphanumericShare, CharactersBetween, NoXml, VisibleText
from codemix.data.filters.web_code import FewFloats, NoDomainList, NotGenerated, Without

__all__ = [
    "AlphabeticShare",
    "AlphanumericShare",
    "CharactersBetween",
    "CommentShare",
    "ExceptFor",
    "FewFloats",
    "Filter",
    "HandWritten",
    "IssueSize",
    "LetterShare",
    "LineLength",
    "NoDomainList",
    "NoXml",
    "NotGenerated",
    "OnlyFor",
    "RepeatedLines",
    "SizeBetween",
    "VisibleText",
    "Without",
]
