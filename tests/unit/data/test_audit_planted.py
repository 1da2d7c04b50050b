"""Items of real benchmarks, planted into documents: found however they are laid out, and nothing else is."""

import re

import pytest
from audit_brute_force import tokens
from audit_samples import REAL, built, files_of, samples
from hypothesis import given, settings
from hypothesis import strategies as st

from codemix.data.audit.config import Audit
from codemix.data.audit.index import Index
from codemix.data.audit.items import Part, read_items
from codemix.data.audit.matching import find_matches

AROUND = "The weather of that week was dull; nobody wrote a letter, and the dog slept by the stove.\n" * 400


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    samples()
    return built(Audit(REAL), tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def items(index: Index) -> list[tuple[str, str, Part, int]]:
    """(benchmark, item, part, its units that count) of every part."""
    files = files_of(Audit(REAL))
    parts = [
        (benchmark.name, item, part)
        for benchmark in REAL
        for item, of_item in read_items(benchmark, files[benchmark.name]).items()
        for part in of_item
    ]
    return [(*part, entry.units) for part, entry in zip(parts, index.parts, strict=True)]


def shares(index: Index, text: str) -> dict[tuple[str, str, str], float]:
    found = {}
    for match in find_matches(index, text):
        part = index.parts[match.part]
        found[part.benchmark, part.item, part.name] = len(match.found) / part.units
    return found


def laid_out_anew(text: str) -> str:
    """Text in capitals on short lines, with other quotation marks and dashes, and commas after the words."""
    words = text.upper().replace("'", "’").split()
    return "\n".join(f"— {word}…" if number % 3 else f"\t{word}  “" for number, word in enumerate(words))


def reformatted(code: str) -> str:
    """Code with other indentation, blank lines, and a comment on every line that ends outside a string."""
    lines = []
    quotes = 0
    for line in code.split("\n"):
        quotes += len(re.findall(r'"""|\'\'\'', line))
        indent = len(line) - len(line.lstrip(" "))
        comment = "  # by somebody else" if quotes % 2 == 0 and not line.rstrip().endswith(("'", '"', "\\")) else ""
        lines.append("\t" * (indent // 4) + " " * (indent % 4) + line.lstrip(" ") + comment + "\n")
    return "\n".join(lines)


@pytest.mark.parametrize("benchmark", [benchmark.name for benchmark in REAL])
def test_every_item_is_found_verbatim_in_the_middle_of_a_long_document(index: Index, items, benchmark: str):
    searched = [part for part in items if part[0] == benchmark and part[3]]
    for name, item, part, _ in searched[:: max(1, len(searched) // 40)]:
        text = AROUND + "\n\n".join(part.passages) + "\n" + AROUND
        assert shares(index, text)[name, item, part.name] == 1.0, f"{item}, {part.name}"


@settings(deadline=None)
@given(data=st.data())
def test_layout_does_not_hide_an_item(index: Index, items, data: st.DataObject):
    searched = [part for part in items if part[3] and not any("\\" in passage for passage in part[2].passages)]
    name, item, part, _ = data.draw(st.sampled_from(searched))
    lay_out = laid_out_anew if part.kind == "text" else reformatted
    text = AROUND[:900] + "\n\n".join(map(lay_out, part.passages)) + "\n" + AROUND[:900]
    assert shares(index, text).get((name, item, part.name), 0) >= 0.9, f"{item}, {part.name}"


def test_other_words_are_not_found(index: Index, items):
    """Every fifth word is another one: no thirteen in a row are left. Prose of nothing but its own is not found."""
    assert shares(index, AROUND) == {}
    for name, item, part, _ in items[::97]:
        if part.kind == "text":
            words = " ".join(part.passages).split()
            text = " ".join("altered" if number % 5 == 4 else word for number, word in enumerate(words))
            assert (name, item, part.name) not in shares(index, text)


def test_a_half_is_found_as_a_half(index: Index, items):
    passages = [part for part in items if part[0] == "boolq" and part[2].name == "passage" and part[3] > 60]
    for name, item, part, _ in passages[:20]:
        half = part.passages[0][: len(part.passages[0]) // 2]
        assert 0.3 < shares(index, AROUND + half + ". " + AROUND)[name, item, part.name] < 0.6


def test_what_is_too_short_has_no_units(index: Index, items):
    told = {(name, item, part.name) for name, item, part, units in items if units}
    short = [(name, item, part) for name, item, part, units in items if not units]
    assert ("arc", "Mercury_7175875", "question") in told
    assert short
    for _, _, part in short:
        limit = 20 if part.kind == "code" else 8
        assert all(len(tokens(passage, part.kind)) < limit for passage in part.passages)
