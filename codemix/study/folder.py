"""The folder of a study in its home, and the files in it."""

from pathlib import Path

from codemix.study.plan import Plan

PLAN = "plan.json"
AUDIT = "audit"
RESULTS = "results.parquet"
ITEMS = "items.parquet"
LOOKS = "looks.parquet"  # what was scored during training
JUDGED = "judged.parquet"
SUITE = "suite.json"  # what came of scoring it
FINISHED = "finished.json"  # written last, with the key of the plan that it finishes


def study_folder(plan: Plan) -> Path:
    return plan.home / "studies" / plan.study.name
