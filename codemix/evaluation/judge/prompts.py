"""The prompts that arms answer: picked from a file by a rule, the same for everybody who has the file.

The study picked 200 prompts of Dolly by hand, English and not of code (arXiv 2408.10914 §2.2). The rule here:

1. What is read: instruction, context and category; or an instruction in a prompt of `PromptResponse`'s template.
2. Left out is code: a category that says so, or a word of programming (`_CODE`) in instruction, context or response.
3. Left out is what is not English: a fifth of the words of instruction and context must be among the most frequent ones
   of English (`_FREQUENT`), and 97 % of the characters ASCII.
4. Left out is what is too short to ask anything or too long for a small model: instructions of fewer than 4 or more
   than 60 words, contexts of more than 150.
5. Equal prompts are one. The others are put in the order of the XXH3-64 of seed, instruction and context, and the first
   so many are taken.
"""

import dataclasses
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

from codemix.errors import UserError
from codemix.evaluation.harness.missing import DataMissing
from codemix.evaluation.harness.own_files import read_records
from codemix.evaluation.judge.config import Judging

_CODE = re.compile(
    r"\b(?:python|java(?:script)?|typescript|c\+\+|c#|golang|rust|perl|ruby|php|bash|shell|sql|html|css|json|xml|regex|"
    r"code|coding|codebase|program(?:s|ming|mers?)?|script(?:s|ing)?|software|compilers?|algorithms?|git(?:hub)?|"
    r"kubernetes|docker|linux|api|apis|function\(|stack ?overflow)\b|```|[{};]\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_FREQUENT_WORDS = """
a about after all also an and any are as at be because been but by can could did do does for from give had has have he
her his how i if in into is it its like list make many me most my name no not of on one or other our out she should so
some such tell than that the their them then there these they this those to up use used was we were what when where
which who why will with would you your"""
_FREQUENT = frozenset(_FREQUENT_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_FRAME = re.compile(
    r"### Instruction:\s*\n(?P<instruction>.*?)\n+(?:### Input:\s*\n(?P<context>.*?)\n+)?### Response:\s*\Z", re.DOTALL
)
_LEAST_WORDS, _MOST_WORDS, _MOST_CONTEXT_WORDS = 4, 60, 150
_FREQUENT_SHARE, _ASCII_SHARE = 0.20, 0.97


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What is asked.

    Attributes:
        id: a hash of the rest.
        instruction: what to do.
        context: what to do it with; often empty.
        category: Dolly's; empty where the file has none.
    """

    id: str
    instruction: str
    context: str
    category: str

    def text(self, judging: Judging) -> str:
        """What a model reads before its answer."""
        template = judging.template_with_input if self.context else judging.template
        return template.format(instruction=self.instruction, input=self.context)


def pick_prompts(judging: Judging) -> list[Prompt]:
    """The prompts of `Judging.prompts` that the rule picks, in its order.

    Raises:
        UserError: the file is missing or of another form, or fewer than `Judging.number` of its prompts fit.
    """
    path = Path(os.path.expanduser(os.path.expandvars(judging.prompts)))
    try:
        records = list(read_records(path))
    except DataMissing as missing:
        raise UserError(f"Judging.prompts: {missing}; give a file of Dolly's form.") from None
    found: dict[str, Prompt] = {}
    for record in records:
        prompt = _prompt(record)
        if prompt and fits(prompt, str(record.get("response") or "")):
            found[prompt.id] = prompt
    if len(found) < judging.number:
        raise UserError(
            f"Judging.prompts: {path} has {len(found)} prompts that fit, of {len(records)}, and Judging.number is "
            f"{judging.number}; lower it, or give another file."
        )

    def place(prompt: Prompt) -> str:
        return xxhash.xxh3_64_hexdigest(f"{judging.seed}\0{prompt.instruction}\0{prompt.context}".encode())

    return sorted(found.values(), key=place)[: judging.number]


def fits(prompt: Prompt, response: str) -> bool:
    """Whether the rule leaves the prompt in. `response` is the file's own, which tells what the prompt is about."""
    asked = f"{prompt.instruction}\n{prompt.context}"
    words = _WORD.findall(asked.lower())
    length, context_length = len(prompt.instruction.split()), len(prompt.context.split())
    return (
        _LEAST_WORDS <= length <= _MOST_WORDS
        and context_length <= _MOST_CONTEXT_WORDS
        and not _CODE.search(f"{prompt.category.replace('_', ' ')}\n{asked}\n{response}")
        and sum(word in _FREQUENT for word in words) >= _FREQUENT_SHARE * len(words)
        and sum(character.isascii() for character in asked) >= _ASCII_SHARE * len(asked)
    )


def _prompt(record: Mapping[str, Any]) -> Prompt | None:
    """A record's prompt; None where it has none that can be taken out of its frame."""
    if "instruction" in record:
        instruction, context = record["instruction"], record.get("context") or record.get("input") or ""
    elif "prompt" in record:
        framed = _FRAME.search(record["prompt"])
        if not framed:
            return None
        instruction, context = framed["instruction"], framed["context"] or ""
    else:
        raise UserError(
            "Judging.prompts: its records have neither 'instruction' nor 'prompt'; give a file of Dolly's form."
        )
    instruction, context = instruction.strip(), context.strip()
    key = xxhash.xxh3_64_hexdigest(f"{instruction}\0{context}".encode("utf-8", "surrogatepass"))
    return Prompt(key, instruction, context, str(record.get("category") or ""))
