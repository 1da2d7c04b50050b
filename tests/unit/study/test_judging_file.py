"""How answers are judged, as a gin file says it."""

from pathlib import Path

import pytest

import codemix
from codemix.errors import UserError
from codemix.study.gin_files import load_judging, load_study

GIN = Path(codemix.__file__).parents[1] / "gin"


def test_the_file_that_comes_with_it() -> None:
    judging = load_judging(GIN / "suites/judged.gin")
    [judge] = judging.judges
    assert (judging.number, judging.temperature, judge.name) == (200, 0.0, "name-of-the-model")


def test_several_judges_are_scopes_and_share_what_they_share(tmp_path: Path) -> None:
    file = tmp_path / "judged.gin"
    file.write_text(
        "include 'gin/suites/judged.gin'\n"
        "Judging.judges = [@a/Judge(), @b/Judge()]\n"
        "a/Judge.model = 'large'\nb/Judge.model = 'small'\nb/Judge.name = 'the small one'\nJudge.timeout = 5.0\n"
    )
    assert [(judge.name, judge.model, judge.timeout) for judge in load_judging(file).judges] == [
        ("large", "large", 5.0),
        ("the small one", "small", 5.0),
    ]


def test_a_study_may_have_it_in_its_own_file(tmp_path: Path) -> None:
    file = tmp_path / "study.gin"
    file.write_text("include 'gin/studies/quickstart.gin'\ninclude 'gin/suites/judged.gin'\n")
    assert load_judging(file).number == 200
    assert load_study(file)[0].name == "study"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Judging.number = 1", r"Judging\.number is 1"),
        ("Judging.judges = []", r"Judging\.judges is empty"),
        ("Judge.base_url = 'nowhere'", r"Judge\.base_url is 'nowhere'"),
        ("Judge.attempts = 'many'", r"Judge\.attempts is 'many'; give a whole number"),
        ("Judge.attemps = 2", "attemps"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "judged.gin"
    file.write_text(f"include 'gin/suites/judged.gin'\n{line}\n")
    with pytest.raises(UserError, match=rf"judged\.gin.*{told}"):
        load_judging(file)
