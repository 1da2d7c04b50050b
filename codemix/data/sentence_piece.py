"""SentencePiece models."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import sentencepiece

from codemix.data.documents import well_formed
from codemix.data.tokenizer import Tokenizer, file_digest, find_end
from codemix.errors import UserError


class SentencePieceTokenizer(Tokenizer):
    """A `.model`. What comes back is the text as the model normalises it, which is the model's own choice."""

    def __init__(self, path: Path, eos: str | None):
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (RuntimeError, OSError) as error:
            raise UserError(
                f"{path}: this is not a SentencePiece model ({error}); give one in TokenizerFile.path."
            ) from None
        processor = self._processor
        control = {
            processor.id_to_piece(number): number
            for number in range(processor.get_piece_size())
            if processor.is_control(number)
        }
        if eos is None and processor.eos_id() >= 0:
            eos = processor.id_to_piece(processor.eos_id())
        self.vocab_size = processor.get_piece_size()
        self.eos = find_end(path, control, eos)
        self.fingerprint = file_digest(path)

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        # Control symbols are never matched in text.
        batch = self._processor.encode([well_formed(text) for text in texts], num_threads=1)
        return [np.array(ids, dtype=np.uint32) for ids in batch]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return self._processor.decode([int(number) for number in ids])
