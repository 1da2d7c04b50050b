"""Scrambled code: the structure of the original, and nothing that its author named."""

import ast
import re
import sysconfig
import warnings
from collections import Counter
from pathlib import Path

import pytest
from derived_samples import DOCUMENTS, WORDS, real_documents
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.token import Token

from codemix.data.derived.lexing import is_comment, known_tokens, lex, plain_lines
from codemix.data.derived.names import Renaming
from codemix.data.derived.scrambling import scramble
from codemix.data.local.python_source import parse, without_docstrings

STANDARD_LIBRARY = sorted(
    path for path in Path(sysconfig.get_path("stdlib")).glob("*.py") if 1_000 < path.stat().st_size < 25_000
)


def token_types(text: str, language: str, lexer: str | None = None) -> list[object]:
    """Those of all tokens but comments and white space; a run of one type counts once, since a comment between two
    pieces of text makes them two."""
    tokens = lex(plain_lines(text), lexer) if lexer else known_tokens(plain_lines(text), language)[1]
    types = [kind for kind, value in tokens if value.strip() and not is_comment(kind, language)]
    return [kind for kind, before in zip(types, [None, *types], strict=False) if kind is not before]


def code_of(text: str, language: str) -> str:
    try:
        return without_docstrings(plain_lines(text)) if language == "python" else text
    except ValueError:
        return text


@pytest.mark.parametrize("language", DOCUMENTS)
def test_no_name_no_comment_and_the_same_tokens(language: str):
    text = DOCUMENTS[language]
    scrambled = scramble(text, language)
    assert token_types(scrambled, language) == token_types(code_of(text, language), language)
    assert "dds" not in scrambled
    assert "wice" not in scrambled
    left = [word for word in WORDS if word in scrambled.lower()]
    assert left == (["purchase"] if language == "tex" else [])  # all of TeX's commands are keywords to its lexer
    assert scramble(text, language) == scrambled


@pytest.mark.parametrize("language", DOCUMENTS)
def test_real_documents_keep_their_tokens(language: str):
    texts = real_documents(language, 6)
    if not texts:
        pytest.skip(f"CODEMIX_SAMPLES has no {language}")
    for text in texts:
        try:
            scrambled = scramble(text, language)
        except ValueError as reason:
            assert str(reason) == "no code"  # noqa: PT017
            continue
        assert token_types(scrambled, language) == token_types(code_of(text, language), language)
        # Layout: what is left of the lines keeps their indentation, in their order.
        indents = iter(re.findall(r"(?m)^[ \t]*(?=\S)", plain_lines(text)))
        assert all(indent in indents for indent in re.findall(r"(?m)^[ \t]*(?=\S)", scrambled))


def assert_isomorphic(one: ast.AST, other: ast.AST) -> None:
    """The trees differ in names and in strings alone; names map one to one, strings keep their lengths."""
    renamed: dict[str, str] = {}
    waiting: list[tuple[object, object]] = [(one, other)]
    while waiting:
        a, b = waiting.pop()
        assert type(a) is type(b)
        if isinstance(a, ast.Constant) and isinstance(b, ast.Constant):
            if isinstance(a.value, str | bytes):
                assert isinstance(b.value, type(a.value))
                assert len(a.value) == len(b.value)
            else:
                assert a.value == b.value
        elif isinstance(a, ast.AST) and isinstance(b, ast.AST):
            waiting += [(getattr(a, field, None), getattr(b, field, None)) for field in a._fields]
        elif isinstance(a, list) and isinstance(b, list):
            waiting += zip(a, b, strict=True)
        elif isinstance(a, str) and isinstance(b, str):
            for old, new in zip(a.split("."), b.split("."), strict=True):
                assert renamed.setdefault(old, new) == new
        else:
            assert a == b
    assert len(set(renamed.values())) == len(renamed)


def assert_same_program(source: str) -> str:
    scrambled = scramble(source, "python")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_isomorphic(parse(without_docstrings(plain_lines(source))), ast.parse(scrambled))
    return scrambled


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(STANDARD_LIBRARY))
def test_python_parses_to_the_same_tree(path: Path):
    assert_same_program(path.read_text(encoding="utf-8"))


