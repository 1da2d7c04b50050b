"""HumanEval (arXiv 2107.03374): a signature and its docstring, to be gone on with.

The prompt is the record's, bare, and an answer ends where the paper's does (§2.1), as lm-evaluation-harness has both
(tasks/humaneval/humaneval.yaml).
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from codemix.evaluation.code.problems import Problem

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


def problems(
    records: Iterable[Mapping[str, Any]], tests_of: Callable[[Mapping[str, Any]], str] = operator.itemgetter("test")
) -> list[Problem]:
    """The problems of records with task_id, prompt, canonical_solution, entry_point and what `tests_of` reads."""
    return [
        Problem(
            item=record["task_id"],
            prompt=record["prompt"],
            solution=record["canonical_solution"],
            head=record["prompt"],
            tail="",
            tests=tests_of(record),
            entry_point=record["entry_point"],
            stop=STOP,
        )
        for record in records
    ]
