"""Compares token stores with the SeqIO tasks of the same names."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.progress import Progress

from codemix.data.corpora import Corpora
from codemix.data.progress import track
from codemix.data.tasks import FEATURE, register, seqio
from codemix.errors import UserError
from codemix.store.token_store import SPLITS, TokenStore


def check_stores(corpora: Corpora, tasks: Iterable[str], home: Path, progress: Progress | None = None) -> int:
    """Reads every task through SeqIO and through its token store, token by token.

    Returns:
        The number of tokens compared.

    Raises:
        UserError: a store that is not what its task yields.
    """
    register(corpora, home, tuple(tasks))
    compared = 0
    for task in tasks:
        store = TokenStore(corpora.store_path(home, task))
        advance = track(progress, f"check {task}", total=sum(store.count(split, "tokens") for split in SPLITS))
        for split in SPLITS:
            stored, position = store.sequence(split), 0
            dataset = seqio.get_mixture_or_task(task).get_dataset(None, split, shuffle=False)
            for example in dataset.as_numpy_iterator():
                ids = example[FEATURE]
                end = min(position + len(ids), len(stored))
                if not np.array_equal(stored.read(position, end), ids):
                    raise UserError(
                        f"{store.path}: from token {position:,} of '{split}' on it is not what the SeqIO task '{task}' "
                        "yields; remove the folder and run `codemix prepare` again."
                    )
                position = end
                advance(len(ids))
            if position != len(stored):
                raise UserError(
                    f"{store.path}: '{split}' has {len(stored):,} tokens, the SeqIO task '{task}' yields {position:,}; "
                    "remove the folder and run `codemix prepare` again."
                )
            compared += position
    return compared
