"""The suite's scores of the synthetic study, with known true effects, in the form that `codemix run` gives them."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from synthetic_study import ARMS, Folders

from codemix.evaluation.items import ITEM_SCHEMA, item_hash
from codemix.evaluation.judge.table import write_judged
from codemix.evaluation.measures import measures
from codemix.evaluation.suite import SuiteTask

SMALL, LARGE = 1_500_000, 3_000_000_000  # parameters: below and above where counted answers decide
TASKS = (
    SuiteTask("sciq", "reasoning", "sciq.yaml", chance=0.25),
    SuiteTask("copa", "reasoning", "copa.yaml", chance=0.5),
    SuiteTask("boolq", "reasoning", "boolq.yaml", chance=0.5, answers="labels"),
    SuiteTask("triviaqa", "knowledge", "trivia.yaml", measure="exact_match", answers="free"),
    SuiteTask("humaneval", "code", measure="pass@1", answers="code", samples=10, temperature=0.8),
    SuiteTask("openbookqa", "beyond", "openbookqa.yaml", chance=0.25),
)
ITEMS = {"sciq": 300, "copa": 60, "boolq": 200, "triviaqa": 250, "humaneval": 50, "openbookqa": 120}
LEVEL = {"sciq": 0.55, "copa": 0.6, "boolq": 0.5, "triviaqa": 0.06, "humaneval": 0.02, "openbookqa": 0.26}
EFFECT = {"text_only": 0.0, "balanced_only": 0.02, "balanced_to_text": 0.12, "code_to_text": -0.01}  # on sciq


def declared(parameters: int = SMALL) -> dict:
    """plan.json's "suite"."""
    entries = []
    for task in TASKS:
        for measure in measures(task, parameters):
            facts = dataclasses.asdict(measure)
            entries.append({"name": facts.pop("task"), "measure": facts.pop("name"), **facts})
    return {
        "name": "paper",
        "tasks": entries,
        "skipped": [{"task": "storycloze", "reason": "its items are on request: <files> has none"}],
        "published": None,
        "isolation": "namespaces and seccomp",
    }


def add_suite(folders: Folders, parameters: int = SMALL, seed: int = 0, **changes: object) -> pd.DataFrame:
    """Writes items.parquet and the plan's "suite" into a synthetic study, and gives the rows."""
    path = folders.study / "plan.json"
    plan = json.loads(path.read_text(encoding="utf-8"))
    plan["suite"] = {**declared(parameters), **changes}
    path.write_text(json.dumps(plan), encoding="utf-8")
    frame = suite_rows(plan["study"]["seeds"], seed)
    write_rows(folders.study, frame)
    return frame


def write_rows(study: Path, frame: pd.DataFrame) -> None:
    extra = [pa.field("arm", pa.string()), pa.field("seed", pa.int64()), pa.field("category", pa.string())]
    schema = pa.schema([*ITEM_SCHEMA, *extra])
    pq.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False), study / "items.parquet")


def add_judged(folders: Folders, prompts: int = 40, wins: float = 0.3, losses: float = 0.2, seeds=(0, 1, 2)) -> None:
    """Writes judged.parquet: two judges; the second gives no verdict on one prompt."""
    random, rows = np.random.default_rng(5), []
    for judge in ("a-judge", "b-judge"):
        for arm in ARMS:
            for seed in seeds:
                for number in range(prompts if arm != "text_only" else 0):
                    draw = random.random()
                    kind = "win" if draw < wins else "loss" if draw < wins + losses else "tie"
                    first, second = {"win": ("arm", "arm"), "loss": ("control", "control")}.get(
                        kind, ("arm", "control")
                    )
                    row = {"judge": judge, "arm": arm, "control": "text_only", "seed": seed, "prompt": f"p{number}"}
                    row |= {"verdict": kind, "arm_first": first, "control_first": second, "context": ""}
                    row |= {"instruction": f"Say <b>{number}</b>.", "arm_answer": f"{arm}: {number}"}
                    row |= {"control_answer": f"text_only: {number}", "arm_first_reply": "", "control_first_reply": ""}
                    rows.append(row)
    rows[-1] |= {"verdict": "no verdict", "arm_first": None}
    write_judged(folders.study / "judged.parquet", rows)


def suite_rows(seeds, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frames = []
    for task in TASKS:
        count, level = ITEMS[task.name], LEVEL[task.name]
        hardness, sizes = random.standard_normal(count), random.integers(4, 40, count)
        flags = np.where(np.arange(count) % 10 == 0, True, False) if task.name == "sciq" else None
        for arm in ARMS:
            taste = 0.3 * random.standard_normal(count)
            for number in seeds:
                luck = 0.006 * random.standard_normal()
                share = level + (EFFECT[arm] if task.name == "sciq" else 0.0) + luck
                threshold = np.quantile(hardness, min(max(1 - share, 0.0), 1.0))
                noise = taste + 0.3 * random.standard_normal(count)
                right = (hardness + noise > threshold).astype(float)
                if flags is not None:
                    right[flags] = 1.0  # what was read is known
                frames.append(_run(task, arm, number, count, right, hardness + noise, sizes, flags, random))
    return pd.concat(frames, ignore_index=True)


def _run(task, arm, seed, count, right, ease, sizes, flags, random) -> pd.DataFrame:
    names = [f"{task.name}/{number:04d}" for number in range(count)]
    rows = pd.DataFrame(
        {
            "task": task.name,
            "item": names,
            "hash": [item_hash({"question": name}) for name in names],
            "score": right,
            "bits_per_byte": 1.4 - 0.2 * ease - 1.5 * EFFECT[arm],
            "contaminated": flags if flags is not None else None,
            "bytes": sizes,
            "arm": arm,
            "seed": seed,
            "category": task.category,
        }
    )
    for column in ("acc", "acc_norm", "p_correct", "margin", "samples", "passed", "generations"):
        rows[column] = None
    if task.answers in ("texts", "labels"):
        rows["acc"], rows["acc_norm"] = right, right
        rows["p_correct"] = 1 / (1 + np.exp(-ease + 1))
        rows["margin"] = ease / sizes
    if task.answers == "code":
        passed = random.binomial(task.samples, np.clip(0.02 + 0.1 * (ease > 1), 0, 1))
        rows["samples"], rows["passed"], rows["score"] = task.samples, passed, passed / task.samples
        rows["generations"] = [[f"def f{place}():\n    return '<{arm}>'"] * 2 for place in range(count)]
    if task.answers == "free":
        rows["generations"] = [[f"the answer of {arm} & co"]] * count
    return rows
