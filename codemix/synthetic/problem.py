"""What a problem is: what a family sketches, and what is made of it."""

import dataclasses
from collections.abc import Callable
from random import Random
from typing import Any, Literal

Kind = Literal["function", "iterator", "class"]
Sampler = Callable[[Random], tuple[Any, ...]]


class Rejected(Exception):
    """A sketch that makes no problem, and why; counted at the level that would have found it.

    Attributes:
        level: of verification.
        reason: of its drop.
    """

    def __init__(self, level: int, reason: str):
        super().__init__(reason)
        self.level = level
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One argument of the function, or of the class's constructor."""

    name: str
    type: str  # as it is annotated: "list[int]"
    about: str  # a noun phrase: "the prices of the orders, in cents"


@dataclasses.dataclass(frozen=True)
class Code:
    """A solution without its head, which is written around it.

    Attributes:
        body: what stands below the `def` or `class` line; it is dedented. A line that is only a comment may be left
            out of what is shown.
        before: imports and helper functions; dedented, too.
        style: "loop", "comprehension", "recursion", "library"…
    """

    body: str
    before: str = ""
    style: str = "loop"


@dataclasses.dataclass(frozen=True)
class Contract:
    """Conditions as Python expressions over the parameters' names and, after the call, `result`."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Sketch:
    """What a family says of one problem; `codemix.synthetic.families` is the guide.

    Attributes:
        name: of the function or class.
        parameters: of the function or the constructor.
        returns: the annotation of what is returned; of a class unused.
        task: an infinitive, without a capital or full stop: "return the number of prices above 30".
        solution: the reference.
        second: another algorithm for the same problem, in code of its own.
        sample: a random input: a tuple of arguments; for a class (arguments, ((method, arguments), …)), where None
            in place of a method's arguments reads an attribute. Values are those of literals: numbers, strings,
            booleans, None, and tuples, lists, dictionaries and sets of them.
        edges: inputs of the same form that tests should begin with.
        rules: independent sentences that settle the rest: ties, empty inputs, errors.
        story: one or two sentences that lead to the task, "" to have one made from the scene.
        raises: exception -> when, "the list is empty".
        kind: "iterator" is a function whose result is compared as a list.
        steps: sentences that say in order what the task only counts, of a pipeline.
        step: the task as a step of a pipeline, an infinitive that calls its input {it} and needs none of the rules.
            Only where the function has one parameter and is defined for every value of its type.
        contract: what symbolic checking may try.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: str
    task: str
    solution: Code
    second: Code
    sample: Sampler
    edges: tuple[tuple[Any, ...], ...] = ()
    rules: tuple[str, ...] = ()
    story: str = ""
    raises: dict[str, str] = dataclasses.field(default_factory=dict)
    kind: Kind = "function"
    steps: tuple[str, ...] = ()
    step: str = ""
    contract: Contract | None = None


@dataclasses.dataclass(frozen=True)
class Problem:
    """A finished problem.

    Attributes:
        id: "SEED-INDEX".
        family: its name; of a pipeline the names joined by "+".
        sketch: what it was made from.
        statement: in English.
        solution: the reference's source, with imports and docstring.
        second: the second solution's source, under the same name.
        tests: source that runs after the solution's and raises where it is wrong.
        examples: of the docstring: (source, what it prints), in order.
        inputs: of the tests.
        layout: of the document, one of `codemix.synthetic.layouts`.
        seed: of the random inputs that it is checked on.
    """

    id: str
    family: str
    sketch: Sketch
    statement: str
    solution: str
    second: str
    tests: str
    examples: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[Any, ...], ...]
    layout: str
    seed: int
