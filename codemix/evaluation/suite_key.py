"""The key of a suite: what its scores depend on beside the model."""

import dataclasses
import glob
from importlib.metadata import version
from pathlib import Path
from typing import Any

from codemix.evaluation.suite import Suite, SuiteTask
from codemix.store.digests import file_digests
from codemix.store.fingerprint import fingerprint

SUITE_VERSION = 1  # raised when the same model and suite would give other scores


def suite_key(suite: Suite) -> str:
    """Covers every task's key, in order. Raises UserError where a definition is missing."""
    return fingerprint([suite.name, [task_key(suite, task) for task in suite.tasks]])


def task_key(suite: Suite, task: SuiteTask) -> str:
    """Covers how a task is asked, the definition, its items (of files of one's own their contents, of the hub their
    name there), the seed and the harness's version."""
    asked = {name: value for name, value in dataclasses.asdict(task).items() if name not in ("name", "category")}
    return fingerprint([SUITE_VERSION, asked, suite.seed, _definition(task), _files(suite, task)])


def _definition(task: SuiteTask) -> list[Any]:
    """What asks: a definition of the harness is that of its version; of another, all that lies beside it counts."""
    if task.answers == "code":
        from codemix.evaluation.code.scoring import CODE_VERSION

        return [task.name, CODE_VERSION]
    import lm_eval

    from codemix.evaluation.harness.definitions import definition_files

    paths = definition_files(task)
    content: list[str] = []
    if not paths[0].is_relative_to(lm_eval.__path__[0]):
        beside = {file for path in paths for pattern in ("*.yaml", "*.py") for file in path.parent.glob(pattern)}
        content = file_digests(sorted(beside))
    return [[path.name for path in paths], version("lm_eval"), content]


def _files(suite: Suite, task: SuiteTask) -> Any:
    files = suite.files_of(task.name)
    if files is None:
        return "hub"
    found = {
        split: [Path(path) for path in sorted(glob.glob(pattern, recursive=True))] for split, pattern in files.items()
    }
    return {split: file_digests(paths) for split, paths in found.items()}
