"""Answers of models: what is taken, and why the rest is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_author import EXERCISES, approval
from model_readers import Lines

from codemix.errors import UserError
from codemix.synthetic.model.answer import KEYS, Malformed, parsed
from codemix.synthetic.model.discriminator import RULES, question, verdicts
from codemix.synthetic.model.fragments import Fragments

GOOD = EXERCISES[0]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner),
)


def test_an_answer_is_taken_bare_or_in_one_fence() -> None:
    text = json.dumps(GOOD, indent=1)
    for wrapped in (text, f"\n {text}\n", f"```json\n{text}\n```", f"```\n{text}\n```\n"):
        answer = parsed(wrapped)
        assert (answer.name, answer.solution, answer.tests) == (GOOD["name"], GOOD["solution"], GOOD["tests"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"tests": None}, "'tests' is not a string"),
        ({"tests": ["assert True"]}, "'tests' is not a string"),
        ({"solution": " \n"}, "'solution' is empty"),
        ({"solution": "x" * 20_001}, "more than 20000"),
        ({"difficulty": "hard"}, "not asked for, 'difficulty'"),
        ({"name": "a b"}, "not the name"),
        ({"name": "f(); import os"}, "not the name"),
    ],
)
def test_wrong_fields_are_named(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(Malformed) as malformed:
        parsed(json.dumps(GOOD | changed))
    assert told in malformed.value.reason


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_field_is_named(key: str) -> None:
    with pytest.raises(Malformed, match=f"it has no '{key}'"):
        parsed(json.dumps({name: value for name, value in GOOD.items() if name != key}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("Sure! Here is the exercise: {}", "not JSON"),
        ("[]", "not a JSON object"),
        (json.dumps(GOOD)[:-1] + ', "tests": "assert True"}', "a key comes twice"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps(GOOD) + json.dumps(GOOD), "not JSON"),
    ],
)
def test_what_is_no_object_is_told(text: str, told: str) -> None:
    with pytest.raises(Malformed, match=told):
        parsed(text)


def test_what_is_cut_off_is_told_so() -> None:
    with pytest.raises(Malformed, match="cut off"):
        parsed(json.dumps(GOOD), "length")


@given(JSON.map(json.dumps) | st.text())
def test_nothing_but_malformed_is_ever_raised(text: str) -> None:
    with pytest.raises(Malformed):
        parsed(text)


@given(JSON.map(json.dumps) | st.text())
def test_a_discriminator_that_cannot_be_parsed_says_no(text: str) -> None:
    assert verdicts(text) == dict.fromkeys(RULES, False)


@pytest.mark.parametrize("said", ["no", "Yes and no", "yes, mostly", "", "n/a", "true"])
def test_only_a_plain_yes_is_one(said: str) -> None:
    assert verdicts(approval({"faithful": said})) == dict.fromkeys(RULES, True) | {"faithful": False}


def test_a_rule_that_is_not_answered_fails() -> None:
    answers = json.loads(approval())
    del answers["covered"]
    assert [rule for rule, holds in verdicts(json.dumps(answers)).items() if not holds] == ["covered"]
    assert all(verdicts(json.dumps(dict.fromkeys(RULES, " Yes"))).values())


def test_the_discriminator_sees_the_exercise_and_every_rule() -> None:
    asked = question(parsed(json.dumps(GOOD)))[-1]["content"]
    assert all(f'"{rule}": ' in asked for rule in RULES)
    assert GOOD["problem"] in asked
    assert json.dumps(GOOD["tests"]) in asked


def test_fragments_are_lines_of_python_and_the_same_every_time() -> None:
    fragments = Fragments(Lines(), 3)
    found = [fragments.at(index) for index in range(60)]
    assert found == [Fragments(Lines(), 3).at(index) for index in range(60)]
    assert len(set(found)) > 50
    assert found != [Fragments(Lines(), 4).at(index) for index in range(60)]
    sources = {
        document.id: document.text
        for shard in Lines().shards()
        for document in Lines().documents(shard)
        if hasattr(document, "text")
    }
    assert {identity for identity, _ in found} == {"python:bisect", "python:textwrap"}
    for identity, lines in found:
        assert 4 <= len(lines.splitlines()) <= 15
        assert all(line in sources[identity] for line in lines.splitlines())


def test_a_reader_without_python_is_told() -> None:
    class Pages(Lines):
        def documents(self, shard: str) -> Any:
            return [each for each in super().documents(shard) if getattr(each, "language", "") != "python"]

    with pytest.raises(UserError, match=r"ModelGenerator\.fragments has no Python"):
        Fragments(Pages(), 1)
