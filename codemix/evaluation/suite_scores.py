"""A checkpoint scored on a suite: an items table for each task, written when the task is done."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import jax

from codemix.errors import UserError
from codemix.evaluation.items import read_facts, write_items
from codemix.evaluation.journal import Journal
from codemix.evaluation.model import ScoredModel
from codemix.evaluation.suite import Suite, SuiteTask
from codemix.evaluation.suite_key import task_key
from codemix.store.fingerprint import fingerprint

Advance = Callable[[float], None]
_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TaskOutcome:
    """What came of a task.

    Attributes:
        task: of the suite.
        status: scored; skipped, its items not being there; or failed.
        items: the items table, where it was scored.
        reason: why it was not.
        isolation: the sandbox's level, where programs were run.
    """

    task: SuiteTask
    status: Literal["scored", "skipped", "failed"]
    items: Path | None = None
    reason: str | None = None
    isolation: str | None = None


def score_suite(
    model: ScoredModel,
    suite: Suite,
    folder: Path,
    begin: Callable[[str, int], Advance] = lambda task, total: lambda done: None,
) -> list[TaskOutcome]:
    """Scores a model on every task of a suite, in order.

    Killed and called again it goes on where it was: a task that is done is not scored again, and of the one that was
    being scored the batches that are done are not. A task that fails does not keep the others from being scored. On
    several hosts every process calls this, with a folder that all see; the first writes.

    Args:
        model: the checkpoint. `ScoredModel.name` tells it from others.
        suite: what is asked.
        folder: of this checkpoint; it gets TASK.parquet for every task.
        begin: called with a task's name and the number of its requests; what it returns is called with those done.
    """
    return [_outcome(model, suite, task, folder, begin) for task in suite.tasks]


def _outcome(
    model: ScoredModel, suite: Suite, task: SuiteTask, folder: Path, begin: Callable[[str, int], Advance]
) -> TaskOutcome:
    path = folder / f"{task.name}.parquet"
    try:
        key = fingerprint([task_key(suite, task), model.name, model.tokenizer.fingerprint])
        if path.exists() and (facts := read_facts(path)).get("key") == key:
            return TaskOutcome(task, "scored", path, isolation=facts.get("isolation"))
        writes = jax.process_index() == 0
        of_batches = fingerprint([key, suite.batch_rows, dict(model.mesh.shape)])
        journal = Journal(folder / f".{task.name}.journal", of_batches, writes)
        rows, isolation = _scored(model, suite, task, journal, begin)
        if writes:
            write_items(path, rows, {"key": key} | ({"isolation": isolation} if isolation else {}))
        journal.remove()
        return TaskOutcome(task, "scored", path, isolation=isolation)
    except UserError as error:
        return TaskOutcome(task, "skipped", reason=str(error))
    except Exception as error:  # whatever a benchmark's code may raise: the others are scored
        _LOG.exception("%s on %s", task.name, model.name)
        return TaskOutcome(task, "failed", reason=f"{type(error).__name__}: {error}".split("\n")[0])


def _scored(
    model: ScoredModel, suite: Suite, task: SuiteTask, journal: Journal, begin: Callable[[str, int], Advance]
) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a task, and how programs were kept apart where some were run."""
    files = suite.files_of(task.name)
    if task.answers == "code":
        from codemix.evaluation.code.loading import load_problems
        from codemix.evaluation.code.scoring import score_code

        advance = begin(task.name, len(load_problems(task, files)[: task.limit]))
        found = score_code(model, task, files, journal, batch_rows=suite.batch_rows, seed=suite.seed, advance=advance)
        return found.rows, found.isolation
    from codemix.evaluation.harness.asking import ask, count_requests
    from codemix.evaluation.harness.definitions import load_tasks
    from codemix.evaluation.harness.lm import CodemixLM

    loaded = load_tasks(task, files, suite.seed)
    advance = begin(task.name, count_requests(task, loaded))
    return ask(CodemixLM(model, suite.batch_rows, task.max_tokens, journal, advance), task, loaded), None
