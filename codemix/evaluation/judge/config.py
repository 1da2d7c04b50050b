"""How answers are judged: which prompts, which judges."""

import dataclasses
import string
from collections.abc import Sequence

from codemix.chat.model import ChatModel
from codemix.errors import UserError

_BELOW = "Below is an instruction that describes a task"
_WRITE = "Write a response that appropriately completes the request."


@dataclasses.dataclass(frozen=True)
class Judge(ChatModel):
    """A model that compares answers; see `ChatModel` for its endpoint, and how that is asked.

    Attributes:
        name: in results; by default the model's.
        temperature: of its answers.
        seed: of its sampling, as far as it heeds one.
        attempts: how often it is asked in all where its answer is malformed.
    """

    _: dataclasses.KW_ONLY
    name: str = ""
    temperature: float = 0.0
    seed: int = 1
    attempts: int = 3
    most_tokens: int = 512

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name:
            object.__setattr__(self, "name", self.model)
        if self.attempts < 1 or not 0 <= self.temperature <= 2:
            raise UserError(
                f"Judge.attempts is {self.attempts} and Judge.temperature {self.temperature}; give at least 1, and a "
                "number from 0 to 2."
            )


@dataclasses.dataclass(frozen=True)
class Judging:
    """Pairs of answers, those of every arm against the control's with the same seed, and who judges them.

    Attributes:
        prompts: a file of Dolly's form (instruction, context, response, category): .jsonl, .json, .parquet, also
            .gz; `$VARIABLE` and `~` are expanded.
        judges: each judges every pair.
        number: of prompts; see `codemix.evaluation.judge.prompts` for how they are picked.
        seed: of the pick, and of the answers' draws.
        template: what a model reads before its answer, with {instruction}; by default what `PromptResponse` makes of
            instructions, which arms may have been trained on.
        template_with_input: the same where there is a context, with {instruction} and {input}.
        stop: strings at the first of which an answer ends.
        max_tokens: of an answer.
        temperature: of the answers; 0 takes the most probable token.
        top_p: only the most probable tokens that together reach this probability are drawn from.
        batch_rows: answers that are written at once.
    """

    prompts: str
    judges: Sequence[Judge]
    number: int = 200
    seed: int = 1
    template: str = f"{_BELOW}. {_WRITE}\n\n### Instruction:\n{{instruction}}\n\n### Response:\n"
    template_with_input: str = (
        f"{_BELOW}, paired with an input that provides further context. {_WRITE}\n\n"
        "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n"
    )
    stop: tuple[str, ...] = ("\n### ",)
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    batch_rows: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "judges", tuple(self.judges))
        object.__setattr__(self, "stop", tuple(self.stop))
        names = [judge.name for judge in self.judges]
        if not names:
            raise UserError("Judging.judges is empty; name at least one @Judge().")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise UserError(f"Judging.judges has {', '.join(twice)} more than once; give each its own Judge.name.")
        if self.number < 2 or self.batch_rows < 1:
            raise UserError(
                f"Judging.number is {self.number} and Judging.batch_rows {self.batch_rows}; give at least 2 and 1."
            )
        for field, wanted in (("template", {"instruction"}), ("template_with_input", {"instruction", "input"})):
            template = getattr(self, field)
            try:
                found = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
            except ValueError:
                found = set()
            if found != wanted:
                shown = " and ".join(f"{{{name}}}" for name in sorted(wanted))
                raise UserError(
                    f"Judging.{field} is {template!r}; write {shown} in it, once each, and no other braces."
                )
