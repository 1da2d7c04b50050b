"""Prompts: how a model is asked for a problem.

A fragment of real code as the seed of a prompt is OSS-Instruct's idea (arXiv 2312.02120 §2): what is asked varies as
real code does, and not as a model's own notion of an exercise.
"""

import dataclasses
from random import Random

from codemix.chat.client import Message

STYLES = {
    "inspired": "Let the fragment give you an idea, and invent a programming problem of its own around it; it need not "
    "be in the same field.",
    "operation": "Find one operation that the fragment performs, clean it of everything around it, and make a "
    "self-contained problem of exactly that operation.",
    "concept": "Name for yourself a concept of computer science or mathematics that the fragment touches, and pose a "
    "problem that can only be solved by who has understood it.",
    "variation": "Take what the fragment does, change its rules in two places, and make a problem of the new rules.",
    "everyday": "Move what the fragment does into an everyday situation, and pose a problem that people there would "
    "have.",
}

_SYSTEM = """\
You write programming exercises in Python. You answer with one JSON object and nothing else. Its keys, all of them \
strings, all required:
"name": the name of one function.
"problem": the problem in English, complete without anything else: what is given, what is returned, what holds for \
ties, empty inputs and errors. It names the function and never mentions a fragment.
"solution": a Python module that defines the function at its top level, with type annotations and a docstring with at \
least one example as doctest writes them. Standard library only; no input, output, files, clocks or random numbers. \
Arguments are not modified. Arguments and results are numbers, strings, booleans, None, and lists, tuples, \
dictionaries and sets of them.
"second_solution": another module with the same function by a different algorithm, written without looking at the \
first.
"tests": a Python module of assert statements that call the function by its name, at least six of them, the edge \
cases included; a wrong solution must fail them.
"make_input": a Python module that defines make_input(random), which takes a random.Random and returns a tuple with \
the arguments of one valid call, small and varied, edge cases included."""

_REPAIR = """\
That answer cannot be used: {reason}. Answer again with the whole JSON object, all keys, and nothing before or after \
it."""


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What one problem is asked with."""

    style: str
    fragment: str  # the identity of the document that it is from
    messages: tuple[Message, ...]


def prompt(style: str, identity: str, fragment: str, random: Random) -> Prompt:
    """The prompt of a style over a fragment.

    Args:
        style: a key of `STYLES`.
        identity: of the fragment's document.
        fragment: lines of code.
        random: chooses how hard the problem is to be.
    """
    level = random.choice(("easy: a few lines", "of medium difficulty", "hard, for an experienced programmer"))
    asked = f"{STYLES[style]} It should be {level}.\n\nFragment:\n```\n{fragment}\n```"
    return Prompt(style, identity, ({"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}))


def repair(messages: tuple[Message, ...], answer: str, reason: str) -> tuple[Message, ...]:
    """The turn after an answer that is malformed. Of a long one the beginning is shown."""
    return (
        *messages,
        {"role": "assistant", "content": answer[:8000] or "(nothing)"},
        {"role": "user", "content": _REPAIR.format(reason=reason)},
    )
