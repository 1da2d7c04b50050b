"""Folders of `CohereForCausalLM`, as transformers saves and loads them: whole or absent, written and read in parts."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from codemix.errors import UserError
from codemix.interchange.cohere import cohere_config, from_cohere, model_of, to_cohere, weights_of
from codemix.interchange.tokenizer_files import write_tokenizer
from codemix.interchange.weight_files import SHARD_BYTES, Dtype, WeightFiles, write_weights
from codemix.model.config import Model
from codemix.store.atomic import read_json, write_json, write_text

CONFIG = "config.json"
_TIED = "lm_head.weight"  # some writers save the output matrix, which is the embedding


def write_folder(
    folder: Path,
    model: Model,
    parameters: Mapping[str, jax.Array | np.ndarray],
    vocab_size: int,
    eos: int,
    tokenizer: Path,
    texts: Mapping[str, str],
    dtype: Dtype = "float32",
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Writes a model, its tokenizer and what is said of it.

    Args:
        folder: absent or empty. It has its name once everything is in it.
        model: the shape.
        parameters: ours, by dotted names, on any devices; those of the blocks begin with an axis of layers.
        vocab_size: tokens that the tokenizer has; what the embedding has beyond them is left out.
        eos: the id that ends a document.
        tokenizer: its file.
        texts: further files, by name.
        dtype: of the weights.
        shard_bytes: of the largest file.

    Raises:
        UserError: the folder has something in it.
    """
    with _whole(folder) as partial:
        write_json(partial / CONFIG, cohere_config(model, vocab_size, eos, dtype))
        ends = {"bos_token_id": eos, "eos_token_id": eos, "pad_token_id": eos}
        write_json(partial / "generation_config.json", ends)
        write_tokenizer(tokenizer, eos, model.context, partial)
        for name, text in texts.items():
            write_text(partial / name, text)
        weights = {weight.name: weight for weight in weights_of(model, vocab_size)}
        write_weights(
            partial,
            {name: weight.shape for name, weight in weights.items()},
            lambda name: to_cohere(weights[name], parameters[weights[name].parameter]),
            dtype,
            shard_bytes,
        )


class PretrainedFolder:
    """A model in a folder, whose weights are read one parameter at a time.

    Attributes:
        model: its shape.
        vocab_size: entries of its embedding.
    """

    def __init__(self, folder: Path):
        """Raises UserError where the folder is missing something, or has another architecture."""
        config = folder / CONFIG
        if not config.is_file():
            raise UserError(f"{config}: the file is missing; give a folder that transformers' save_pretrained wrote.")
        try:
            content: dict[str, Any] = read_json(config)
        except ValueError as error:
            raise UserError(f"{config}: this is not JSON ({error}); copy the file again.") from None
        self.model = model_of(content, str(config))
        self._weights = WeightFiles(folder)
        shapes = self._weights.shapes
        self.vocab_size: int = content.get("vocab_size", 0)
        wanted = {weight.name: weight.shape for weight in weights_of(self.model, self.vocab_size)}
        for name, shape in wanted.items():
            if shapes.get(name) != shape:
                found = f"has the shape {shapes[name]}" if name in shapes else "is missing"
                raise UserError(f"{folder}: {name} {found}, and {CONFIG} says {shape}; copy the folder again.")
        if others := sorted(shapes.keys() - wanted.keys() - {_TIED}):
            raise UserError(f"{folder}: the model has {others[0]}, and codemix's have not; give another model.")

    def parameter(self, name: str, vocab_size: int) -> np.ndarray:
        """One parameter of ours, by its dotted name, float32; of the embedding the first `vocab_size` entries."""
        return from_cohere(self.model, name, vocab_size, self._weights.read)


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder beside it, which takes its name when the block ends well."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UserError(f"{folder}: there is something already; give a folder that is absent or empty.")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a writer that was killed
    partial.mkdir(parents=True)
    try:
        yield partial
        for path in partial.iterdir():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
