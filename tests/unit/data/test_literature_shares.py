"""The literature's mixtures: Tables 3 and 4 of arXiv 2408.10914 as they are printed, counted by the ledger."""

from fractions import Fraction
from pathlib import Path

import pytest

from codemix.data.corpora import Corpora
from codemix.mixing.index import MixingIndex, Segment
from codemix.mixing.ledger import ledger
from codemix.study.gin_files import load_corpora

GIN = Path(__file__).parents[3] / "gin" / "corpora"
ROWS = 1_000_000

# As printed; the percentages of Table 3 sum to 99.91 and those of Table 4 to 99.99.
TABLE_3 = """
    java 15.54 javascript 15.29 php 12.46 python 9.60 c_sharp 8.30 typescript 7.92 c 6.63 cpp 4.91 go 3.49 ruby 2.69
    shell 1.82 kotlin 1.76 swift 1.52 vue 1.48 rust 1.00 scala 0.94 jsx 0.83 sql 0.74 dart 0.72 makefile 0.53 lua 0.47
    haskell 0.45 smalltalk 0.43 tex 0.37 clojure 0.10
"""
TABLE_4 = """
    markdown 54.23 yaml 10.77 json 9.97 html 8.57 css 6.86 scss 5.84 restructuredtext 2.26 toml 1.25 sass 0.22
    rmarkdown 0.02
"""


@pytest.fixture(scope="module")
def corpora() -> Corpora:
    return load_corpora(GIN / "files.gin")


def drawn(corpora: Corpora, mixture: str) -> dict[str, int]:
    """task -> rows of it that the ledger counts in a million rows of the mixture."""
    shares = corpora.resolve({mixture: 1.0}, "here")
    entries = ledger(MixingIndex([Segment(ROWS, shares)]), [ROWS], 1024, {})
    return {entry.source: entry.rows for entry in entries}


@pytest.mark.parametrize(
    ("mixture", "prefix", "table"),
    [("web_code_paper", "web_code_", TABLE_3), ("markup_paper", "markup_", TABLE_4)],
)
def test_the_tables_are_drawn_as_printed(corpora: Corpora, mixture: str, prefix: str, table: str) -> None:
    words = table.split()
    printed = {prefix + name: float(share) for name, share in zip(words[::2], words[1::2], strict=True)}
    rows = drawn(corpora, mixture)
    assert rows.keys() == printed.keys()
    for task, share in printed.items():
        assert rows[task] / ROWS == pytest.approx(share / sum(printed.values()), abs=1e-4)


@pytest.mark.parametrize(
    ("mixture", "shares"),
    [
        ("code", {"web_code": "4/5", "markup": "1/5"}),
        ("code_only", {"web_code": "1"}),
        ("code_adjacent", {"web_code": "17/20", "issues": "1/20", "stackexchange": "1/20", "notebooks": "1/20"}),
        ("code_synthetic", {"web_code": "9/10", "synthetic": "1/10"}),
    ],
)
def test_the_code_of_each_arm(corpora: Corpora, mixture: str, shares: dict[str, str]) -> None:
    assert corpora.resolve({mixture: 1.0}, "here") == {task: Fraction(share) for task, share in shares.items()}


def test_slices_are_named_after_their_subsets(corpora: Corpora) -> None:
    assert {f"text_{part}" for part in ("CommonCrawl", "C4", "Book", "ArXiv", "Wikipedia")} <= set(corpora.tasks)
    assert corpora.source("web_code_c_sharp").reader.subsets == ("c-sharp",)
    assert corpora.source("web_code_c_sharp").filters == corpora.source("web_code").filters
    assert len(corpora.tasks) == len(set(corpora.tasks)) == 57


@pytest.mark.parametrize("profile", sorted(path.stem for path in GIN.glob("*.gin") if path.stem != "literature"))
def test_every_profile_loads_without_reading_anything(profile: str) -> None:
    corpora = load_corpora(GIN / f"{profile}.gin")
    assert corpora.name == profile
    assert {"text", "web_code", "markup"} <= set(corpora.tasks)
    assert corpora.resolve({"code": 1.0}, "here") == {"web_code": Fraction(4, 5), "markup": Fraction(1, 5)}
