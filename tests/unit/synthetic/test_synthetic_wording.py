"""What a reader sees: sentences without slips, examples that tell something, code that looks written by hand."""

import ast
import doctest
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemix.data.documents import Document
from codemix.errors import UserError
from codemix.synthetic import families as package
from codemix.synthetic import registry
from codemix.synthetic.draw import Draw
from codemix.synthetic.examples import DULL, dullness
from codemix.synthetic.layouts import LAYOUTS, document
from codemix.synthetic.literals import literal
from codemix.synthetic.making import problem_at
from codemix.synthetic.mutation import compiled
from codemix.synthetic.outcomes import RETURNED, Input, Subject
from codemix.synthetic.phrases import listed, wrapped
from codemix.synthetic.problem import Code, Parameter, Problem, Rejected, Sketch
from codemix.synthetic.reader import SyntheticProblems
from codemix.synthetic.source import source
from codemix.synthetic.statement import statement

MADE = 300
SLIPS = {
    "a doubled word": r"\b(\w+) \1\b",
    "a space before punctuation": r" [,.;:?!]",
    "doubled punctuation": r"[,;:?!][.,;:?!]|(?<!\.)\.[.,;:?!]",
    "an open template": r"[\[\]{}|]",
    "an article before another": r"\b(a|an|the) (a|an|the)\b",
    "a before a vowel": r"\ba (?!one|uni|use|is)[aeiou]",
    "an before a consonant": r"\ban (?!hour)[bcdfghjklmnpqrstvwxyz]",
    "a verb with to": r"\b(should|must|can|could|cannot) to\b",
    "two spaces": r"\S  +\S",
}


@pytest.fixture(scope="module")
def made() -> list[Problem]:
    found = []
    for index in range(MADE):
        try:
            found.append(problem_at(23, index))
        except Rejected:
            continue
    assert len(found) > 0.95 * MADE
    return found


def prose(text: str) -> str:
    """The text on one line for each paragraph or point, with X for code and quoted text."""
    text = re.sub(r"`[^`]*`", "X", text)
    text = re.sub(r"""(?<!\w)'[^'\n]*'(?!\w)|"[^"\n]*\"""", "X", text)
    text = re.sub(r"\n +", " ", text)
    text = re.sub(r"(?<![:.\n])\n(?![-\n]|\d+\. )", " ", text)
    return re.sub(r"(?m)^(- |\d+\. )", "", text)


@pytest.mark.parametrize("slip", SLIPS)
def test_statements_have_no_slips(slip: str, made: list[Problem]) -> None:
    found = [
        (problem.id, problem.family, match.group())
        for problem in made
        if (match := re.search(SLIPS[slip], re.sub(r"\([^()]*\)", "(X)", prose(problem.statement))))
    ]
    assert found == []


def test_sentences_begin_with_capitals_and_end(made: list[Problem]) -> None:
    for problem in made:
        for line in filter(None, prose(problem.statement).split("\n")):
            assert re.search(r"[.?:]$", line.strip()), (problem.id, line)
            assert not re.search(r"(?:^|[.?!] )[a-z]", line), (problem.id, line)


def test_what_parameters_are_is_a_noun_phrase(made: list[Problem]) -> None:
    for problem in made:
        for each in problem.sketch.parameters:
            assert not re.match(r"(where|how|by|whether|what|which|when|if|to)\b", each.about), (problem.family, each)
            assert not re.search(r"[.;]$|^[A-Z]", each.about), (problem.family, each)


def test_docstrings_have_examples_that_doctest_reads(made: list[Problem]) -> None:
    parser = doctest.DocTestParser()
    without = 0
    for problem in made:
        tree = ast.parse(problem.solution)
        (node,) = (one for one in tree.body if getattr(one, "name", "") == problem.sketch.name)
        assert isinstance(node, ast.FunctionDef | ast.ClassDef)
        text = ast.get_docstring(node, clean=True)
        assert text
        assert len(max(text.splitlines(), key=len)) <= 200
        examples = parser.get_examples(text)
        assert [example.source.strip() for example in examples] == [line for line, _ in problem.examples]
        without += not examples
    assert without <= 0.02 * len(made)  # where every input raises


def test_the_first_example_tells_something_where_any_does(made: list[Problem]) -> None:
    dull = 0
    for problem in made:
        sketch = problem.sketch
        if sketch.kind == "class" or not problem.examples:
            continue
        subject = Subject(compiled(problem.solution), sketch.kind, sketch.name)
        cases = [(value, subject.run(Input.of(value).fresh())[0]) for value in problem.inputs]
        short = [case for case in cases if len(literal(case[0])) + len(literal(case[1])) <= 160]
        if any(dullness(case) < DULL for case in short):
            shown = problem.examples[0][0]
            (first,) = (case for case in cases if shown.count(f"{sketch.name}({', '.join(map(literal, case[0]))})"))
            dull += dullness(first) >= DULL
    assert dull == 0


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ((([1, 2],), ((RETURNED, 3),)), 0),
        ((([1, 2],), ((RETURNED, 0),)), 1),
        ((([1, 2],), ((RETURNED, [1, 2]),)), 1),
        ((([],), ((RETURNED, []),)), 3),
        (((5,), (("raised", "ValueError"),)), 3),
        (((5,), ((RETURNED, False),)), 0),
    ],
)
def test_how_little_an_example_tells(case: tuple, expected: int) -> None:
    assert dullness(case) == expected


