"""A home with two token stores and their tokenizer, small enough to be read by eye."""

from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from codemix.data.tokenizer import END_OF_DOCUMENT
from codemix.data.tokenizer_loading import load_tokenizer
from codemix.model.config import Model
from codemix.store.token_store import token_dtype, write_manifest, write_shard

MODEL = Model(layers=3, width=16, heads=4, feed_forward=24, context=16, kv_heads=2, loss_chunk=8)
DOCUMENTS = {
    "text": ["a cat sat", "it was fat and it sat on a mat that was flat", "so", "where?"],
    "web_code": ["def f(x):\n    return x", "x = 1", "for i in range(3):\n    print(i)"],
}


def write_home(home: Path) -> Path:
    """Writes tokenizers/small/tokenizer.json (bytes, a few merges) and tokens/{text, web_code}."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("a", "t"), ("d", "e"), ("de", "f")]
    vocabulary = {piece: number for number, piece in enumerate([*alphabet, *("".join(pair) for pair in merges)])}
    tokenizer = tokenizers.Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([tokenizers.AddedToken(END_OF_DOCUMENT, special=True)])
    path = home / "tokenizers" / "small" / "tokenizer.json"
    path.parent.mkdir(parents=True)
    tokenizer.save(str(path))
    loaded = load_tokenizer(path)
    for source, texts in DOCUMENTS.items():
        ids = [np.asarray(found, dtype=np.int64) for found in loaded.encode_batch(texts)]
        rows = [
            {"document": f"{source}/{number}", "cluster": "c", "language": "en", "bytes": len(text.encode())}
            for number, text in enumerate(texts)
        ]
        dtype = token_dtype(loaded.vocab_size)
        store = home / "tokens" / source
        shards = {s: [write_shard(store / s, "00000", rows, ids, dtype, loaded.eos)] for s in ("train", "heldout")}
        facts = {"path": "tokenizers/small/tokenizer.json", "fingerprint": loaded.fingerprint}
        write_manifest(
            store, shards, task=source, eos=loaded.eos, vocab_size=loaded.vocab_size, tokenizer=facts, languages=["en"]
        )
    return home
