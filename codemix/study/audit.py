"""The audit of a study: which evaluation items are in the documents that its arms train on."""

from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from codemix.data.audit.table import AuditTable
from codemix.data.pool import Pool, worker_pool
from codemix.errors import UserError
from codemix.study.plan import Plan


def audit_study(
    plan: Plan, folder: Path, console: Console, pool: AbstractContextManager[Pool] | None = None
) -> AuditTable:
    """Audits the sources of a study, and writes matched.parquet and totals.parquet to `folder`.

    What was looked for and found before is not looked for again.

    Raises:
        UserError: the corpora profile declares no audit.
    """
    from codemix.data.audit.table import write_table
    from codemix.data.auditing import audit_sources
    from codemix.data.progress import PREPARING

    corpora = plan.study.corpora
    if corpora.audit is None:
        raise UserError(
            f"Corpora '{corpora.name}' declares no audit; include 'gin/benchmarks/all.gin' or a file like it, "
            "and bind Corpora.audit = @Audit()."
        )
    with Progress(*PREPARING, console=console) as progress, pool or worker_pool() as workers:
        table = audit_sources(corpora, corpora.audit, list(plan.stores), plan.data, workers, progress)
    write_table(table, folder)
    return table
