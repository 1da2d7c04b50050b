"""A benchmark whose items cannot be had."""

from codemix.errors import UserError


class DataMissing(UserError):
    """The items of a benchmark are not there; the message says which, and why. The benchmark is skipped."""