def test_what_stays_and_what_goes_in_python():
    source = '''#!/usr/bin/env python
"""Customers."""
from __future__ import annotations
import os.path as paths


@paths.cached(limit=3)
class Customer(Exception):
    """One."""

    def __init__(self, name: str, *, age=0):  # type: ignore
        """Two."""
        self.name = name  # type: str
        raise ValueError(f"{name!r:>{age}} of {self.name['first']}, %d %(age)s\\n {len(name)}")

    def docstring_alone(self):
        'Three.'


def lookup(customer):
    match customer:
        case {"name": str(match), **rest}:
            return match, rest
        case _:
            return getattr(customer, "name")
'''
    scrambled = assert_same_program(source)
    for word in (
        "Customer",
        "name",
        "age",
        "paths",
        "cached",
        "first",
        "docstring",
        "type:",
        "Two",
        "usr",
        "annotations",
    ):
        assert word not in scrambled
    for kept in ("__init__(self, ", "ValueError(f", "!r:>{", "%d", "\\n", "len(", "match ", "case _:", "__future__"):
        assert kept in scrambled
    attribute = re.search(r"self\.(\w+) = ", scrambled)
    assert attribute is not None
    assert scrambled.count(f'"{attribute[1]}"') == 2  # the strings that name it say its new name


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "print 'an older Python'\nexec basket in {}\n"),
        ("python", "x = f\"{f'{basket}'}\"\n"),
        ("python", 'purchase(\n    """no docstring"""\n)\n'),
        ("javascript", "const total = items.map((item) => `<b>${item.price / 2}</b>`);\n"),
        ("typescript", "const Page = () => <Panel title='a'>Some text, isn't it?</Panel>;\nlet b = <T>(x: T) => x;\n"),
        ("c", "#define MAX(a, b) \\\n  ((a) > (b) ? (a) : (b)) /* larger */\n#ifdef DEBUG\nint purchase;\n#endif\n"),
        ("cpp", "class A {\n  /* frees */ void run() /* again */ override;\n  int mask = 0x24AC;\n};\n"),
        ("kotlin", 'val s = "hell${0x24AC.toChar()} $name"\nval short = 6712.toShort()\n'),
        ("python", "parser.usage = 'usage: %prog [-d] 20% of it %(basket)5.2f'\n"),
        ("ruby", 'a.zomg = "\\u00D7\\n"\nb = %w(some words)\nputs <<~TEXT\n  hello #{a.zomg}\nTEXT\n'),
        ("shell", "cat <<END\nhello $USER\nEND\ncp a/b ${HOME:-/some/folder}/c\n"),
        ("rust", 'fn main() { let s = r#"raw "text""#; println!("{} {s}", 1u8); }\n'),
        ("sql", "SELECT Name, NAME, name FROM people;\n"),
    ],
)
def test_odd_documents_keep_their_tokens(language: str, source: str):
    scrambled = scramble(source, language)
    assert scrambled != source
    assert token_types(scrambled, language) == token_types(source, language)


def test_case_is_kept_and_a_documents_words_are_its_own():
    first, second = (scramble(f"SELECT Name, NAME, name FROM {table};\n", "sql") for table in ("people", "houses"))
    names = re.findall(r"\w+", first)[1:4]
    assert len({name.lower() for name in names}) == 1
    assert (names[0].istitle(), names[1].isupper(), names[2].islower()) == (True, True, True)
    assert re.findall(r"\w+", second)[1].lower() != names[0].lower()


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("# Nothing else.\n", "python", "no code"),
        ('"""Nothing else."""\n', "python", "no code"),
        ("x\n", "klingon", "no lexer for klingon"),
        ("\u20ac" * 100 + "\n", "c", "does not lex"),
        ("int a\0;\n", "c", "binary"),
        ("a" * 200_001, "c", "too long to lex"),
        ("public void " * 500 + "\n", "java", "no punctuation"),
    ],
)
def test_what_cannot_be_scrambled_says_why(text: str, language: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        scramble(text, language)


def test_one_long_line():
    source = ",".join(f"key{number}:value{number % 7}" for number in range(5_000))
    scrambled = scramble(f"var x={{{source}}}", "javascript")
    assert len(scrambled) == len(source) + len("var x={}\n")
    assert "key" not in scrambled


words = st.from_regex(r"\A[^\W\d]\w{0,8}\Z") | st.from_regex(r"\A[a-z]{1,2}\Z")


@settings(deadline=None)
@given(st.lists(words, max_size=60), st.lists(words, max_size=5), st.integers(0, 2**64 - 1))
def test_renaming_is_one_to_one(names: list[str], kept: list[str], seed: int):
    names = [name for name in names if name.lower() not in {word.lower() for word in kept}]
    renaming = Renaming(seed, kept, Counter())
    new = {name: renaming(name) for name in names}
    assert len(set(new.values())) == len(new)
    assert not set(new.values()) & set(kept)
    for old, word in new.items():
        assert len(word) == len(old)
        assert [c for c in word if not c.isalpha()] == [c for c in old if not c.isalpha()]
        if old.isascii():
            assert [c.isupper() for c in word] == [c.isupper() for c in old]
            assert word != old or old.startswith("__") or old.strip("_").isdecimal() or not old.strip("_")
    again = Renaming(seed, kept, Counter())
    assert {name: again(name) for name in names} == new


def test_every_letter_can_be_renamed_at_once():
    letters = "abcdefghijklmnopqrstuvwxyz"
    renaming = Renaming(7, "", Counter())
    assert sorted(map(renaming, letters)) == sorted(letters)
    kept = Renaming(7, "xyz", Counter())
    assert sorted(map(kept, letters[:23])) == sorted(letters[:23])


def test_errors_of_the_lexer_stay():
    source = "int purchase(int basket) { return basket + 2; }\n" * 20 + "\u20ac\n"
    assert Token.Error in token_types(source, "c")
    assert token_types(scramble(source, "c"), "c") == token_types(source, "c")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
def test_broken_documents_keep_their_tokens_or_say_why(language: str, data: st.DataObject):
    text = DOCUMENTS[language]
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    broken = text[:start] + data.draw(st.text(max_size=5)) + text[end:]
    try:
        scrambled = scramble(broken, language)
    except ValueError as reason:
        assert str(reason) in ("no code", "does not lex", "binary", "lexes otherwise")  # noqa: PT017
    else:
        code = code_of(broken, language)
        lexer, _ = known_tokens(plain_lines(code), language)
        assert token_types(scrambled, language, lexer) == token_types(code, language, lexer)
