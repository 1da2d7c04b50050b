"""Answers run by their tests, in the sandbox."""

import os
from collections.abc import Iterable, Sequence

from codemix.evaluation.code.problems import Problem
from codemix.sandbox import Limits, Sandbox

_WORKERS_A_CORE = 2  # one waits while the other runs


def opened() -> Sandbox:
    """The sandbox of an evaluation, to be entered."""
    return Sandbox(Limits(), _WORKERS_A_CORE * len(os.sched_getaffinity(0)))


def verdicts(sandbox: Sandbox, problems: Sequence[Problem], answers: Iterable[Sequence[str]]) -> list[list[str]]:
    """Of each problem what came of each of its answers: "passed", or why not (`codemix.sandbox.program.Kind`)."""
    pairs = [(problem, list(written)) for problem, written in zip(problems, answers, strict=True)]
    stream = sandbox.map(problem.program(answer) for problem, written in pairs for answer in written)
    return [[next(stream).kind for _ in written] for _, written in pairs]
