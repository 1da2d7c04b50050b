"""The suite on the report's page: what a reader needs is there, escaped, in HTML, in Markdown and in the terminal."""

import dataclasses
import io
import itertools
import re

import headless_chromium
import pandas as pd
import pytest
import rich.console
from synthetic_study import build_synthetic_study
from synthetic_suite import add_judged, add_suite

from codemix.reporting import markdown
from codemix.reporting.page import write_report
from codemix.reporting.results import load
from codemix.reporting.suite import section
from codemix.reporting.suite.comparison import compare_means, compare_suite
from codemix.reporting.suite.tables import suite_table

SUITE_TABLES = ("suite_means", "suite_tasks", "suite_above_chance", "suite_clean", "suite_attempts", "judged")
SUITE_FIGURES = ("suite_means", "suite_tasks", "suite_scores", "judged")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folders = build_synthetic_study(tmp_path_factory.mktemp("home"), (0, 1, 2), 20)
    add_suite(folders, published="paper_470m")
    add_judged(folders)
    return folders


@pytest.fixture(scope="module")
def results(study):
    return load(study.study, study.home)


@pytest.fixture(scope="module")
def compared(results):
    return compare_suite(results.suite, results.arms, results.control)


@pytest.fixture(scope="module")
def page(study):
    return write_report(study.study, study.home)


def test_tables_and_figures_are_files(page, compared):
    for name in SUITE_TABLES:
        frame = pd.read_parquet(page.parent / f"{name}.parquet")
        pd.testing.assert_frame_equal(frame, section.tabled(compared)[name])
        assert len(pd.read_csv(page.parent / f"{name}.csv")) == len(frame)
    for name, theme, kind in itertools.product(SUITE_FIGURES, ("light", "dark"), ("svg", "png")):
        assert (page.parent / "figures" / f"{name}-{theme}.{kind}").stat().st_size > 1000


def test_the_page_names_what_a_reader_needs(page):
    for path in (page, page.parent / "report.md"):
        text = re.sub(r"[\\`]|</?code>", "", path.read_text(encoding="utf-8"))
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&#x27;", "'")
        for words in (
            "6 benchmarks with 980 items, the same for every arm and seed (3 seeds)",
            "storycloze is not scored: its items are on request: <files> has none.",
            "in force: namespaces and seccomp",
            "balanced_to_text, by bits per byte, is better on reasoning (",
            "below 1B parameters counted answers are near chance (25%)",
            "Not audited: copa, boolq, triviaqa, humaneval and openbookqa.",
            "Items found in training documents: sciq (30).",
            "arXiv 2408.10914 at 470M parameters, one run per arm, no intervals",
            "Paper, as printed",
            "balanced_to_text is corrected: Table 2 has for balanced→text what Fig. 5b has",
            "pass@10",
            "judged by b-judge",
            "Command-R+ (balanced_to_text: Fig. 9, 69 wins and 56 losses in 199 pairs; code_to_text: Fig. 9, 64 wins",
            "return '<balanced_only>'",
            "Say <b>0</b>.",
        ):
            assert words in text, (path.name, words)


def test_what_models_wrote_is_text_and_nothing_else(page):
    text = page.read_text(encoding="utf-8")
    assert "<b>0</b>" not in text
    assert "'<balanced_only>'" not in text
    assert "&lt;files&gt;" in text
    assert "<script" not in text


def test_markdown_tables_are_rectangular(page):
    lines = (page.parent / "report.md").read_text(encoding="utf-8").splitlines()
    for is_table, group in itertools.groupby(lines, key=lambda line: line.startswith("| ")):
        if is_table:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in group}) == 1


def rendered(results, compared) -> str:
    seeds = len(results.seeds)
    blocks = section.content(results.suite, compared, results.arms, results.control, seeds)
    return markdown.render("", blocks, "figures")


def test_figures_of_the_paper_are_shown_only_when_asked_for(results, compared):
    suite = dataclasses.replace(results.suite, published=None)
    text = rendered(dataclasses.replace(results, suite=suite), compared)
    assert "2408.10914" not in text
    assert "Paper, as printed" not in text


def test_a_suite_that_was_skipped_whole_is_named_and_not_scored(results):
    suite = dataclasses.replace(results.suite, measures=[], tasks={}, judged=None)
    text = rendered(dataclasses.replace(results, suite=suite), compare_suite(suite, results.arms, results.control))
    assert "storycloze is not scored" in text
    assert "0 benchmarks" in text
    assert "| " not in text


def test_one_seed_is_said_to_be_one(tmp_path):
    folders = build_synthetic_study(tmp_path / "home", (0,), 5)
    add_suite(folders)
    results = load(folders.study, folders.home)
    text = rendered(results, compare_suite(results.suite, results.arms, results.control))
    assert "One seed: the intervals reflect items only." in text


@pytest.mark.parametrize("width", [80, 140])
def test_the_terminal_table_keeps_its_numbers_whole(results, width):
    means = compare_means(results.suite, results.arms, results.control)
    output = io.StringIO()
    rich.console.Console(file=output, width=width).print(suite_table(means, results.control))
    text = output.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert text.count(" to ") >= int(means["decides"].sum())
    for words in ("balanced_to_text", "NL mean", "bits per byte", "better"):
        assert words in text


def test_the_terminal_has_no_table_where_nothing_decides(results):
    means = compare_means(results.suite, results.arms, results.control)
    assert suite_table(means.assign(decides=False), results.control) is None


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if headless_chromium.executable() is None:
        pytest.skip("there is no chromium on the PATH to look at the page with")
    tab = headless_chromium.Page(tmp_path_factory.mktemp("profile"))
    yield tab
    tab.close()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (360, "dark")])
def test_the_page_in_chromium(page, browser, width, scheme):
    browser.open(page.as_uri(), width, scheme)
    browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    outside = """[...document.querySelectorAll('main *')].filter(element => !element.closest('.scroll, pre')
        && element.getBoundingClientRect().right > window.innerWidth + 0.5).length"""
    assert browser.evaluate(outside) == 0
    assert browser.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert browser.evaluate("document.images.length") == 4 + len(SUITE_FIGURES)


def test_of_many_arms_the_single_benchmarks_are_in_tables_only(results, compared):
    many = pd.concat([compared.tasks.assign(arm=f"arm {number}") for number in range(7)])
    crowded = dataclasses.replace(compared, tasks=many)
    assert compared.few_arms
    assert not crowded.few_arms
    text = rendered(results, crowded)
    assert "suite_scores-light.png" not in text
    assert "suite_tasks-light.png" not in text
    assert "suite_means-light.png" in text
    assert "Task by task, what decides" in text
