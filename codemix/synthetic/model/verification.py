"""Levels 1 to 4 for what a model wrote, as `codemix.synthetic.verification` has them for our own families.

Nothing here executes the model's code. It is parsed, and run in the sandbox: solutions, tests, inputs and mutants.
What the sandbox tells of a call is the program's own word; whether tests pass is not. Level 5 is never asked for:
symbolic checking executes code outside the sandbox.
"""

import ast
from random import Random

from codemix.sandbox import Program, Sandbox
from codemix.synthetic.diversity import normalised
from codemix.synthetic.draw import seeded
from codemix.synthetic.examples import example_checks
from codemix.synthetic.model.answer import Answer, defines
from codemix.synthetic.model.mutants import mutant_sources
from codemix.synthetic.model.observation import STRANGE, inputs_of, outcomes
from codemix.synthetic.outcomes import RAISED, Outcome, same
from codemix.synthetic.strength import EQUIVALENCE_INPUTS, MOST_MUTANTS, Score
from codemix.synthetic.verification import LEAST_SCORE, MOST_EQUIVALENT, Verification

_LEAST_INPUTS = 10  # different ones that make_input must give
_FRESH = 60  # of them, for levels 1 and 3


def verify(sandbox: Sandbox, answer: Answer, seed: int) -> Verification:
    """How far an answer comes.

    Args:
        sandbox: where all of its code runs.
        answer: a model's.
        seed: of the inputs that are drawn from its `make_input`, and of the mutants.
    """
    if reason := _static(answer):
        return Verification(0, reason)
    inputs = inputs_of(sandbox, answer.make_input, range(seed, seed + EQUIVALENCE_INPUTS))
    if isinstance(inputs, str):
        return Verification(0, inputs)
    if len(inputs) < _LEAST_INPUTS:
        return Verification(0, "make_input gives too few different inputs")
    # Twice in one process: the sandbox begins every process with the same random numbers.
    once = inputs[:_FRESH]
    observed = next(outcomes(sandbox, [answer.solution], answer.name, [*once, *once]))
    if isinstance(observed, str):
        return Verification(0, f"sandbox: {observed}")
    if reason := _behaves(observed[: len(once)], observed[len(once) :], answer.problem):
        return Verification(0, reason)
    if reason := _passes(sandbox, answer):
        return Verification(1, reason)
    if reason := _agrees(sandbox, answer, once, [outcome for outcome, _ in observed[: len(once)]]):
        return Verification(2, reason)
    figures = _strength(sandbox, answer, inputs, seeded(seed, 0, "mutants"))
    if figures.presumed_equivalent > MOST_EQUIVALENT * figures.mutants:
        return Verification(3, "too many mutants are presumed equivalent", figures)
    if figures.value < LEAST_SCORE:
        return Verification(3, "the tests leave mutants alive", figures)
    return Verification(4, score=figures)


def _static(answer: Answer) -> str:
    """What level 1 finds without running anything."""
    from pyflakes.checker import Checker  # type: ignore[import-untyped]

    try:
        for key in ("solution", "second_solution", "make_input"):
            name = "make_input" if key == "make_input" else answer.name
            if not defines(getattr(answer, key), name):
                return f"{key} does not define its function"
        messages = Checker(ast.parse(f"{answer.solution}\n\n{answer.tests}")).messages
        if messages:
            return f"pyflakes: {messages[0].message % messages[0].message_args}"
        ast.parse(answer.tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"does not compile: {type(error).__name__}"
    return ""


def _behaves(first: list[tuple[Outcome, bool]], second: list[tuple[Outcome, bool]], problem: str) -> str:
    """What level 1 finds in the calls."""
    for (outcome, intact), (again, _) in zip(first, second, strict=True):
        [(what, value)] = outcome
        if what == STRANGE:
            return "does not return plain data"
        if what == RAISED and value not in problem:
            return f"raises {value}, of which the problem says nothing"
        if not same(outcome, again):
            return "is not deterministic"
        if not intact:
            return "changes its arguments"
    if all(outcome[0] == first[0][0][0] for outcome, _ in first):
        return "does the same with every input"
    return ""


def _passes(sandbox: Sandbox, answer: Answer) -> str:
    """Level 2: its tests, and the examples of its docstrings."""
    try:
        examples = example_checks(answer.solution)
    except ValueError:
        return "the docstring's examples cannot be read"
    if not examples.strip():
        return "the docstring has no example"
    verdicts = sandbox.map(Program(answer.solution, tests) for tests in (answer.tests, examples))
    for what, verdict in zip(("tests", "examples"), verdicts, strict=True):
        if not verdict.passed:
            return f"{what}: {verdict.kind}"
    return ""


def _agrees(sandbox: Sandbox, answer: Answer, inputs: list[tuple], expected: list[Outcome]) -> str:
    """Level 3."""
    if normalised(answer.solution) == normalised(answer.second_solution):
        return "the second solution is the first"
    verdict = sandbox.run(Program(answer.second_solution, answer.tests))
    if not verdict.passed:
        return f"the second solution: tests {verdict.kind}"
    observed = next(outcomes(sandbox, [answer.second_solution], answer.name, inputs))
    if isinstance(observed, str):
        return f"the second solution: {observed}"
    if not all(same(one, other) for one, (other, _) in zip(expected, observed, strict=True)):
        return "the second solution disagrees"
    return ""


def _strength(sandbox: Sandbox, answer: Answer, inputs: list[tuple], random: Random) -> Score:
    """Level 4: the mutants that the tests kill, and of the others those that do as the solution does on every input."""
    mutants = list(mutant_sources(answer.solution, random, MOST_MUTANTS))
    verdicts = sandbox.map(Program(mutant, answer.tests) for mutant in mutants)
    survivors = [mutant for mutant, verdict in zip(mutants, verdicts, strict=True) if verdict.passed]
    equivalent = 0
    if survivors:
        expected, *observed = outcomes(sandbox, [answer.solution, *survivors], answer.name, inputs)
        equivalent = sum(_equal(expected, each) for each in observed)
    return Score(len(mutants), len(mutants) - len(survivors), equivalent)


def _equal(one: list[tuple[Outcome, bool]] | str, other: list[tuple[Outcome, bool]] | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return False
    return all(same(a, b) for (a, _), (b, _) in zip(one, other, strict=True))
