"""Opens a tokenizer's file with the class that reads its kind."""

from pathlib import Path

from codemix.data import byte_pair, sentence_piece
from codemix.data.tokenizer import Tokenizer
from codemix.store.paths import local_copy


def load_tokenizer(path: Path, eos: str | None = None) -> Tokenizer:
    """Opens a tokenizer's file.

    Args:
        path: a `tokenizer.json` or a SentencePiece `.model`.
        eos: the end-of-document token; by default the first known name that the file has.

    Raises:
        UserError: the file is neither, or has no end-of-document token.
    """
    path = local_copy(path)
    if path.suffix == ".model":
        return sentence_piece.SentencePieceTokenizer(path, eos)
    return byte_pair.load(path, eos)
