"""Verification by execution, level by level; what fails one is not asked the next.

1. The program compiles, pyflakes has nothing to say, the reference ends within its steps, gives the same twice, and
   leaves its arguments as they were.
2. In the sandbox its tests pass, and the examples in its docstrings print what they say.
3. On random inputs it agrees with a second solution of another algorithm.
4. Its tests can fail: of the solution's mutants, those presumed equivalent left aside, they kill at least 0.9.
5. Where contracts are asked for and the problem has one: every path of the solution was followed with symbols for its
   arguments, and none breaks the contract or does otherwise than the second solution. See
   `codemix.synthetic.contracts` for what that proves and what not. What is refuted is dropped; what the time did not
   suffice for stays at level 4.
"""

import ast
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from codemix.synthetic.contracts import Checked, ContractChecker
from codemix.synthetic.draw import seeded
from codemix.synthetic.examples import example_checks
from codemix.synthetic.execution import Judge, program
from codemix.synthetic.mutation import compiled
from codemix.synthetic.outcomes import ENDLESS, RAISED, Input, Subject, same
from codemix.synthetic.problem import Problem
from codemix.synthetic.strength import Expected, Score, samples, score

Given = TypeVar("Given")
Result = TypeVar("Result")

LEVELS = ("runs", "tests", "second solution", "mutants", "contract")
LEAST_SCORE = 0.9
MOST_EQUIVALENT = 0.25  # share of the mutants that may be presumed equivalent
_RANDOM_INPUTS = 60


@dataclasses.dataclass(frozen=True)
class Verification:
    """How far a problem came.

    Attributes:
        passed: the highest level passed; those below it are, too.
        reason: why it did not pass the next, "" where it was not asked.
        score: of the mutants, where level 3 was passed.
        contract: what symbolic checking says, where it was asked.
    """

    passed: int
    reason: str = ""
    score: Score | None = None
    contract: Checked | None = None

    @property
    def failed(self) -> bool:
        return bool(self.reason)


class Verifier:
    """Verifies problems of our own families.

    Args:
        sandbox: where whole programs run.
        seconds: of wall time for each level, which are added to.
        contracts: checks contracts; without it level 5 is not asked for.
    """

    def __init__(self, sandbox: Judge, seconds: dict[str, float], contracts: ContractChecker | None = None):
        self._sandbox = sandbox
        self._seconds = seconds
        self._contracts = contracts

    def verify(self, problems: Sequence[Problem]) -> list[Verification]:
        """The verification of each, in order."""
        reasons = [self._timed(1, runs, problem) for problem in problems]
        asked = [problem for problem, reason in zip(problems, reasons, strict=True) if not reason]
        verdicts = iter(self._timed(2, self._in_sandbox, asked))
        return [
            Verification(0, reason) if reason else self._after_sandbox(problem, next(verdicts))
            for problem, reason in zip(problems, reasons, strict=True)
        ]

    def _in_sandbox(self, problems: list[Problem]) -> list[Any]:
        return list(self._sandbox.map(program(problem.solution, checks(problem)) for problem in problems))

    def _after_sandbox(self, problem: Problem, verdict: Any) -> Verification:
        if verdict.kind != "passed":
            return Verification(1, f"sandbox: {verdict.kind}")
        if reason := self._timed(3, agrees, problem):
            return Verification(2, reason)
        figures = self._timed(4, mutation_score, problem)
        if figures.presumed_equivalent > MOST_EQUIVALENT * figures.mutants:
            return Verification(3, "too many mutants are presumed equivalent", figures)
        if figures.value < LEAST_SCORE:
            return Verification(3, "the tests leave mutants alive", figures)
        checked = self._timed(5, self._contracts.check, problem) if self._contracts else None
        match checked:
            case Checked("refuted"):
                return Verification(4, f"the contract is refuted: {checked.detail}", figures, checked)
            case Checked("confirmed"):
                return Verification(5, score=figures, contract=checked)
        return Verification(4, score=figures, contract=checked)

    def _timed(self, level: int, function: Callable[[Given], Result], given: Given) -> Result:
        began = time.perf_counter()
        result = function(given)
        name = f"level {level}"
        self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - began
        return result


def checks(problem: Problem) -> str:
    """The tests and the docstrings' examples, as one source."""
    return f"{problem.tests}\n{example_checks(problem.solution)}"


def runs(problem: Problem) -> str:
    """Level 1: the reason why it fails, or ""."""
    from pyflakes.checker import Checker  # type: ignore[import-untyped]

    try:
        tree = ast.parse(f"{problem.solution}\n\n{problem.tests}")
    except SyntaxError as error:
        return f"does not compile: {error.msg}"
    messages = Checker(tree).messages
    if messages:
        return f"pyflakes: {messages[0].message % messages[0].message_args}"
    kind, name = problem.sketch.kind, problem.sketch.name
    try:
        subject = Subject(compiled(problem.solution), kind, name)
    except Exception as error:
        return f"cannot be executed: {type(error).__name__}"
    for value in problem.inputs:
        given = Input.of(value)
        arguments = given.fresh()
        first, _ = subject.run(arguments)
        second, _ = subject.run(given.fresh())
        if any(what == ENDLESS for what, _ in first):
            return "does not end"
        if any(what == RAISED and error not in problem.sketch.raises for what, error in first):
            return f"raises {next(error for what, error in first if what == RAISED)}"
        if not same(first, second):
            return "is not deterministic"
        if arguments != given.fresh():
            return "changes its arguments"
    return ""


def agrees(problem: Problem) -> str:
    """Level 3: the reason why it fails, or ""."""
    sketch = problem.sketch
    inputs = [*sketch.edges, *samples(sketch, seeded(problem.seed, 0, "second solution"), _RANDOM_INPUTS)]
    expected = Expected(Subject(compiled(problem.solution), sketch.kind, sketch.name), inputs)
    try:
        second = Subject(compiled(problem.second), sketch.kind, sketch.name)
    except Exception as error:
        return f"the second solution cannot be executed: {type(error).__name__}"
    for place, given in enumerate(expected.inputs):
        outcome, _ = expected.outcome(place)
        if any(what == ENDLESS or (what == RAISED and value not in sketch.raises) for what, value in outcome):
            return "fails on a random input"
        # Another algorithm may take many more steps than a mutant would be allowed.
        if not same(outcome, second.run(given.fresh())[0]):
            return "the second solution disagrees"
    return ""


def mutation_score(problem: Problem) -> Score:
    """The counts of level 4."""
    return score(problem.sketch, problem.solution, problem.tests, seeded(problem.seed, 0, "mutants"))
