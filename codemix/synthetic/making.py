"""Making: a problem is a pure function of (seed, index) and of which families there are."""

from codemix.synthetic.docstrings import docstring
from codemix.synthetic.draw import Draw, seeded
from codemix.synthetic.examples import DULL, Case, call, dullness, shown
from codemix.synthetic.layouts import LAYOUTS
from codemix.synthetic.literals import literal
from codemix.synthetic.mutation import compiled
from codemix.synthetic.outcomes import ENDLESS, RAISED, RETURNED, Input, Subject
from codemix.synthetic.pipelines import pipeline
from codemix.synthetic.problem import Problem, Rejected, Sketch
from codemix.synthetic.registry import chosen
from codemix.synthetic.source import source
from codemix.synthetic.statement import statement
from codemix.synthetic.strength import choose_inputs
from codemix.synthetic.testing import tests

# Raised when the same families would give other problems.
GENERATOR_VERSION = 2
_PIPELINES = 0.15  # of the problems, where families fit
_TRIES = 15  # families that may begin one
_LONGEST_EXAMPLE = 160  # characters


def problem_at(seed: int, index: int, families: tuple[str, ...] = ()) -> Problem:
    """The problem of an index, the same in every process.

    Args:
        seed: of the whole collection.
        index: from 0.
        families: their names; by default all.

    Raises:
        Rejected: the sketch makes no problem, because its reference ends in an error or not at all.
    """
    known = chosen(families)
    choice = seeded(seed, index, "family")
    first = choice.choice(known)
    draw = Draw(seeded(seed, index, first.name))
    name, sketch = first.name, first.sketch(draw)
    if choice.random() < _PIPELINES:
        for family in choice.sample(known, min(_TRIES, len(known))):
            beginning = Draw(seeded(seed, index, family.name))
            names, joined = pipeline((family.name, family.sketch(beginning)), known, beginning)
            if names != family.name:
                name, sketch, draw = names, joined, beginning
                break
    words = Draw(seeded(seed, index, f"{name} text"))
    words.scene = draw.scene
    return problem_of(sketch, name, f"{seed}-{index}", words)


def problem_of(sketch: Sketch, family: str, identity: str, draw: Draw) -> Problem:
    """The finished problem of a sketch: statement, docstring, tests.

    Args:
        sketch: what a family, or a pipeline of some, says.
        family: its name.
        identity: the problem's id.
        draw: chooses words, styles and inputs; its scene is the sketch's.

    Raises:
        Rejected: as above.
    """
    bare = source(sketch, sketch.solution)
    try:
        reference = Subject(compiled(bare), sketch.kind, sketch.name)
        inputs = choose_inputs(sketch, bare, draw.random)
    except Exception as error:
        raise Rejected(1, f"the solution cannot be executed: {type(error).__name__}") from error
    cases = [(given, reference.run(Input.of(given).fresh())[0]) for given in inputs]
    for _, outcome in cases:
        for what, value in outcome:
            if what == ENDLESS:
                raise Rejected(1, "the solution does not end")
            if what == RAISED and value not in sketch.raises:
                raise Rejected(1, f"the solution raises {value}")
    examples = _examples(sketch, cases, draw)
    layout = draw.pick(LAYOUTS)
    sentence = _sentence(sketch, cases, draw) if layout != "function" and draw.chance(0.5) else ""
    told = statement(sketch, draw, sentence)
    text = docstring(sketch, draw, told if layout == "function" else "", examples)
    comments = draw.chance(0.5)
    return Problem(
        id=identity,
        family=family,
        sketch=sketch,
        statement=told,
        solution=source(sketch, sketch.solution, text, comments),
        second=source(sketch, sketch.second),
        tests=tests(sketch, cases, draw),
        examples=examples,
        inputs=tuple(inputs),
        layout=layout,
        seed=draw.random.getrandbits(64),
    )


def _examples(sketch: Sketch, cases: list[Case], draw: Draw) -> tuple[tuple[str, str], ...]:
    """One to three examples: first what tells most, then others with other outcomes, at most one of them trivial."""
    sizes = [len(literal(given)) + len(literal(outcome)) for given, outcome in cases]
    short = [case for case, size in zip(cases, sizes, strict=True) if size <= max(_LONGEST_EXAMPLE, min(sizes))]
    draw.random.shuffle(short)
    short.sort(key=dullness)
    wanted = 1 if sketch.kind == "class" else draw.number(1, 3)
    picked: list[Case] = []
    for case in short:
        known = any(case[1] == outcome for _, outcome in picked)
        dull = dullness(case) >= DULL and any(dullness(each) >= DULL for each in picked)
        if len(picked) < wanted and shown(sketch, *case) and not (picked and (known or dull)):
            picked.append(case)
    return tuple(line for given, outcome in picked for line in shown(sketch, given, outcome))


def _sentence(sketch: Sketch, cases: list[Case], draw: Draw) -> str:
    """A sentence with an example, "" where none can be said."""
    fit = [
        (given, outcome)
        for given, outcome in cases
        if outcome[0][0] == RETURNED and len(literal((given, outcome))) < 120
    ]
    if sketch.kind == "class" or not fit:
        return ""
    least = min(map(dullness, fit))
    given, outcome = draw.pick([case for case in fit if dullness(case) == least])
    verb = draw.say("[gives|returns|is|should give|must be]")
    start = draw.say("[For example, |For instance, |Example: |]")
    return f"{start}`{call(sketch, given)}` {verb} `{literal(outcome[0][1])}`."
