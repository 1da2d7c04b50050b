"""A small model with a tokenizer of its own, whose tokens span words."""

from pathlib import Path

import jax.numpy as jnp
import tokenizers
from flax import nnx
from tokenizers import decoders, models, pre_tokenizers, trainers

from codemix.data.tokenizer import END_OF_DOCUMENT
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.evaluation.model import ScoredModel
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

CONFIG = Model(layers=2, width=32, heads=2, feed_forward=48, context=96, loss_chunk=32)
TEXTS = (
    "The river is wide; the garden is small. Größe und Länge, 12,345 ✓ \n\n",
    "of the of the in the in the a b ab abc",
)


def write_tokenizer(path: Path) -> None:
    """Byte-level BPE that joins whatever is frequent, spaces and letters alike."""
    byte_pairs = tokenizers.Tokenizer(models.BPE())
    byte_pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    byte_pairs.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=[END_OF_DOCUMENT], initial_alphabet=alphabet, show_progress=False
    )
    byte_pairs.train_from_iterator(TEXTS * 3, trainer)
    byte_pairs.save(str(path))


def small_model(folder: Path, name: str = "small", seed: int = 4) -> ScoredModel:
    """The model, and its tokenizer's file in the folder."""
    path = folder / "tokenizer.json"
    write_tokenizer(path)
    tokenizer = load_tokenizer(path)
    make = nnx.jit(lambda: Transformer(CONFIG, tokenizer.vocab_size, tokenizer.eos, jnp.float32, nnx.Rngs(seed)))
    graph, params = nnx.split(make())
    params["embedding_VxD"] = params["embedding_VxD"].replace(params["embedding_VxD"][...] * 4)  # surer of itself
    return ScoredModel(graph, params, make_mesh({"data": 1}), tokenizer, name)
