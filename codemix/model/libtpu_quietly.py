"""libtpu where there is no TPU: imported before JAX looks for devices, it keeps libtpu from asking after a pod.

Without this libtpu complains on standard error of whatever it is not told, and lets one process at a time load it.
"""

import os

import jax  # noqa: F401  (looks for chips when it is imported, and sets this where it finds none)

if os.environ.get("TPU_SKIP_MDS_QUERY") == "1":
    for _name, _value in (
        ("TPU_ACCELERATOR_TYPE", "v5litepod-1"),  # any: nothing runs on it
        ("TPU_WORKER_HOSTNAMES", "localhost"),
        ("ALLOW_MULTIPLE_LIBTPU_LOAD", "1"),
    ):
        os.environ.setdefault(_name, _value)
