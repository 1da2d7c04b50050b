"""The report's files: complete, escaped, self-contained, equal bytes each time, and as Chromium shows them."""

import io
import itertools
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import headless_chromium
import numpy as np
import pandas as pd
import pytest
import rich.console
from matplotlib import image

import codemix.reporting
from codemix.reporting.comparison import compare
from codemix.reporting.page import write_report
from codemix.reporting.results import load
from codemix.reporting.style import THEMES
from codemix.reporting.tables import comparison_table

FILES = {"index.html", "report.md", "comparison.csv", "comparison.parquet", "noise.json"} | {
    f"figures/{name}-{theme}.{kind}"
    for name, theme, kind in itertools.product(
        ("comparison", "dag", "loss", "ledger"), ("light", "dark"), ("svg", "png")
    )
}


@pytest.fixture(scope="module")
def page(finished_study):
    return write_report(finished_study.study, finished_study.home)


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_there_and_a_second_writing_gives_equal_bytes(page, finished_study):
    first = contents(page.parent)
    assert set(first) == FILES
    write_report(finished_study.study, finished_study.home)
    assert contents(page.parent) == first


def test_another_process_gives_equal_bytes(page, finished_study):
    first = contents(page.parent)
    code = (
        "import sys, pathlib; from codemix.reporting.page import write_report; "
        "write_report(*map(pathlib.Path, sys.argv[1:]))"
    )
    subprocess.run([sys.executable, "-c", code, str(finished_study.study), str(finished_study.home)], check=True)
    assert contents(page.parent) == first


def test_a_kill_leaves_no_page_or_a_whole_one(build_study, monkeypatch):
    folders = build_study()
    replace, written = os.replace, []

    def killed_at_the_last(source, target):
        if len(written) == len(FILES) - 1:
            raise KeyboardInterrupt
        written.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", killed_at_the_last)
    with pytest.raises(KeyboardInterrupt):
        write_report(folders.study, folders.home)
    assert set(contents(folders.study / "report")) == FILES - {"index.html"}
    monkeypatch.undo()
    write_report(folders.study, folders.home)
    assert set(contents(folders.study / "report")) == FILES


def test_the_page_is_well_formed_and_loads_nothing(page):
    text = page.read_text(encoding="utf-8")

    class Reader(HTMLParser):
        void = ("meta", "link", "img", "source", "br")

        def __init__(self):
            super().__init__()
            self.stack, self.links, self.images, self.titles = [], [], [], 0

        def handle_starttag(self, tag, attributes):
            facts = dict(attributes)
            self.links += [facts[name] for name in ("src", "href", "srcset") if name in facts]
            if tag == "img":
                self.images.append(facts["alt"])
            if tag == "th":
                assert facts["scope"] in ("col", "row", "rowgroup")
            if tag not in self.void:
                self.stack.append(tag)

        def handle_endtag(self, tag):
            assert self.stack.pop() == tag

    reader = Reader()
    reader.feed(text)
    assert reader.stack == []
    assert all(link.startswith("data:") for link in reader.links)
    assert len(reader.images) == 4
    assert all(reader.images)
    assert "<script" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_text_is_escaped_in_both_renderings(page):
    text = page.read_text(encoding="utf-8")
    assert "&lt;quickstart&gt; &amp; co" in text
    assert "<quickstart>" not in text
    assert "&lt;b&gt;not bold&lt;/b&gt; &amp; `plain`" in text
    markdown = (page.parent / "report.md").read_text(encoding="utf-8")
    assert markdown.startswith("# When should code come? \\<quickstart\\> & co\n")
    assert "Study.control = 'text_only'" in markdown


def test_the_page_names_what_a_reader_needs(page):
    for path in (page, page.parent / "report.md"):
        text = re.sub(r"[\\`]|</?code>", "", path.read_text(encoding="utf-8"))
        for words in (
            "balanced_only is better on web_code (",
            "not clearly different on text (",
            "codemix run gin/studies/quickstart.gin",
            "1f3a9c0d12e4b567",
            "0.10.2",
            "markup: code_to_text reads 1.3 epochs",
            "Repetition may explain part of it: markup 1.3 epochs (control 0.0).",
            "12.5\u00a0% saved",
            "1,512,448",
        ):
            assert words in text, (path.name, words)


def test_no_clear_difference_is_said_plainly(build_study):
    folders = build_study()
    path = folders.study / "results.parquet"
    frame = pd.read_parquet(path)
    control = frame.loc[frame["arm"] == "text_only", "nll"].to_numpy()
    noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(len(control)))
    frame.loc[frame["arm"] == "code_to_text", "nll"] = control * noise
    frame.to_parquet(path, index=False)
    text = write_report(folders.study, folders.home).read_text(encoding="utf-8")
    assert "<code>code_to_text</code>: no clear difference from <code>text_only</code> on any source" in text


def test_one_seed_is_named_as_a_limit(build_study):
    folders = build_study(seeds=(0,))
    text = write_report(folders.study, folders.home).read_text(encoding="utf-8")
    assert "One seed: the intervals reflect documents only." in text


