"""MBPP (arXiv 2108.07732): a sentence and three tests, to be answered by a module.

Prompt, examples (tasks 2, 3 and 4) and the stop string are the paper's, as lm-evaluation-harness has them
(tasks/mbpp/mbpp.yaml), but for line ends: the records' "\\r\\n" is "\\n" here, which models are trained on. Without
examples the prompt is the same, and [DONE] still ends an answer. The tests of an item are `test_list`; the 500 items of
the paper's test split are scored.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from codemix.errors import UserError
from codemix.evaluation.code.problems import Problem

STOP = ("[DONE]",)
_EXAMPLES = (2, 3, 4)
_TEST_SPLIT = range(11, 511)


def problems(records: Iterable[Mapping[str, Any]], examples: Iterable[Mapping[str, Any]], shots: int) -> list[Problem]:
    """The problems of records with task_id, text, code, test_list and test_setup_code.

    Args:
        records: of any splits.
        examples: among which tasks 2, 3 and 4 are.
        shots: how many of these precede each item.

    Raises:
        UserError: more shots than examples, or they are not there.
    """
    before = "".join(
        f"{prompt(**_asked(record))}{_lines(record['code'])}\n[DONE]\n\n" for record in _shown(examples, shots)
    )
    return [
        Problem(
            item=str(record["task_id"]),
            prompt=before + prompt(**_asked(record)),
            solution=_lines(record["code"]),
            head="",
            tail=_lines(record["test_setup_code"]),
            tests=_lines("\n".join(record["test_list"])),
            entry_point=_tested(record),
            stop=STOP,
        )
        for record in records
        if record["task_id"] in _TEST_SPLIT
    ]


def prompt(text: str, tests: Sequence[str]) -> str:
    """The paper's."""
    shown = "\n".join(tests)
    return (
        f"You are an expert Python programmer, and here is your task: {text} Your code should pass these tests:\n\n"
        f"{shown}\n[BEGIN]\n"
    )


def _asked(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": _lines(record["text"]), "tests": [_lines(test) for test in record["test_list"]]}


def _shown(examples: Iterable[Mapping[str, Any]], shots: int) -> list[Mapping[str, Any]]:
    if shots > len(_EXAMPLES):
        raise UserError(f"SuiteTask.shots of mbpp is {shots}; it has {len(_EXAMPLES)} examples, give at most those.")
    if not shots:
        return []
    found = {record["task_id"]: record for record in examples}
    if missing := [number for number in _EXAMPLES if number not in found]:
        raise UserError(
            f"Suite.files of mbpp lacks task {missing[0]}, one of the examples that SuiteTask.shots asks for; give the "
            "whole mbpp.jsonl, or the split 'prompt' beside the test split."
        )
    return [found[number] for number in _EXAMPLES[:shots]]


def _tested(record: Mapping[str, Any]) -> str | None:
    """The function that the tests call, as the reference defines it. One has the name of a builtin (`sum`)."""
    called = {
        node.id for test in record["test_list"] for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Name)
    }
    defined = (node.name for node in ast.parse(record["code"]).body if isinstance(node, ast.FunctionDef))
    return next((name for name in defined if name in called), None)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
