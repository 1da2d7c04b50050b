"""Sources that are made from another one's documents: its comments alone, its structure alone.

They are the controls of the literature's open question, whether it is the structure of code or the natural language in
it that helps (arXiv 2605.19762).
"""

from codemix.data.derived.sources import comments_only, scrambled

__all__ = ["comments_only", "scrambled"]
