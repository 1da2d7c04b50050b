"""Items from the Hugging Face hub, without waiting where there is none."""

import functools
import os
import socket
from typing import Any
from urllib.parse import urlsplit

from codemix.evaluation.harness.missing import DataMissing

_SECONDS = 5.0


def hub_splits(config: dict[str, Any]) -> Any:
    """The splits of a definition's data set, from the hub or from what was downloaded before.

    Raises:
        DataMissing: it is in neither.
    """
    import datasets

    if not _reachable():
        _stay_offline()
    name = "/".join(filter(None, (config["dataset_path"], config.get("dataset_name"))))
    kwargs = {key: value for key, value in (config.get("dataset_kwargs") or {}).items() if key != "trust_remote_code"}
    try:
        return datasets.load_dataset(config["dataset_path"], config.get("dataset_name"), **kwargs)
    except Exception as error:  # the hub, its cache and a repository's files fail in many ways: each is a reason
        why = f"{type(error).__name__}: {error}".split("\n")[0]
        raise DataMissing(
            f"{name} is not in the local cache, and the hub is not reached; name its files in Suite.files"
            if not _reachable()
            else f"{name} could not be had from the hub ({why}); name its files in Suite.files"
        ) from error


@functools.cache
def _reachable() -> bool:
    """Whether the hub answers; found out once, within seconds."""
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    at = urlsplit(proxy or os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    try:
        with socket.create_connection((at.hostname, at.port or (443 if at.scheme == "https" else 80)), _SECONDS):
            return True
    except OSError:
        return False


def _stay_offline() -> None:
    """What the hub's libraries read at their import, and again here, since they are imported already."""
    import datasets
    import huggingface_hub

    datasets.config.HF_HUB_OFFLINE = True
    huggingface_hub.constants.HF_HUB_OFFLINE = True
