"""lm-evaluation-harness on codemix's models: its definitions, prompts and rules; our files, batches and items."""

import sys


def _requests_without_chardet() -> None:
    """Half of what importing the harness takes is chardet, by which `requests` guesses encodings where it is there; it
    does as well with charset_normalizer, which comes with it."""
    if "chardet" not in sys.modules:
        sys.modules["chardet"] = None  # type: ignore[assignment]  # what makes its import fail
        try:
            import requests  # noqa: F401
        finally:
            del sys.modules["chardet"]


_requests_without_chardet()
