"""The report's section about the suite: its blocks, its files."""

from pathlib import Path

import pandas as pd

from codemix.reporting.blocks import Block, Bullets, Figure, Heading, Paragraph
from codemix.reporting.suite import prose, tables
from codemix.reporting.suite.comparison import SuiteComparison
from codemix.reporting.suite.published import PUBLISHED, published, published_verdicts
from codemix.reporting.suite.results import SuiteResults
from codemix.store import atomic


def content(suite: SuiteResults, compared: SuiteComparison, arms: list[str], control: str, seeds: int) -> list[Block]:
    """The section's blocks, in reading order."""
    blocks: list[Block] = []
    if suite.tasks or suite.skipped:
        blocks += [Heading(f"Benchmarks: each arm against {control}"), Paragraph(prose.introduction(suite, seeds))]
    if suite.skipped:
        blocks.append(Bullets(prose.skipped(suite), warning=True))
    if suite.tasks and len(arms) > 1:
        blocks += [
            *_deciding(compared, control),
            *_scores(suite, compared, arms, control),
            *_by_task(suite, compared, control),
            Heading("How to read the benchmarks"),
            Bullets(prose.HOW_TO_READ),
            Heading("Benchmark items in the training documents"),
            Bullets(prose.contamination(suite, compared.clean_subset)),
            *([tables.clean_block(compared.clean_subset)] if len(compared.clean_subset) else []),
        ]
    if len(compared.attempts):
        blocks += [Heading("Several attempts"), tables.attempts_block(compared.attempts, control)]
    if compared.judged is not None and len(compared.judged):
        verdicts = published_verdicts(suite.published, arms, control)
        blocks += [
            Heading("Judged answers"),
            _judged_drawing(control),
            tables.judged_block(compared.judged, control, verdicts),
            Paragraph(prose.judged_limits(compared.judged)),
            *([Paragraph(prose.printed_verdicts(verdicts))] if verdicts else []),
        ]
    written = tables.generations_blocks(suite, arms)
    if written:
        blocks += [Heading("What the arms wrote"), Paragraph(_DRAWN), *written]
    return blocks


_DRAWN = (
    "A few items of each benchmark, drawn by their contents' hash and by no score, and the first judged prompts: the "
    "first answer at the first seed."
)


def write_tables(compared: SuiteComparison, folder: Path) -> None:
    """The comparisons as CSV and Parquet in the report's folder."""
    for name, frame in tabled(compared).items():
        atomic.write_text(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        with atomic.atomic_path(folder / f"{name}.parquet") as temporary:
            frame.to_parquet(temporary, index=False)


def tabled(compared: SuiteComparison) -> dict[str, pd.DataFrame]:
    """File name without ending -> the comparison it holds; what has no rows is left out."""
    frames = {
        "suite_means": compared.means,
        "suite_tasks": compared.tasks,
        "suite_above_chance": compared.above_chance,
        "suite_clean": compared.clean_subset,
        "suite_attempts": compared.attempts,
        "judged": compared.judged,
    }
    return {name: frame for name, frame in frames.items() if frame is not None and len(frame)}


def _deciding(compared: SuiteComparison, control: str) -> list[Block]:
    deciding = compared.means[compared.means["decides"].astype(bool)]
    if deciding.empty:
        return [Paragraph("No mean decides at this scale: all scores are shown only.")]
    return [Bullets(prose.answers(deciding, control)), _means_drawing(control), tables.means_block(deciding, control)]


def _scores(suite: SuiteResults, compared: SuiteComparison, arms: list[str], control: str) -> list[Block]:
    printed = published(suite.published, arms)
    label = PUBLISHED[suite.published][0] if suite.published else ""
    scores = compared.means[compared.means["measure"] == "score"]
    return [
        Heading("Scores, as the paper forms them"),
        Paragraph(prose.chance(compared.above_chance)),
        tables.scores_block(scores, control, printed, label),
        *([Bullets(prose.printed_notes(printed))] if printed else []),
        tables.above_chance_block(compared.above_chance),
        *([_scores_drawing()] if compared.few_arms else []),
    ]


def _by_task(suite: SuiteResults, compared: SuiteComparison, control: str) -> list[Block]:
    decides = compared.tasks["decides"].astype(bool)
    blocks: list[Block] = [Heading("Benchmark by benchmark")]
    if decides.any():
        blocks += [_tasks_drawing(control)] if compared.few_arms else []
        blocks.append(tables.tasks_block(compared.tasks[decides], control, decides=True))
    if not decides.all():
        blocks.append(tables.tasks_block(compared.tasks[~decides], control, decides=False))
    return [*blocks, tables.measures_block(suite)]


def _means_drawing(control: str) -> Figure:
    return Figure(
        "suite_means",
        "Differences of the means that decide, with 95 % intervals. Filled marks: better or worse after Holm's "
        "adjustment; hollow marks: no clear difference. Every panel has its own scale, and says which side is better.",
        f"Dots with intervals: the difference from {control}, one panel per mean and measure and one row per arm. The "
        "numbers are in the table below.",
    )


def _tasks_drawing(control: str) -> Figure:
    return Figure(
        "suite_tasks",
        "Differences on single benchmarks by the measures that decide, with 95 % intervals; marks as above.",
        f"Dots with intervals: the difference from {control}, one panel per arm and measure and one row per benchmark. "
        "The numbers are in the table below.",
    )


def _scores_drawing() -> Figure:
    return Figure(
        "suite_scores",
        "Scores with 95 % intervals. Upright bars: chance.",
        "Dots with intervals: the score of every arm on every benchmark in points, and chance. The numbers are in the "
        "tables below.",
    )


def _judged_drawing(control: str) -> Figure:
    return Figure(
        "judged",
        "Shares of pairs that the arm wins, ties and loses.",
        f"Stacked bars: wins, ties and losses of every arm's answers against {control}'s. The numbers are in the table "
        "below.",
    )
