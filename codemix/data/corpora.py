"""Corpora: a profile of sources, the named mixtures over them, and the one tokenizer they share."""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from codemix.data import collect
from codemix.data.audit.config import Audit
from codemix.data.derived.readers import DerivedReader
from codemix.data.near_duplicates.config import NearDuplicates
from codemix.data.source import Source
from codemix.data.tokenizer import TokenizerFile, TrainedTokenizer
from codemix.errors import UserError
from codemix.mixing.weights import Weights, resolve
from codemix.store.fingerprint import fingerprint
from codemix.store.token_store import FORMAT

# Raised when the same documents and the same tokenizer would give another store.
_TOKENS_VERSION = 1
_END_RULE = "every document is followed by the end of document"


@dataclasses.dataclass(frozen=True)
class Corpora:
    """Where every task's tokens come from. All keys are known before anything is prepared.

    Attributes:
        name: of the profile.
        sources: the corpora; each one's name is its task's.
        mixtures: name -> weights over tasks and further mixtures.
        tokenizer: trained on the sources, or a file.
        near_duplicates: what is compared with what, and left out where it is too alike; by default nothing.
        audit: the benchmarks that are looked for in the documents, and which sources leave out what has them.
    """

    name: str
    sources: tuple[Source, ...]
    mixtures: Mapping[str, Weights] = dataclasses.field(default_factory=dict)
    tokenizer: TrainedTokenizer | TokenizerFile = dataclasses.field(default_factory=TrainedTokenizer)
    near_duplicates: NearDuplicates | None = None
    audit: Audit | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", tuple(self.sources))
        tasks = [source.name for source in self.sources]
        if not tasks:
            raise UserError(f"Corpora '{self.name}': sources is empty; give at least one Source.")
        for name in tasks:
            if tasks.count(name) > 1:
                raise UserError(f"Corpora '{self.name}': sources has two named '{name}'; rename one of them.")
            if name in self.mixtures:
                raise UserError(f"Corpora '{self.name}': '{name}' is a source and a mixture; rename one of them.")
        for name, weights in self.mixtures.items():
            self.resolve(weights, f"Corpora '{self.name}', mixture '{name}'")
        if isinstance(self.tokenizer, TrainedTokenizer):
            self.tokenizer_shares()
        named = {"NearDuplicates.sources": self.near_duplicates.sources if self.near_duplicates else ()}
        named["Audit.drop_from"] = tuple(self.audit.drop_from) if self.audit else ()
        for field, names in named.items():
            for name in names:
                if name not in tasks:
                    raise UserError(f"{field} names '{name}'; Corpora '{self.name}' has {', '.join(tasks)}.")

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(source.name for source in self.sources)

    def source(self, name: str) -> Source:
        """The source of a task. Raises UserError for an unknown one."""
        for source in self.sources:
            if source.name == name:
                return source
        raise UserError(f"Corpora '{self.name}': there is no task '{name}'; there are {', '.join(self.tasks)}.")

    def resolve(self, weights: Weights, where: str) -> dict[str, Fraction]:
        """Weights over tasks and mixtures as exact shares over tasks; see `codemix.mixing.weights.resolve`."""
        return resolve(weights, self.mixtures, set(self.tasks), where)

    def tokenizer_shares(self) -> dict[str, Fraction]:
        """task -> share of the bytes that the tokenizer is trained on; empty for a given file."""
        if isinstance(self.tokenizer, TokenizerFile):
            return {}
        return self.resolve(self.tokenizer.mixture, f"Corpora '{self.name}', TrainedTokenizer.mixture")

    def tokenizer_path(self, home: Path) -> Path:
        """Where the tokenizer's file is, or will be."""
        return home / "tokenizers" / self._tokenizer_key() / self.tokenizer.file_name

    def tokenizer_eos(self) -> str | None:
        """The name of the end-of-document token, where the profile gives one."""
        return self.tokenizer.eos if isinstance(self.tokenizer, TokenizerFile) else None

    def documents_path(self, home: Path, task: str) -> Path:
        """Where the task's document store is, or will be."""
        return collect.store_path(self.source(task), home)

    def compared_with(self, task: str) -> tuple[str, ...]:
        """The sources whose documents win over near-duplicates among the task's; the task itself is the last. What
        comes after it in the order does not touch it, so that a source's tokens do not depend on later ones."""
        ordered = self.near_duplicates.sources if self.near_duplicates else ()
        return tuple(ordered[: ordered.index(task) + 1]) if task in ordered else ()

    def original_of(self, task: str) -> str | None:
        """The task whose left-out documents a derived task leaves out, too; None for a task that is not derived, or
        whose original leaves out nothing or is not in the profile."""
        reader = self.source(task).reader
        if not isinstance(reader, DerivedReader) or reader.of not in self.sources:
            return None
        return reader.of.name if self._exclusions_key(reader.of.name) else None

    def judged_with(self, task: str) -> set[str]:
        """The tasks whose documents must be there before it can be said what the task leaves out."""
        original = self.original_of(task)
        return {*self.compared_with(task), *((original, *self.compared_with(original)) if original else ())}

    def exclusions_path(self, home: Path, task: str) -> Path | None:
        """Where it is, or will be, said which of the task's documents are left out; None where all are taken."""
        key = self._exclusions_key(task)
        return None if key is None else home / "exclusions" / f"{task}-{key}"

    def _exclusions_key(self, task: str) -> str | None:
        compared = self.compared_with(task)
        duplicates = None
        if self.near_duplicates and compared:
            spec = dataclasses.replace(self.near_duplicates, sources=compared)
            duplicates = [spec.key(), [self.source(source).key() for source in compared]]
        audited = self.audit.key() if self.audit and task in self.audit.drop_from else None
        own = fingerprint([duplicates, audited]) if duplicates or audited else None
        original = self.original_of(task)
        return fingerprint([own, self.source(original).key(), self._exclusions_key(original)]) if original else own

    def store_key(self, task: str) -> str:
        """The key of the task's token store: of its documents, the tokenizer, and the form they are stored in."""
        parts = [self.source(task).key(), self._tokenizer_key(), FORMAT, _END_RULE, _TOKENS_VERSION]
        return fingerprint([*parts, self._exclusions_key(task)])

    def store_path(self, home: Path, task: str) -> Path:
        """Where the task's token store is, or will be."""
        return home / "tokens" / f"{task}-{self.store_key(task)}"

    def _tokenizer_key(self) -> str:
        if isinstance(self.tokenizer, TokenizerFile):
            return self.tokenizer.key()
        shares = self.tokenizer_shares()
        return self.tokenizer.key(shares, {task: self.source(task).key() for task in shares})
