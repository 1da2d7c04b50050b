"""Instructions and responses: Dolly, Alpaca, CodeOcean and plain pairs. The prompt is given, the response learnt."""

import dataclasses
import string
from collections.abc import Mapping
from typing import Any, ClassVar

from codemix.data.documents import Document, digest_identity
from codemix.data.records.records import Part, Unfit, Unreadable
from codemix.data.records.schemas import fields
from codemix.errors import UserError

_INPUTS = ("context", "input", "information")
_RESPONSES = ("response", "output", "solution")

_BELOW = "Below is an instruction that describes a task"
_WRITE = "Write a response that appropriately completes the request."


@dataclasses.dataclass(frozen=True)
class PromptResponse:
    """Records of an instruction and its response, by whichever of these fields they have:

    instruction, context, response, category     Dolly (databricks/databricks-dolly-15k)
    instruction, input, output                   Alpaca, Code Alpaca
    instruction, input or information, output or solution, task_name    CodeOcean (WaveCoder, arXiv 2312.14187)
    prompt, response                             the prompt as it is, without a template

    `Document.prompt` counts the characters of the prompt, and the text ends with the response: the loss is on it alone.

    Attributes:
        template: the prompt, with {instruction}; by default Alpaca's.
        template_with_input: the prompt where there is an input or context, with {instruction} and {input}.
        language: of the documents.
    """

    template: str = f"{_BELOW}. {_WRITE}\n\n### Instruction:\n{{instruction}}\n\n### Response:\n"
    template_with_input: str = (
        f"{_BELOW}, paired with an input that provides further context. {_WRITE}\n\n"
        "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n"
    )
    language: str = "en"

    fields: ClassVar[tuple[str, ...]] = tuple(
        f"{field}?" for field in ("prompt", "instruction", *_INPUTS, *_RESPONSES, "category", "task_name")
    )
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check_template(self.template, "template", {"instruction"})
        _check_template(self.template_with_input, "template_with_input", {"instruction", "input"})

    def document(self, record: Mapping[str, Any], part: Part) -> Document:
        response = _first(record, _RESPONSES)
        if response is None:
            raise Unreadable(f"there is no {', '.join(_RESPONSES[:-1])} or {_RESPONSES[-1]}")
        if not response.strip():
            raise Unfit("empty")
        prompt = self._prompt(record)
        category = fields.optional_text(record, "category") or fields.optional_text(record, "task_name")
        text = prompt + response
        return Document(
            id=digest_identity(text),
            text=text,
            language=self.language,
            cluster=digest_identity(prompt),
            provenance=fields.provenance(category=category, file=part.name),
            subset=part.subset,
            held_out_with=digest_identity(prompt),  # all answers to one prompt
            prompt=len(prompt),
        )

    def _prompt(self, record: Mapping[str, Any]) -> str:
        instruction = fields.optional_text(record, "instruction")
        if instruction is None:
            return fields.text(record, "prompt")
        given = _first(record, _INPUTS)
        if not instruction.strip():
            raise Unfit("empty")
        if given and given.strip():
            return self.template_with_input.format(instruction=instruction, input=given)
        return self.template.format(instruction=instruction)


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of the fields that is there and not blank, or else one that is there."""
    found = [value for value in (fields.optional_text(record, name) for name in names) if value is not None]
    return next((value for value in found if value.strip()), found[0] if found else None)


def _check_template(template: str, field: str, expected: set[str]) -> None:
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError:
        named = set()
    if named != expected:
        names = " and ".join(f"{{{name}}}" for name in sorted(expected, reverse=True))
        raise UserError(f"PromptResponse.{field} is {template!r}; name in it {names} and nothing else.")
