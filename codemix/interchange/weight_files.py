"""Weights in safetensors files: one, or several with an index, as Hugging Face's libraries write and read them."""

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np

from codemix.errors import UserError
from codemix.store.atomic import read_json, write_json

Dtype = Literal["float32", "bfloat16"]
SHARD_BYTES = 2_000_000_000

_ONE_FILE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_FLOATS = ("F32", "BF16", "F16", "F64")


def write_weights(
    folder: Path,
    shapes: Mapping[str, tuple[int, ...]],
    weight_of: Callable[[str], np.ndarray],
    dtype: Dtype,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Writes weights, a file at a time: no more than one file's are in memory.

    Args:
        folder: is there, and has no weights.
        shapes: of every weight, in the order in which they are written.
        weight_of: gives the weight of a name.
        dtype: of the files.
        shard_bytes: of the largest file; a weight that is larger has one of its own.
    """
    from huggingface_hub import split_state_dict_into_shards_factory
    from safetensors.numpy import save_file

    size = np.dtype(jnp.dtype(dtype)).itemsize
    split = split_state_dict_into_shards_factory(
        dict(shapes),
        get_storage_size=lambda shape: size * math.prod(shape),
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=shard_bytes,
    )
    for file, names in split.filename_to_tensors.items():
        weights = {name: weight_of(name).astype(jnp.dtype(dtype), copy=False) for name in names}
        save_file(weights, folder / file, {"format": "pt"})
        (folder / file).chmod(0o666 & ~_umask())  # the library gives its files to their owner alone
    if split.is_sharded:
        write_json(folder / _INDEX, {"metadata": split.metadata, "weight_map": split.tensor_to_filename})


def _umask() -> int:
    """The process's; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


class WeightFiles:
    """The weights of a folder, read one by one.

    Attributes:
        shapes: of every weight, by name.
    """

    def __init__(self, folder: Path):
        """Raises UserError where the folder has no safetensors files, or they are not whole."""
        from safetensors import SafetensorError, safe_open

        if (folder / _INDEX).exists():
            names = sorted(set(read_json(folder / _INDEX)["weight_map"].values()))
        elif (folder / _ONE_FILE).exists():
            names = [_ONE_FILE]
        else:
            raise UserError(
                f"{folder}: there is neither {_ONE_FILE} nor {_INDEX}; save the model with safetensors files."
            )
        self._files: dict[str, Any] = {}
        for name in names:
            try:
                file = safe_open(folder / name, framework="np")
            except (OSError, SafetensorError) as error:
                raise UserError(f"{folder / name}: the file is damaged or missing ({error}); copy it again.") from None
            self._files |= dict.fromkeys(file.keys(), file)
        self.shapes = {name: tuple(self._slice(name).get_shape()) for name in self._files}
        for name in self._files:
            if self._slice(name).get_dtype() not in _FLOATS:
                raise UserError(
                    f"{folder}: {name} is {self._slice(name).get_dtype()}, and weights are one of "
                    f"{', '.join(_FLOATS)}; save the model in one of them."
                )

    def read(self, name: str) -> np.ndarray:
        """One weight, as it is in its file."""
        return self._files[name].get_tensor(name)

    def _slice(self, name: str) -> Any:
        return self._files[name].get_slice(name)
