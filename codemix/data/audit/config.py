"""What an audit looks for: benchmarks, and when a training document counts as containing one of their items."""

import dataclasses
from collections.abc import Mapping, Sequence

from codemix.data.audit.files import benchmark_files
from codemix.errors import UserError
from codemix.store.fingerprint import fingerprint

# Raised when the same benchmarks and documents would give other matches, or an index or matches in another layout.
AUDIT_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Evaluation items, and which of their fields are looked for.

    A path names a field through dots, and goes into every element of a list: 'question.choices.text'.

    Attributes:
        name: of the benchmark.
        files: .jsonl, .json (an array), also .gz; globs and $VARIABLES are expanded.
        text: part -> path of prose, such as {'question': 'question.stem'}.
        code: part -> path of code, such as {'answer': 'canonical_solution'}.
        id: path of the item's identity; records that share one are one item. By default file and number.
        required: a missing file is an error; otherwise the benchmark is skipped, and the report says why.
    """

    name: str
    files: Sequence[str]
    text: Mapping[str, str] = dataclasses.field(default_factory=dict)
    code: Mapping[str, str] = dataclasses.field(default_factory=dict)
    id: str = ""
    required: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", tuple(self.files))
        if not self.name:
            raise UserError("Benchmark.name is empty; give the benchmark a name.")
        if not self.files:
            raise UserError(f"Benchmark '{self.name}': files is empty; name at least one file.")
        if not self.text and not self.code:
            raise UserError(f"Benchmark '{self.name}': text and code are empty; say which fields are looked for.")
        if twice := sorted(set(self.text) & set(self.code)):
            raise UserError(f"Benchmark '{self.name}': '{twice[0]}' is a part of text and of code; rename one of them.")


@dataclasses.dataclass(frozen=True)
class Audit:
    """Which evaluation items occur in the training documents.

    An item is cut into n-grams: `words` words of prose, as GPT-3 (arXiv 2005.14165, appendix C) has it, or
    `code_tokens` tokens of code. A shorter passage of at least the minimum is looked for as a whole.

    Attributes:
        benchmarks: what is looked for.
        words: n of a text n-gram.
        code_tokens: n of a code n-gram; identifiers, numbers and single operator characters are tokens. Ten of them
            are an idiom (`for i in range(len(`), which most programs have.
        minimum_words: shorter passages of text are too short to tell.
        minimum_code_tokens: shorter passages of code are too short to tell.
        boilerplate_items: an n-gram of more items than this of one benchmark is its template, and does not count.
        minimum_ngrams: a document matches an item that has this many n-grams of one of its parts in it.
        minimum_share: … and this share of that part's n-grams.
        drop_from: sources whose matching documents are left out of training; elsewhere they are only reported.
    """

    benchmarks: Sequence[Benchmark]
    words: int = 13
    code_tokens: int = 30
    minimum_words: int = 8
    minimum_code_tokens: int = 20
    boilerplate_items: int = 10
    minimum_ngrams: int = 1
    minimum_share: float = 0.0
    drop_from: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "benchmarks", tuple(self.benchmarks))
        object.__setattr__(self, "drop_from", tuple(self.drop_from))
        names = [benchmark.name for benchmark in self.benchmarks]
        if not names:
            raise UserError("Audit.benchmarks is empty; name at least one Benchmark.")
        for name in names:
            if names.count(name) > 1:
                raise UserError(f"Audit.benchmarks has two named '{name}'; rename one of them.")
        for least, most in (("minimum_words", "words"), ("minimum_code_tokens", "code_tokens")):
            if not 1 <= getattr(self, least) <= getattr(self, most):
                raise UserError(
                    f"Audit.{least} is {getattr(self, least)}; give a number from 1 to Audit.{most}, "
                    f"which is {getattr(self, most)}."
                )
        for field in ("boilerplate_items", "minimum_ngrams"):
            if getattr(self, field) < 1:
                raise UserError(f"Audit.{field} is {getattr(self, field)}; give a number of at least 1.")
        if not 0 <= self.minimum_share <= 1:
            raise UserError(f"Audit.minimum_share is {self.minimum_share}; give a share from 0 to 1.")

    def index_key(self) -> str:
        """The key of what is looked for: the benchmarks' content, wherever it lies, and how it is cut into n-grams.

        Reads the benchmarks' files. Raises UserError where a required one is missing.
        """
        cut = [self.words, self.code_tokens, self.minimum_words, self.minimum_code_tokens, self.boilerplate_items]
        return fingerprint([[_content(benchmark) for benchmark in self.benchmarks], cut, AUDIT_VERSION])

    def key(self) -> str:
        """The key of which documents match, and of which sources leave them out."""
        return fingerprint([self.index_key(), self.minimum_ngrams, self.minimum_share, sorted(self.drop_from)])


def _content(benchmark: Benchmark) -> list[object]:
    found = benchmark_files(benchmark.name, benchmark.files, benchmark.required)
    files = [(file.name, file.digest()) for file in found.files]
    return [benchmark.name, dict(benchmark.text), dict(benchmark.code), benchmark.id, files, found.missing]
