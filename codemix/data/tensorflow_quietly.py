"""The one place that imports TensorFlow and SeqIO: without their chatter, and without taking an accelerator."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def _native_silence() -> Iterator[None]:
    """Discards what native code writes to standard error: the libraries log before their log levels are read."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # says so at length when it is on
with _native_silence():
    import seqio
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")  # they belong to the training

__all__ = ["seqio", "tf"]
