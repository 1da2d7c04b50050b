"""For whoever uses SeqIO without the rest: importing this module registers the prepared tasks of a corpora profile.

    CODEMIX_CORPORA=gin/corpora/local.gin python -c "
    import codemix.seqio_tasks, seqio
    print(seqio.get_mixture_or_task('text').get_dataset(None, 'train'))"

CODEMIX_CORPORA names the profile's gin file, or a study's; CODEMIX_DATA, or CODEMIX_HOME, says where it was prepared.
It is no part of `codemix.data`, which training imports and which must not load TensorFlow.
"""

import os
from pathlib import Path

from codemix.data.corpora import Corpora
from codemix.data.document_store import is_complete
from codemix.data.tasks import register
from codemix.errors import UserError
from codemix.store.paths import open_folder
from codemix.study.gin_files import load_corpora


def _is_prepared(corpora: Corpora, task: str, home: Path) -> bool:
    try:
        return is_complete(corpora.store_path(home, task))
    except UserError:  # the records of a source that nobody has asked for need not be there
        return False


def _register_prepared() -> None:
    file = os.environ.get("CODEMIX_CORPORA")
    if not file:
        raise UserError("CODEMIX_CORPORA is not set; name the gin file of a corpora profile, gin/corpora/local.gin.")
    home = open_folder(os.environ.get("CODEMIX_DATA") or os.environ.get("CODEMIX_HOME") or ".codemix")
    corpora = load_corpora(Path(file))
    prepared = tuple(task for task in corpora.tasks if _is_prepared(corpora, task, home))
    if not prepared:
        raise UserError(f"{home}: no task of {file} is prepared there; run `codemix prepare` on a study of it.")
    register(corpora, home, prepared)


_register_prepared()
