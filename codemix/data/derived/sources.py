"""Derived sources, each declared by the source that it is made from."""

from codemix.data.derived.readers import CommentsOnly, DerivedReader, Scrambled
from codemix.data.source import Source


def comments_only(source: Source, budget_bytes: int | None = None, expected_tokens: int | None = None) -> Source:
    """The source <name>_comments: the comments and docstrings of the documents that `source` keeps, as text.

    Args:
        source: code. Its filters, and its share of held-out documents, hold here too, so that what is held out there
            is held out here.
        budget_bytes: documents are taken until their comments reach this; None takes all.
        expected_tokens: as `Source.expected_tokens`.
    """
    return _derived(source, "comments", CommentsOnly(source), budget_bytes, expected_tokens)


def scrambled(source: Source, budget_bytes: int | None = None, expected_tokens: int | None = None) -> Source:
    """The source <name>_scrambled: the documents that `source` keeps, without comments, and with meaningless names.

    What stays and what becomes of the rest is told in `codemix.data.derived.scrambling`; arguments as `comments_only`.
    """
    return _derived(source, "scrambled", Scrambled(source), budget_bytes, expected_tokens)


def _derived(
    source: Source, suffix: str, reader: DerivedReader, budget_bytes: int | None, expected_tokens: int | None
) -> Source:
    return Source(
        name=f"{source.name}_{suffix}",
        family=source.family,
        reader=reader,
        budget_bytes=budget_bytes,
        heldout_share=source.heldout_share,
        bad_share=source.bad_share,
        expected_tokens=expected_tokens,
    )
