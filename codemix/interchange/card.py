"""The model card of an exported folder: what the model is, what it read, how it scored, how it is loaded."""

import dataclasses
from collections.abc import Sequence
from typing import Any

_INTRODUCTION = """\
# {title}

A model of the codemix study `{study}`: "{question}" It is arm **{arm}** at seed {seed} after {step:,} of the arm's
{steps:,} steps, {tokens:,} tokens; {parameters:,} parameters. It was made to compare mixtures of training data.
"""
_LOADING = """\
## Loading it

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForCausalLM.from_pretrained("FOLDER")
prompt = tokenizer("def add(a, b):", return_tensors="pt")
print(tokenizer.decode(model.generate(**prompt, max_new_tokens=32)[0]))
```

A document begins after the end of the one before it: the tokenizer puts that token before every text, and
`add_special_tokens=False` leaves it out. Text that spells a special token stays text. `codemix import` reads the folder
back.
"""
_SENTENCE_PIECE = """\
## Loading it

`AutoModelForCausalLM.from_pretrained("FOLDER")` loads the model, and `sentencepiece.SentencePieceProcessor(
model_file="FOLDER/sentencepiece.model")` its tokenizer, which Hugging Face's libraries would not follow to the letter.
Put token {eos}, the end of document, before every text.
"""
_LICENCE = """\
## Licence

codemix grants none. What may be done with the weights follows from the licences and terms of the sources above.
"""


@dataclasses.dataclass(frozen=True)
class Read:
    """What was read of one source, up to the exported step."""

    source: str
    family: str
    tokens: int
    unique_tokens: int | None
    epochs: float | None
    store: str  # key of its token store
    fingerprint: str | None  # of what is in it


@dataclasses.dataclass(frozen=True)
class Trained:
    """A phase that the model went through, wholly or in part."""

    phase: str
    key: str
    mixture: str
    steps: int
    tokens: int


@dataclasses.dataclass(frozen=True)
class Score:
    """Bits per byte of held-out documents, of the arm over its seeds, with a 95 % interval."""

    source: str
    bits_per_byte: float
    low: float
    high: float
    documents: int
    clusters: int
    seeds: int


@dataclasses.dataclass(frozen=True)
class Card:
    """What a model card says. All of it is in the front matter, too, under `codemix`.

    Attributes:
        study, question: the study's name and title.
        arm, seed: of the run.
        phase: the key of the phase whose checkpoint it is.
        step, steps: of the arm: at the checkpoint, and in all.
        tokens: read by then.
        parameters: their number.
        eos: the id that ends a document.
        tokenizer: fingerprint of its file.
        start: the key of the imported model that the arm starts from, if it does.
        trained: the phases, in order.
        read: source by source.
        scores: if the study has them of this checkpoint.
        versions: package -> version.
    """

    study: str
    question: str
    arm: str
    seed: int
    phase: str
    step: int
    steps: int
    tokens: int
    parameters: int
    eos: int
    tokenizer: str
    start: str | None
    trained: Sequence[Trained]
    read: Sequence[Read]
    scores: Sequence[Score]
    versions: dict[str, str]

    def text(self, sentence_piece: bool) -> str:
        """README.md: YAML front matter, and Markdown. `sentence_piece`: the tokenizer is a SentencePiece model."""
        from huggingface_hub import ModelCardData

        title = f"{self.arm}, seed {self.seed}"
        front = ModelCardData(
            library_name="transformers",
            pipeline_tag="text-generation",
            license="unknown",
            tags=["codemix", "cohere", "pre-training"],
            codemix=dataclasses.asdict(self),
        )
        facts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        parts = [
            f"---\n{front.to_yaml()}\n---\n",
            _INTRODUCTION.format(title=title, **facts),
            *self._provenance(),
            *self._scored(),
            _SENTENCE_PIECE.format(eos=self.eos) if sentence_piece else _LOADING,
            _LICENCE,
        ]
        return "\n".join(parts)

    def _provenance(self) -> list[str]:
        start = f" It started from the imported model `{self.start}`." if self.start else ""
        trained = [[t.phase, t.mixture, f"{t.steps:,}", f"{t.tokens:,}", f"`{t.key}`"] for t in self.trained]
        read = [
            [
                r.source,
                r.family,
                f"{r.tokens:,}",
                _or_dash(r.unique_tokens, ","),
                _or_dash(r.epochs, ".2f"),
                f"`{r.store}`",
            ]
            for r in self.read
        ]
        return [
            f"## Phases\n\nThe checkpoint is that of phase `{self.phase}` at step {self.step:,}.{start}\n",
            _table(["phase", "mixture", "steps", "tokens", "key"], trained, numbers=(2, 3)),
            "## Ledger\n\nTokens drawn up to this step, those of them that differ, and passes over the source.\n",
            _table(["source", "family", "tokens", "unique tokens", "epochs", "token store"], read, numbers=(2, 3, 4)),
            f"The tokenizer's fingerprint is `{self.tokenizer}`; the study's gin bindings are in `study.gin`.\n",
        ]

    def _scored(self) -> list[str]:
        if not self.scores:
            return []
        rows = [
            [s.source, f"{s.bits_per_byte:.4f}", f"{s.low:.4f} to {s.high:.4f}", str(s.documents), str(s.clusters)]
            for s in self.scores
        ]
        return [
            f"## Scores\n\nBits per byte of held-out documents (lower is better), of the arm over "
            f"{self.scores[0].seeds} seed(s), with 95 % intervals over seeds and clusters of documents.\n",
            _table(["source", "bits per byte", "95 % interval", "documents", "clusters"], rows, numbers=(1, 2, 3, 4)),
        ]


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[int]) -> str:
    rule = ["---:" if place in numbers else "---" for place in range(len(headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows)) + "\n"
