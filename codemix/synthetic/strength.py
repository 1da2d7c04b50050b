"""How strong tests are: which mutants they tell from the reference, and which inputs make them strong."""

import dataclasses
from collections.abc import Callable, Sequence
from random import Random

from codemix.synthetic.literals import literal
from codemix.synthetic.mutation import compiled, mutants
from codemix.synthetic.outcomes import REFERENCE_STEPS, Input, Outcome, Subject, same
from codemix.synthetic.problem import Sketch
from codemix.synthetic.variation import varied

MOST_MUTANTS = 40
CANDIDATES = 150  # inputs among which those of the tests are chosen
EQUIVALENCE_INPUTS = 200  # a mutant that agrees with the reference on so many more is presumed equivalent
LEAST_INPUTS, MOST_INPUTS = 5, 16
_PIPELINE = "pipeline"  # the style of what `codemix.synthetic.pipelines` joins
_FACTOR, _MARGIN = 10, 200  # a mutant may take so many times the reference's steps, and so many more


@dataclasses.dataclass(frozen=True)
class Score:
    """The counts of mutation testing."""

    mutants: int
    killed: int
    presumed_equivalent: int

    @property
    def value(self) -> float:
        """Killed, of those not presumed equivalent."""
        counted = self.mutants - self.presumed_equivalent
        return self.killed / counted if counted else 0.0


class Expected:
    """What the reference does with given inputs; each is run when it is first asked for.

    Attributes:
        inputs: the inputs.
    """

    def __init__(self, reference: Subject, values: Sequence[tuple]):
        self.inputs = [Input.of(value) for value in values]
        self._reference = reference
        self._known: dict[int, tuple[Outcome, int]] = {}

    def outcome(self, place: int) -> tuple[Outcome, int]:
        """What the reference does with an input, and the steps that another may take with it."""
        if place not in self._known:
            outcome, steps = self._reference.run(self.inputs[place].fresh(), REFERENCE_STEPS)
            self._known[place] = outcome, _FACTOR * steps + _MARGIN
        return self._known[place]

    def differs(self, subject: Subject, place: int) -> bool:
        """Whether the subject does something else with an input."""
        expected, limit = self.outcome(place)
        outcome, _ = subject.run(self.inputs[place].fresh(), limit)
        return not same(expected, outcome)

    def first_difference(self, subject: Subject, places: Sequence[int] | None = None) -> int | None:
        """The first of the places, by default of all, where the subject does something else; None where none is."""
        for place in range(len(self.inputs)) if places is None else places:
            if self.differs(subject, place):
                return place
        return None


def samples(sketch: Sketch, random: Random, count: int) -> list[tuple]:
    """Random inputs, without repeats; fewer where the sampler repeats itself."""
    found: dict[str, tuple] = {}
    pipeline = sketch.solution.style == _PIPELINE
    for _ in range(count):
        value = varied(sketch, random) if pipeline else sketch.sample(random)
        found.setdefault(literal(value), value)
    return list(found.values())


def choose_inputs(sketch: Sketch, source: str, random: Random) -> list[tuple]:
    """Inputs for the tests: the edges, then whatever kills a mutant that those before it leave alive, short ones first.

    Args:
        sketch: gives edges and random inputs.
        source: of the reference.
        random: for inputs and mutants.
    """
    found = {literal(value): value for value in (*sketch.edges, *samples(sketch, random, CANDIDATES))}
    edges = [literal(value) for value in sketch.edges]
    order = [*dict.fromkeys(edges), *sorted((text for text in found if text not in edges), key=len)]
    values = [found[text] for text in order]
    expected = Expected(Subject(compiled(source), sketch.kind, sketch.name), values)
    chosen = list(range(min(len(dict.fromkeys(edges)), MOST_INPUTS // 2)))
    others = [place for place in range(len(values)) if place not in chosen]
    for code in mutants(source, random, MOST_MUTANTS):
        subject = _made(code, sketch)
        if subject is None or expected.first_difference(subject, chosen) is not None:
            continue
        place = expected.first_difference(subject, others)
        if place is not None and len(chosen) < MOST_INPUTS:
            chosen.append(place)
            others.remove(place)
    missing = max(0, LEAST_INPUTS - len(chosen))
    chosen += random.sample(others, min(missing, len(others)))
    return [values[place] for place in chosen]


def score(sketch: Sketch, source: str, tests: str, random: Random) -> Score:
    """Runs the tests on the mutants, and those that pass on many random inputs.

    Args:
        sketch: gives random inputs.
        source: of the reference, which passes the tests.
        tests: run after a solution.
        random: for mutants and inputs.
    """
    reference = Subject(compiled(source), sketch.kind, sketch.name)
    code = compile(tests, "tests.py", "exec")
    _, steps = reference.passes(code, MOST_INPUTS * REFERENCE_STEPS)
    limit = _FACTOR * steps + MOST_INPUTS * _MARGIN
    survivors: list[Subject] = []
    count = 0
    for mutant in mutants(source, random, MOST_MUTANTS):
        count += 1
        subject = _made(mutant, sketch)
        if subject is not None and subject.passes(code, limit)[0]:
            survivors.append(subject)
    equivalent = 0
    if survivors:
        more = Expected(reference, samples(sketch, random, EQUIVALENCE_INPUTS))
        equivalent = sum(more.first_difference(subject) is None for subject in survivors)
    return Score(count, count - len(survivors), equivalent)


def _made(code: Callable | object, sketch: Sketch) -> Subject | None:
    """The mutant, or None where the module does not even execute: any test would tell."""
    try:
        return Subject(code, sketch.kind, sketch.name)  # type: ignore[arg-type]
    except Exception:
        return None