def test_programs_of_every_layout_stand_below_two_empty_lines(made: list[Problem]) -> None:
    assert {problem.layout for problem in made} == set(LAYOUTS)
    for problem in made:
        if problem.layout in ("module", "comment", "function"):
            text = document(problem)
            compile(text, problem.id, "exec")
            assert not re.search(r"\S\n\n?(def|class) (?!.*\n.*return __)", text.split("\n\n\n")[0] + "\n\n\n"), (
                problem.id
            )


def test_steps_of_pipelines_keep_their_order(made: list[Problem]) -> None:
    some = [problem for problem in made if problem.sketch.steps]
    assert some
    for problem in some:
        told = " ".join(problem.statement.split()).lower()
        docstring = " ".join(problem.solution.split()).lower()
        for text in (told, *([docstring] if problem.layout != "function" else [])):
            places = [text.find(" ".join(step.split()).lower()) for step in problem.sketch.steps]
            assert places == sorted(places), problem.id
            assert places[0] >= 0, problem.id


WORDS = st.lists(
    st.one_of(
        st.text("abcdefgh.,", min_size=1, max_size=9),
        st.sampled_from(["`f([1, 2])`", "`a  b`", "'x - y',", "`g('a b')`.", "1."]),
    ),
    min_size=1,
    max_size=30,
)


@given(WORDS, st.integers(10, 40), st.sampled_from(["", "  "]))
def test_lines_are_broken_between_words_and_never_in_code(words: list[str], width: int, hang: str) -> None:
    lines = wrapped("\n".join(words), width, hang).split("\n")
    assert all(line.startswith(hang) for line in lines[1:])
    assert " ".join(line.removeprefix(hang) if number else line for number, line in enumerate(lines)) == " ".join(words)
    for line, following in pairwise(lines):
        assert not following.startswith(f"{hang}1.")
        assert (
            len(line.removesuffix(" 1.")) <= width or " " not in line.removeprefix(hang) or "`" in line or "'" in line
        )
        taken = max((word for word in words if following[len(hang) :].startswith(word)), key=len)
        assert len(line) + 1 + len(taken) > width


def test_lists_of_phrases_with_commas() -> None:
    assert listed(["the prices, in cents", "the number of days"]) == "the prices, in cents, and the number of days"


def test_arguments_are_told_in_grammar() -> None:
    code = Code("return 0")
    parameters = (
        Parameter("spans", "list[int]", "intervals of whole numbers"),
        Parameter("size", "int", "the number of seats"),
        Parameter("word", "str", "a word"),
        Parameter("marks", "str", "the marks of one pupil"),
    )
    sketch = Sketch("f", parameters, "int", "return 0", code, code, lambda random: ())
    told = " ".join(statement(sketch, Draw(Random(seed)), "") for seed in range(60))
    told = " ".join(told.split())
    assert re.search(r"`spans` (holds|contains) intervals", told)
    assert "`size` is the number of seats" in told
    assert "`word` is a word" in told
    assert re.search(r"`marks` (holds|contains) the marks", told)
    assert not re.search(r"`spans` is|`size` (holds|contains)|`word` (holds|contains)|`marks` is", told)


@pytest.mark.parametrize("body", ["def inner():\n    return 1\n\nreturn inner()", "@cache\ndef inner():\n    return 1"])
def test_an_empty_line_stands_between_a_docstring_and_a_nested_function(body: str) -> None:
    sketch = Sketch("f", (), "int", "return 1", Code(body), Code(body), lambda random: ())
    assert '"""Return 1."""\n\n    ' in source(sketch, sketch.solution, "Return 1.")
    assert '"""Return 1."""\n    return' in source(sketch, Code("return 1"), "Return 1.")


@pytest.fixture
def broken_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module among the families that cannot be imported."""
    (tmp_path / "zz_broken.py").write_text("TOPIC = 'lists'\nVERSION = undefined\n")
    (tmp_path / "zz_empty.py").write_text("TOPIC = 'lists'\n")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry.names.cache_clear()
    yield "zz_broken"
    registry.names.cache_clear()


def test_a_broken_family_is_named_in_one_sentence(broken_family: str) -> None:
    with pytest.raises(
        UserError, match=r"families\.zz_broken is no family of problems \(NameError: .*undefined"
    ) as told:
        registry.families()
    assert isinstance(told.value.__cause__, NameError)
    with pytest.raises(UserError, match=r"zz_empty is no family of problems \(AttributeError: .*VERSION"):
        registry.family("zz_empty")


def test_a_broken_family_does_not_break_those_that_are_asked_for(broken_family: str) -> None:
    assert [family.name for family in registry.chosen(("letter_shift",))] == ["letter_shift"]
    assert problem_at(1, 0, ("letter_shift",)).family == "letter_shift"


def test_the_ten_of_the_readme_are_those_that_are_made() -> None:
    readme = Path(package.__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    documents = SyntheticProblems(12, seed=10).documents((0, 12))
    kept = [each for each in documents if isinstance(each, Document)]
    assert len(kept) == 10
    assert all(each.text.strip() in readme for each in kept)
