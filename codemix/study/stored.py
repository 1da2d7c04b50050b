"""The token stores that a study needs, or that a folder has: those that are there, and those that are not."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from codemix.data.inventory import StoredDocument, finished_stores, sample_documents
from codemix.errors import UserError
from codemix.store.token_store import TokenStore, is_complete
from codemix.study.plan import Plan


@dataclasses.dataclass(frozen=True)
class Stored:
    """Token stores below one folder.

    Attributes:
        where: the folder, and the study if it is about one; for messages.
        stores: those that can be read, by name.
        missing: task -> key of those that are needed and not there.
        unreadable: a sentence for each of those that are there and cannot be read.
        eos: the name of the end-of-document token, where the study's tokenizer gives one.
    """

    where: str
    stores: tuple[TokenStore, ...]
    missing: dict[str, str] = dataclasses.field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    eos: str | None = None

    def store(self, task: str) -> TokenStore:
        """The one store of a task, or of a folder's name. Raises UserError where there is none, or several."""
        if task in self.missing:
            raise UserError(f"--task {task}: its store is not there; run `codemix prepare` on the study first.")
        found = [store for store in self.stores if task in (store.manifest["task"], store.path.name)]
        if len(found) > 1:
            names = ", ".join(store.path.name for store in found)
            raise UserError(f"--task {task}: {self.where} has several ({names}); give one of these, or the STUDY.")
        if not found:
            tasks = dict.fromkeys([*(store.manifest["task"] for store in self.stores), *self.missing])
            known = f"there are {', '.join(tasks)}" if tasks else "there is none"
            raise UserError(f"--task {task}: {self.where} has no token store of that task; {known}.")
        return found[0]

    def documents(self, task: str, split: str, count: int, language: str | None = None) -> list[StoredDocument]:
        """Documents of a task as text, `count` at most. Raises UserError where there are none."""
        store = self.store(task)
        documents = list(sample_documents(store, split, count, language, self.eos))
        if not documents:
            languages = ", ".join(store.manifest["languages"])
            of = f" in {language!r}; the task has {languages}" if language else ""
            raise UserError(f"--task {task}: there is no document to show in its {split} split{of}.")
        return documents


def stores_in(data: Path) -> Stored:
    """All that are in a folder or a bucket."""
    stores, unreadable = _opened(finished_stores(data))
    return Stored(str(data), stores, unreadable=unreadable)


def stores_of(plan: Plan) -> Stored:
    """Those that a study needs."""
    there = [path for path in plan.stores.values() if is_complete(path)]
    corpora = plan.study.corpora
    missing = {task: corpora.store_key(task) for task, path in plan.stores.items() if path not in there}
    stores, unreadable = _opened(there)
    return Stored(f"study '{plan.study.name}'", stores, missing, unreadable, corpora.tokenizer_eos())


def _opened(paths: Iterable[Path]) -> tuple[tuple[TokenStore, ...], tuple[str, ...]]:
    stores: list[TokenStore] = []
    unreadable: list[str] = []
    for path in paths:
        try:
            stores.append(TokenStore(path))
        except UserError as error:
            unreadable.append(str(error))
    return tuple(stores), tuple(unreadable)
