"""Which documents are never trained on."""

import hashlib


def is_held_out(identity: str, share: float) -> bool:
    """Whether the document is never trained on: by a hash of its identity alone, so that the same file is held out of
    every source that has it."""
    digest = hashlib.sha256(f"heldout:{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2.0**64
