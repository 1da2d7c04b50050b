"""Making the tokenizer of a corpora profile: training one, or copying the given file beside what it made."""

import shutil
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from rich.progress import Progress

from codemix.data.document_store import read_documents
from codemix.data.progress import track
from codemix.data.tokenizer import END_OF_DOCUMENT, TokenizerFile, TrainedTokenizer
from codemix.errors import UserError
from codemix.store.atomic import atomic_path


def train_tokenizer(
    spec: TrainedTokenizer,
    shares: Mapping[str, Fraction],
    documents: Mapping[str, Path],
    path: Path,
    progress: Progress | None = None,
) -> None:
    """Trains a byte-level BPE on training documents and writes it to `path`; the same documents give the same bytes.

    Args:
        spec: what to train.
        shares: task -> share of the budget.
        documents: task -> its document store.
        path: the `tokenizer.json` to be written.
        progress: shows how far it is, if given.

    Raises:
        UserError: the documents do not have that many tokens in them.
    """
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=spec.vocab_size,
        special_tokens=[END_OF_DOCUMENT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    advance = track(progress, "train tokenizer", total=spec.budget_bytes)

    def texts() -> Iterator[str]:
        for task, share in shares.items():
            left = int(share * spec.budget_bytes)
            for document in read_documents(documents[task], "train"):
                yield document.text
                size = len(document.text.encode())
                advance(size)
                left -= size
                if left <= 0:
                    break

    tokenizer.train_from_iterator(texts(), trainer)
    if tokenizer.get_vocab_size() < spec.vocab_size:
        raise UserError(
            f"TrainedTokenizer.vocab_size is {spec.vocab_size}, but the documents of its mixture give only "
            f"{tokenizer.get_vocab_size()} tokens; make it smaller, or raise TrainedTokenizer.budget_bytes."
        )
    with atomic_path(path) as temporary:
        tokenizer.save(str(temporary), pretty=False)


def copy_tokenizer(spec: TokenizerFile, path: Path) -> None:
    with atomic_path(path) as temporary:
        shutil.copyfile(spec.path, temporary)
