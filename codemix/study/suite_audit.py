"""Which items of the suite are in the documents that a study trains on."""

import dataclasses
from collections.abc import Sequence

import orjson
import xxhash
from rich.console import Console

from codemix.evaluation.suite import Suite, SuiteTask
from codemix.store.atomic import write_bytes
from codemix.study.folder import AUDIT, study_folder
from codemix.study.plan import Plan


def contaminated_items(
    plan: Plan, suite: Suite, tasks: Sequence[SuiteTask], console: Console
) -> dict[tuple[str, str], bool]:
    """(task, item) -> whether it is in a document. Items too short to tell are not in it, and none where the corpora
    profile declares no audit.

    The items are looked for as the harness asks them, by the audit's own thresholds, in every source that an arm
    trains on; what was looked for before is not looked for again. matched.parquet and totals.parquet in the study's
    audit/SUITE say where they are.
    """
    audit = plan.study.corpora.audit
    if audit is None or not tasks:
        return {}
    from rich.progress import Progress

    from codemix.data.audit.config import Benchmark
    from codemix.data.audit.index import load_index
    from codemix.data.audit.table import write_table
    from codemix.data.auditing import audit_index, audit_sources
    from codemix.data.pool import worker_pool
    from codemix.data.progress import PREPARING
    from codemix.evaluation.suite_texts import suite_texts

    benchmarks = []
    for task in tasks:
        content = b"\n".join(orjson.dumps(text) for text in suite_texts(suite, task))
        path = plan.home / "audits" / f"{task.name}-{xxhash.xxh3_64_hexdigest(content)}.jsonl"
        if not path.exists():
            write_bytes(path, content)
        code = task.answers == "code"
        parts = {"question": "question", "answer": "answer"}
        benchmarks.append(
            Benchmark(task.name, [str(path)], text={} if code else parts, code=parts if code else {}, id="item")
        )
    sources = sorted({entry.source for entries in plan.ledgers.values() for entry in entries})
    with Progress(*PREPARING, console=console) as progress, worker_pool() as workers:
        own = dataclasses.replace(audit, benchmarks=benchmarks, drop_from=())
        table = audit_sources(plan.study.corpora, own, sources, plan.data, workers, progress)
    write_table(table, study_folder(plan) / AUDIT / suite.name)
    found = set(zip(table.matched["benchmark"].to_pylist(), table.matched["item"].to_pylist(), strict=True))
    told = {(part.benchmark, part.item) for part in load_index(audit_index(own, plan.data)).parts if part.units}
    return {item: item in found for item in told}
