"""Benchmarks of programs: a row of the items table for every problem.

The model writes, the sandbox judges, and the reference solution's likelihood says the same continuously, where a small
model solves nothing yet.
"""

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codemix.errors import UserError
from codemix.evaluation.bits_per_byte import windows
from codemix.evaluation.code.execution import opened, verdicts
from codemix.evaluation.code.loading import load_problems
from codemix.evaluation.code.pass_at_k import pass_at_k
from codemix.evaluation.code.problems import Problem
from codemix.evaluation.generation import Sampling, generate
from codemix.evaluation.journal import Journal
from codemix.evaluation.loglikelihood import Request, log_likelihoods
from codemix.evaluation.model import ScoredModel
from codemix.evaluation.suite import SuiteTask

CODE_VERSION = 1  # raised when the same model and files would give other rows

_STRIDE = 0.5  # of a reference solution that is longer than the context: see `BitsPerByte.stride`

# The answers of problems, in their order; numbers are the problems' own in the benchmark.
Writer = Callable[[Sequence[Problem], Sequence[int]], list[list[str]]]


@dataclasses.dataclass(frozen=True)
class CodeScores:
    """What came of a benchmark of programs.

    Attributes:
        rows: of `ITEM_SCHEMA`, one for every problem, in the benchmark's order.
        isolation: the sandbox's level that was in force, and what that leaves open.
    """

    rows: list[dict[str, Any]]
    isolation: str


def score_code(
    model: ScoredModel,
    task: SuiteTask,
    files: Mapping[str, str] | None,
    journal: Journal,
    *,
    batch_rows: int = 16,
    seed: int = 0,
    advance: Callable[[float], None] = lambda problems: None,
) -> CodeScores:
    """Scores a model on a benchmark of programs.

    An answer has `SuiteTask.max_tokens`, but never more than half of the model's context, so that the other half holds
    the end of the prompt. On several hosts every process calls this, and runs the answers.

    Args:
        model: what writes.
        task: the benchmark; `measure` is 'pass@K' with a K up to `samples`.
        files: split -> path, as `Suite.files_of` gives them; None for the hub's.
        journal: where the answers and verdicts of a killed evaluation are found.
        batch_rows: answers that are written at once.
        seed: of their draws.
        advance: called with the number of problems done.

    Raises:
        UserError: no such benchmark, files that are missing or others, or a measure that cannot be estimated.
    """
    problems = load_problems(task, files)[: task.limit]
    devices = math.prod(model.mesh.shape[axis] for axis in ("data", "fsdp"))
    rows_at_once = -(-batch_rows // devices) * devices
    sampling = Sampling(
        max_tokens=min(task.max_tokens, model.context // 2),
        temperature=task.temperature,
        top_p=task.top_p,
        stop=problems[0].stop,
        samples=task.samples,
        seed=seed,
    )

    def write(block: Sequence[Problem], numbers: Sequence[int]) -> list[list[str]]:
        prompts = [ids.tolist() for ids in model.tokenizer.encode_batch([problem.prompt for problem in block])]
        written = generate(
            *(model.graph, model.params, model.mesh, prompts, sampling),
            *(model.tokenizer.decode, rows_at_once, numbers),
        )
        return [[continuation.text for continuation in answers] for answers in written]

    bits = bits_per_byte(model, problems, batch_rows, journal)
    return judged(problems, task, write, bits, journal, max(1, rows_at_once // task.samples), advance)


def judged(
    problems: Sequence[Problem],
    task: SuiteTask,
    write: Writer,
    bits: Sequence[float],
    journal: Journal,
    block: int,
    advance: Callable[[float], None],
) -> CodeScores:
    """Has every problem answered and its answers run, `block` of them at a time, those with short prompts first."""
    k = _attempts(task)
    order = sorted(range(len(problems)), key=lambda number: len(problems[number].prompt))
    answers: dict[int, list[str]] = {}
    kinds: dict[int, list[str]] = {}
    with opened() as sandbox:
        for start in range(0, len(order), block):
            numbers = order[start : start + block]
            asked = [problems[number] for number in numbers]
            written = journal.entry(functools.partial(write, asked, numbers))
            found = journal.entry(functools.partial(verdicts, sandbox, asked, written))
            answers |= dict(zip(numbers, written, strict=True))
            kinds |= dict(zip(numbers, found, strict=True))
            advance(len(numbers))
        isolation = str(sandbox.isolation)
    rows = []
    for number, problem in enumerate(problems):
        n, c = len(kinds[number]), kinds[number].count("passed")
        rows.append(
            {
                "task": task.name,
                "item": problem.item,
                "hash": problem.hash,
                "score": pass_at_k(n, c, k),
                "bits_per_byte": bits[number],
                "samples": n,
                "passed": c,
                "generations": answers[number],
                "bytes": len(problem.solution.encode()),
            }
        )
    return CodeScores(rows, isolation)


def bits_per_byte(model: ScoredModel, problems: Sequence[Problem], batch_rows: int, journal: Journal) -> list[float]:
    """Bits per byte (UTF-8) of every reference solution, read after its prompt.

    Prompt and solution are tokenised together, and a token that begins in the prompt and ends in the solution counts. A
    solution beyond the context is scored in windows that overlap, as held-out documents are.
    """
    requests = []
    prompts = model.tokenizer.encode_batch([problem.prompt for problem in problems])
    wholes = model.tokenizer.encode_batch([problem.prompt + problem.solution for problem in problems])
    for number, (prompt, ids) in enumerate(zip(prompts, wholes, strict=True)):
        for window in windows(number, ids, _common(prompt, ids), model.tokenizer.eos, model.context, _STRIDE):
            row = tuple(window.ids.tolist())
            requests.append(Request(number, row[: window.first + 1], row[window.first + 1 :]))
    nats = np.zeros(len(problems))
    for request, scored in zip(requests, log_likelihoods(model, requests, batch_rows, journal), strict=True):
        nats[request.item] -= scored.log_p
    return (nats / math.log(2) / [len(problem.solution.encode()) for problem in problems]).tolist()


def _common(one: np.ndarray, other: np.ndarray) -> int:
    """How many ids both begin with."""
    least = min(len(one), len(other))
    same = np.asarray(one[:least]) == np.asarray(other[:least])
    return least if same.all() else int(same.argmin())


def _attempts(task: SuiteTask) -> int:
    """K of the measure 'pass@K'."""
    found = re.fullmatch(r"pass@([1-9]\d*)", task.measure)
    if not found or int(found[1]) > task.samples:
        raise UserError(
            f"SuiteTask.measure of {task.name} is {task.measure!r}; give 'pass@1', or another k up to "
            f"SuiteTask.samples, {task.samples}."
        )
    return int(found[1])
