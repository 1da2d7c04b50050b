"""The report: one page in HTML and in Markdown, the figures, and the comparison as CSV and Parquet."""

from pathlib import Path
from typing import Any

import pandas as pd

from codemix.reporting import html, markdown, prose, tables
from codemix.reporting.blocks import Block, Bullets, Code, Figure, Heading, Paragraph
from codemix.reporting.comparison import compare
from codemix.reporting.noise import NOISE, measured_noise, told
from codemix.reporting.results import StudyResults, load
from codemix.reporting.suite import section
from codemix.reporting.suite.comparison import SuiteComparison, compare_suite
from codemix.store import atomic

FIGURES = "figures"


def write_report(study_folder: Path, home: Path) -> Path:
    """Writes `study_folder`/report from the results there and the phases under `home`; gives the path of index.html.

    index.html is written last, and every file whole or not at all. Equal inputs give equal bytes. Raises UserError for
    results that are missing or cannot be compared.
    """
    from codemix.reporting import figures  # matplotlib takes a second, and only a report needs it

    results = load(study_folder, home)
    comparison = compare(results)
    suite = compare_suite(results.suite, results.arms, results.control) if results.suite else None
    noise = measured_noise(results)
    vectors, pixels = figures.draw(results, comparison, suite)
    title, blocks = results.study["title"], content(results, comparison, noise, suite)
    folder = study_folder / "report"
    for (name, theme, width), drawing in vectors.items():
        if width == "wide":
            atomic.write_bytes(folder / FIGURES / f"{name}-{theme}.svg", drawing)
    for name, image in pixels.items():
        atomic.write_bytes(folder / FIGURES / f"{name}.png", image)
    atomic.write_text(folder / "comparison.csv", comparison.to_csv(index=False, lineterminator="\n"))
    with atomic.atomic_path(folder / "comparison.parquet") as temporary:
        comparison.to_parquet(temporary, index=False)
    if suite:
        section.write_tables(suite, folder)
    (folder / NOISE).unlink(missing_ok=True)
    if noise:
        atomic.write_json(folder / NOISE, noise)
    atomic.write_text(folder / "report.md", markdown.render(title, blocks, FIGURES))
    page = folder / "index.html"
    atomic.write_text(page, html.render(title, blocks, vectors))
    return page


def content(
    results: StudyResults,
    comparison: pd.DataFrame,
    noise: dict[str, float] | None,
    suite: SuiteComparison | None = None,
) -> list[Block]:
    """The report's blocks, in reading order."""
    plan = results.plan
    blocks: list[Block] = [
        Paragraph(prose.question(results), lead=True),
        Bullets(prose.answer(comparison, results)),
        Paragraph(prose.counted(comparison)),
    ]
    if plan["warnings"]:
        blocks += [Heading("Warnings"), Bullets(plan["warnings"], warning=True)]
    return [
        *blocks,
        Heading(f"Each arm against {results.control}"),
        _comparison_drawing(comparison, results),
        tables.comparison_block(comparison, results.control),
        Heading("How to read the intervals"),
        Bullets(prose.HOW_TO_READ),
        *([Paragraph(told(noise))] if noise else []),
        *_suite(results, suite),
        Heading("Limits of this study"),
        Bullets(prose.limits(comparison, results)),
        *_audit(results),
        Heading("Training"),
        _dag_drawing(results),
        _loss_drawing(results),
        *_looks_drawing(results),
        _ledger_drawing(results),
        tables.ledger_block(results),
        Paragraph(prose.sharing(results)),
        tables.phases_block(results),
        Heading("What made this report"),
        Code(plan["command"]),
        tables.facts_block("Versions", plan["versions"]),
        tables.facts_block("The model", plan["model"]),
        *_evaluation_facts(results.study.get("evaluation")),
        tables.stores_block(results),
        Code(plan["gin"], title="The gin configuration in force"),
    ]


def _comparison_drawing(comparison: pd.DataFrame, results: StudyResults) -> Figure:
    return Figure(
        "comparison",
        "Change in bits per byte against the control, with 95 % intervals. Filled marks: better or worse after Holm's "
        "adjustment; hollow marks: no clear difference. Every panel has its own scale.",
        f"Dots with intervals: the change against {results.control} in percent, one panel per held-out source and one "
        "row per arm. The numbers are in the table below.",
    )


def _dag_drawing(results: StudyResults) -> Figure:
    return Figure(
        "dag",
        "The phases, from the start of an arm to its end: a lane for each branch, filled by what is read there. Phases "
        "with a thick edge are shared by several arms and trained once for each seed; “┤” names the arms that end at "
        "one of them.",
        f"The phases of {', '.join(results.arms)} as a tree. The numbers are in the table of phases below.",
    )


def _loss_drawing(results: StudyResults) -> Figure:
    return Figure(
        "loss",
        f"Training loss over tokens: means over stretches of the run; the thick line is the mean of "
        f"{len(results.seeds)} seeds, the thin lines are the seeds. Dotted lines: a new phase begins. Losses of "
        "different mixtures are not comparable, since what is read differs. The first steps lie above the frame.",
        f"Loss curves of {', '.join(results.arms)} over training tokens.",
    )


def _looks_drawing(results: StudyResults) -> list[Block]:
    if results.looks is None:
        return []
    return [
        Figure(
            "looks",
            f"Scored during training, on few documents and items: the thick line is the mean of {len(results.seeds)} "
            "seeds, the thin lines are the seeds. These curves decide nothing; the comparison is at the end.",
            f"Curves of {', '.join(results.arms)} over training tokens, a panel for each source or benchmark.",
        )
    ]


def _ledger_drawing(results: StudyResults) -> Figure:
    return Figure(
        "ledger",
        "Tokens read from each source, per arm and phase. “×” marks how many times a source has been read by the end "
        "of the phase, where that is more than once.",
        "Stacked bars: tokens by training source for every arm and phase. The numbers are in the table below.",
    )


def _audit(results: StudyResults) -> list[Block]:
    if results.audit is None:
        return []
    found = tables.audit_block(results.audit)
    return [
        Heading("Evaluation items in the training documents"),
        Paragraph(prose.audited(results.audit)),
        *([found] if any(rows for _, rows in found.groups) else []),
    ]


def _suite(results: StudyResults, compared: SuiteComparison | None) -> list[Block]:
    if results.suite is None or compared is None:
        return []
    return section.content(results.suite, compared, results.arms, results.control, len(results.seeds))


def _evaluation_facts(facts: dict[str, Any] | None) -> list[Block]:
    return [tables.facts_block("The evaluation", facts)] if facts else []
