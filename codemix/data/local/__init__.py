"""The `local` profile: real documents that every Python machine has, harvested from the running environment."""

from codemix.data.local.code import LocalCode
from codemix.data.local.markup import LocalMarkup
from codemix.data.local.prose import LocalProse

__all__ = ["LocalCode", "LocalMarkup", "LocalProse"]