def test_evaluation_items_in_training_documents_are_reported(build_study):
    """Where an audit was asked for, and only there: what was found, and over how much it was looked for."""
    folders = build_study()
    heading = "Evaluation items in the training documents"
    assert heading not in write_report(folders.study, folders.home).read_text(encoding="utf-8")
    found = {"benchmark": "arc", "source": "text", "items": 1200, "matched": 17, "share": 17 / 1000, "too_short": 200}
    row = {**found, "templates": 0, "boilerplate": 3, "documents": 9, "searched": 40_000}
    clean = {**row, "benchmark": "piqa", "matched": 0, "share": 0.0, "documents": 0}
    (folders.study / "audit").mkdir()
    pd.DataFrame([row, clean]).to_parquet(folders.study / "audit" / "totals.parquet")
    text = write_report(folders.study, folders.home).parent.joinpath("report.md").read_text(encoding="utf-8")
    section = text.split(heading)[1].split("\n## ")[0]
    assert "2 benchmarks were looked for in 40,000 documents of text" in section
    assert "17 times an item" in section
    (line,) = [line for line in section.splitlines() if line.startswith("| arc") or "arc |" in line]
    for number in ("1,200", "17", "1.7", "200", "9"):
        assert number in line
    assert "piqa" not in section


def test_markdown_tables_are_rectangular(page):
    lines = (page.parent / "report.md").read_text(encoding="utf-8").splitlines()
    for is_table, group in itertools.groupby(lines, key=lambda line: line.startswith("| ")):
        if is_table:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in group}) == 1


def test_the_comparison_is_kept_as_data(page, finished_study):
    expected = compare(load(finished_study.study, finished_study.home))
    pd.testing.assert_frame_equal(pd.read_parquet(page.parent / "comparison.parquet"), expected)
    read = pd.read_csv(page.parent / "comparison.csv", keep_default_na=False)
    assert read["change_percent"].tolist() == pytest.approx(expected["change_percent"].tolist())


@pytest.mark.parametrize("width", [80, 140])
def test_the_terminal_table_keeps_its_numbers_whole(finished_study, width):
    comparison = compare(load(finished_study.study, finished_study.home))
    output = io.StringIO()
    rich.console.Console(file=output, width=width).print(comparison_table(comparison, "text_only"))
    text = output.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for arm in ("text_only", "balanced_only", "balanced_to_text", "code_to_text"):
        assert arm in text
    assert text.count(" to ") >= 2 * len(comparison)


def test_only_a_report_loads_matplotlib():
    code = (
        "import sys; import codemix.reporting.page, codemix.reporting.tables; "
        "assert not {'matplotlib', 'jax', 'tensorflow', 'seqio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_colours_are_readable():
    """WCAG 2.2 contrast: 4.5 for text, 3 for marks."""

    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    for theme in THEMES:
        assert min(contrast(theme.page, color) for color in (theme.ink, theme.soft)) >= 4.5
        assert min(contrast(theme.page, color) for color in theme.cycle) >= 3, theme.name
    css = Path(codemix.reporting.__file__).with_name("page.css").read_text(encoding="utf-8")
    for scheme in css.split("@media (prefers-color-scheme: dark)")[:2]:
        colors = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", scheme))
        for name in ("ink", "soft", "better", "worse", "link"):
            assert contrast(colors["page"], colors[name]) >= 4.5, name
        assert contrast(colors["warning"], colors["ink"]) >= 4.5


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if headless_chromium.executable() is None:
        pytest.skip("there is no chromium on the PATH to look at the page with")
    tab = headless_chromium.Page(tmp_path_factory.mktemp("profile"))
    yield tab
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 768, 360])
def test_the_page_in_chromium(page, browser, width, scheme):
    browser.open(page.as_uri(), width, scheme)
    assert [url for url in browser.requests if not url.startswith("data:")] == [page.as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.body.scrollWidth") <= width
    outside = """[...document.querySelectorAll('main *')].filter(element => !element.closest('.scroll, pre')
        && element.getBoundingClientRect().right > window.innerWidth + 0.5).length"""
    assert browser.evaluate(outside) == 0
    images = browser.evaluate("[...document.images].map(image => [image.complete, image.naturalWidth, image.width])")
    assert len(images) == 4
    assert all(complete and natural > 0 and shown > 0.7 * min(width, 1000) for complete, natural, shown in images)
    background = [
        int(part) for part in re.findall(r"\d+", browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    ]
    assert max(background) < 60 if scheme == "dark" else min(background) > 200
    boxes = json.loads(
        browser.evaluate(
            "JSON.stringify([...document.images].map(image => image.getBoundingClientRect())"
            ".map(box => [box.left, box.top + scrollY, box.right, box.bottom + scrollY]))"
        )
    )
    pixels = image.imread(io.BytesIO(browser.screenshot()))[..., :3]
    assert pixels.shape[1] == width
    for left, top, right, bottom in np.array(boxes).astype(int):
        drawn = pixels[top:bottom, left:right]
        assert np.allclose(drawn[2, 2], np.array(background) / 255, atol=0.02)  # the figure has the page's ground
        assert (np.abs(drawn - drawn[2, 2]).max(axis=2) > 0.2).mean() > 0.01
