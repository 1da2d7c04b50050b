"""A tokenizer as transformers' AutoTokenizer reads it: the same ids, and the end of document before each text.

A document begins after the end of the one before it, and that token is what its first one is predicted from. The
written tokenizer puts it before every text (`add_special_tokens=False` leaves it out) as its `bos_token`, which is also
what generation from nothing begins with. Text that spells a special token stays text, as in training.

SentencePiece models go along as they are: Hugging Face's libraries split some texts otherwise than they do.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from codemix.errors import UserError
from codemix.store.atomic import write_json

TOKENIZER_FILE = "tokenizer.json"
SENTENCE_PIECE_FILE = "sentencepiece.model"
_CONFIG = "tokenizer_config.json"
_SAYS_WHAT_IDS_ARE = ("added_tokens", "normalizer", "pre_tokenizer", "model")


def write_tokenizer(path: Path, eos: int, context: int, folder: Path) -> None:
    """Writes a tokenizer's files into a folder.

    Args:
        path: a `tokenizer.json`, or a SentencePiece `.model`.
        eos: the id that ends a document.
        context: tokens that the model reads.
        folder: is there.
    """
    if path.suffix == ".model":
        shutil.copyfile(path, folder / SENTENCE_PIECE_FILE)
        write_json(folder / _CONFIG, {"tokenizer_class": "SentencePieceProcessor"})  # AutoTokenizer refuses it
        return
    import tokenizers
    from tokenizers import processors

    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    end = tokenizer.id_to_token(eos)
    assert end is not None  # it was found in this very file
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[end, "$A"], pair=[end, "$A", end, "$B"], special_tokens=[(end, eos)]
    )
    tokenizer.save(str(folder / TOKENIZER_FILE))
    write_json(folder / _CONFIG, _config(end, context))


def check_tokenizer(path: Path, folder: Path) -> None:
    """Raises UserError where a folder's tokenizer gives other ids than the file `path`."""
    theirs = folder / (SENTENCE_PIECE_FILE if path.suffix == ".model" else TOKENIZER_FILE)
    if not theirs.is_file():
        raise UserError(
            f"{folder}: {theirs.name} is missing, by which ids are compared with the study's; copy it there."
        )
    if _meaning(path) != _meaning(theirs):
        raise UserError(
            f"{theirs}: the model was trained with another tokenizer than the study's ({path}); give the study this "
            f"one (Corpora.tokenizer = @TokenizerFile(), TokenizerFile.path = '{theirs}')."
        )


def _meaning(path: Path) -> Any:
    """What of a tokenizer's file says which ids a text has."""
    if path.suffix == ".model":
        return path.read_bytes()
    import tokenizers

    content = json.loads(tokenizers.Tokenizer.from_file(str(path)).to_str())
    return {field: content[field] for field in _SAYS_WHAT_IDS_ARE}


def _config(end: str, context: int) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": end,
        "eos_token": end,
        "pad_token": end,
        "padding_side": "left",
        "split_special_tokens": True,
        "clean_up_tokenization_spaces": False,
        "model_max_length": context,
        "model_input_names": ["input_ids", "attention_mask"],
    }
