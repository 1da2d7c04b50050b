"""Which prompts are picked, and what models read of them."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from codemix.data.records.schemas import PromptResponse
from codemix.errors import UserError
from codemix.evaluation.judge.config import Judge, Judging
from codemix.evaluation.judge.prompts import Prompt, fits, pick_prompts

SAMPLES = os.environ.get("CODEMIX_SAMPLES", "")
JUDGE = Judge("http://here/v1", "small")
RECORDS = [
    {
        "instruction": f"What is the {number}. month of the year?",
        "context": "",
        "response": "One.",
        "category": "open_qa",
    }
    for number in range(40)
]


def judging(path: Path | str, **fields: Any) -> Judging:
    return Judging(str(path), [JUDGE], **{"number": 10, **fields})


def written(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_the_pick_is_the_same_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    one = pick_prompts(judging(written(tmp_path / "one.jsonl", RECORDS)))
    other = pick_prompts(judging(written(tmp_path / "other.jsonl", [*RECORDS[::-1], *RECORDS[:5]])))
    assert one == other
    assert len({prompt.id for prompt in one}) == 10
    assert pick_prompts(judging(tmp_path / "one.jsonl", seed=2)) != one
    assert pick_prompts(judging(tmp_path / "one.jsonl", number=5)) == one[:5]


@pytest.mark.parametrize(
    ("instruction", "context", "response", "category"),
    [
        ("Write a Python function that adds two numbers", "", "def add", "open_qa"),
        ("What is the best way to sort a list of words?", "", "```\nsorted(words)\n```", "open_qa"),
        ("How do I say this in another way?", "", "In words.", "code_generation"),
        ("Wie viele Einwohner hat die Stadt Bern heute?", "", "Etwa 134 000.", "open_qa"),
        ("¿Cuál es la capital de la República Dominicana?", "", "Santo Domingo.", "open_qa"),
        ("Who?", "", "Him.", "open_qa"),
        ("What is this about?", "word " * 200, "Words.", "summarization"),
        ("What is " + "very " * 80 + "old?", "", "A tree.", "open_qa"),
    ],
)
def test_what_is_left_out(instruction: str, context: str, response: str, category: str) -> None:
    assert not fits(Prompt("p", instruction, context, category), response)


@pytest.mark.parametrize(
    "instruction",
    [
        "Who is the antagonist on The X-Files?",
        "Give me a list of the five largest lakes in Africa.",
        "How are volcanoes formed?",
    ],
)
def test_what_is_left_in(instruction: str) -> None:
    assert fits(Prompt("p", instruction, "", "open_qa"), "An answer.")


def test_models_read_what_the_schema_of_instructions_makes_of_them() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Judging)}
    schema = PromptResponse()
    assert (fields["template"], fields["template_with_input"]) == (schema.template, schema.template_with_input)
    bare, given = (Prompt("p", "What is {input}?", context, "") for context in ("", "A {brace}."))
    assert bare.text(judging("x")).endswith("### Instruction:\nWhat is {input}?\n\n### Response:\n")
    assert given.text(judging("x")).endswith("### Input:\nA {brace}.\n\n### Response:\n")


@pytest.mark.skipif(not SAMPLES, reason="CODEMIX_SAMPLES, which has a mixture with Dolly, is not set")
def test_real_instructions_in_their_frame() -> None:
    picked = pick_prompts(judging(f"{SAMPLES}/evals/instruct/dolly_hhrlhf_train_small.jsonl.gz", number=200))
    assert len({prompt.id for prompt in picked}) == 200
    assert all("###" not in prompt.instruction for prompt in picked)
    assert not any("python" in prompt.instruction.lower() for prompt in picked)


def test_what_cannot_be_meant_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^Judging\.prompts: .*nowhere.jsonl"):
        pick_prompts(judging(tmp_path / "nowhere.jsonl"))
    with pytest.raises(UserError, match=r"has 40 prompts that fit, of 40, and Judging\.number is 41"):
        pick_prompts(judging(written(tmp_path / "p.jsonl", RECORDS), number=41))
    with pytest.raises(UserError, match=r"^Judging\.prompts: its records have neither"):
        pick_prompts(judging(written(tmp_path / "q.jsonl", [{"text": "?"}, {"text": "!"}])))
    with pytest.raises(UserError, match=r"^Judging\.judges is empty"):
        Judging("p", [])
    with pytest.raises(UserError, match=r"^Judging\.judges has small more than once"):
        Judging("p", [JUDGE, JUDGE])
    with pytest.raises(UserError, match=r"^Judging\.template is .*; write \{instruction\} in it"):
        Judging("p", [JUDGE], template="Say something.")
    with pytest.raises(UserError, match=r"^Judge\.base_url is 'here'"):
        Judge("here", "small")
    with pytest.raises(UserError, match=r"^Judge\.attempts is 0"):
        Judge("http://here/v1", "small", attempts=0)
