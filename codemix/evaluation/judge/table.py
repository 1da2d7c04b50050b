"""The verdicts of a study as a file: a row for every pair of arms, seed, prompt and judge."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from codemix.evaluation.judge.judging import Judgement
from codemix.evaluation.judge.prompts import Prompt
from codemix.store.atomic import atomic_path

JUDGED_SCHEMA = pa.schema(
    [
        pa.field("arm", pa.string(), nullable=False),
        pa.field("control", pa.string(), nullable=False),
        pa.field("seed", pa.int64(), nullable=False),
        pa.field("prompt", pa.string(), nullable=False),
        pa.field("judge", pa.string(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),  # of the arm: win, loss, tie, no verdict
        pa.field("arm_first", pa.string()),  # whom the judge chose when the arm's answer came first: arm, control
        pa.field("control_first", pa.string()),  # … when the control's did; null: neither, or the answers are equal
        pa.field("instruction", pa.string(), nullable=False),
        pa.field("context", pa.string(), nullable=False),
        pa.field("arm_answer", pa.string(), nullable=False),
        pa.field("control_answer", pa.string(), nullable=False),
        pa.field("arm_first_reply", pa.string(), nullable=False),  # the judge's own words
        pa.field("control_first_reply", pa.string(), nullable=False),
    ]
)


def judged_row(
    judgement: Judgement,
    prompt: Prompt,
    arm: Mapping[str, str],
    control: Mapping[str, str],
    *,
    arm_name: str,
    control_name: str,
    seed: int,
    judge: str,
) -> dict[str, Any]:
    """A row of `JUDGED_SCHEMA`.

    Args:
        judgement: on the answers to `prompt`.
        arm, control: the id of a prompt -> the answer.
        arm_name, control_name, seed, judge: whose they are.
    """
    return {
        "arm": arm_name,
        "control": control_name,
        "seed": seed,
        "judge": judge,
        "prompt": prompt.id,
        "verdict": judgement.verdict,
        "arm_first": judgement.arm_first,
        "control_first": judgement.control_first,
        "instruction": prompt.instruction,
        "context": prompt.context,
        "arm_answer": arm[prompt.id],
        "control_answer": control[prompt.id],
        "arm_first_reply": judgement.arm_first_reply,
        "control_first_reply": judgement.control_first_reply,
    }


def write_judged(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes rows of `JUDGED_SCHEMA`. The file is whole or absent."""
    table = pa.Table.from_pylist([dict(row) for row in rows], JUDGED_SCHEMA)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
