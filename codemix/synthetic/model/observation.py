"""What a stranger's function does with an input, told by the sandbox as text and read as plain data."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from codemix.sandbox import Program, Sandbox, Verdict
from codemix.synthetic.literals import literal
from codemix.synthetic.outcomes import RAISED, RETURNED, Outcome

STRANGE = "strange"  # the outcome of a call that gives no plain data: an object, a generator, infinity
_RAISED = "raise "
_LONGEST = 20_000  # characters of one value


def inputs_of(sandbox: Sandbox, make_input: str, seeds: Sequence[int]) -> list[tuple[Any, ...]] | str:
    """What `make_input` gives with each seed, without repeats; or why there is none."""
    expressions = [f"make_input(__import__('random').Random({seed}))" for seed in seeds]
    observed = next(sandbox.observe_all([(Program(make_input, ""), expressions)]))
    if isinstance(observed, Verdict):
        return f"make_input: {observed.kind}"
    found: dict[str, tuple[Any, ...]] = {}
    for text in observed:
        if text.startswith(_RAISED):
            return "make_input raises"
        value = _plain(text)
        if not isinstance(value, tuple):
            return "make_input returns no tuple of plain data"
        found.setdefault(literal(value), value)
    return list(found.values())


def outcomes(
    sandbox: Sandbox, codes: Iterable[str], name: str, inputs: Sequence[tuple[Any, ...]]
) -> Iterator[list[tuple[Outcome, bool]] | str]:
    """For every program what its function does with each input, and whether it leaves its arguments as they were.

    Each program has a process of its own; of one that does not end, or ends badly, the reason is given.
    """
    calls = [f"(lambda given: ({name}(*given), given))({literal(value)})" for value in inputs]
    for observed in sandbox.observe_all((Program(code, ""), calls) for code in codes):
        if isinstance(observed, Verdict):
            yield observed.kind
        else:
            yield [_outcome(text, given) for text, given in zip(observed, inputs, strict=True)]


def _outcome(text: str, given: tuple[Any, ...]) -> tuple[Outcome, bool]:
    if text.startswith(_RAISED):
        return ((RAISED, text.removeprefix(_RAISED).partition("(")[0]),), True
    match _plain(text):
        case (result, after):
            return ((RETURNED, result),), literal(after) == literal(given)
        case _:
            return ((STRANGE, None),), True


def _plain(text: str) -> Any:
    """The value that a text is the literal of; None, which nothing above takes for a value, where it is of none."""
    if len(text) > _LONGEST:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
