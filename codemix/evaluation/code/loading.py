"""The problems of a task, from its own files or the hub."""

import glob
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from codemix.errors import UserError
from codemix.evaluation.code import humaneval, mbpp, plus
from codemix.evaluation.code.problems import Problem
from codemix.evaluation.harness.hub import hub_splits
from codemix.evaluation.harness.missing import DataMissing
from codemix.evaluation.harness.own_files import read_records
from codemix.evaluation.suite import SuiteTask

Records = list[dict[str, Any]]


def load_problems(task: SuiteTask, files: Mapping[str, str] | None) -> list[Problem]:
    """The problems of a benchmark, all that are scored, in its order.

    Args:
        task: named as the benchmark: humaneval, mbpp, humaneval_plus or mbpp_plus.
        files: split -> path of its records, '' being what is scored; None for the hub's. Of mbpp's shots, 'prompt' is
            the split of examples; of humaneval_plus before its releases, 'reference' and 'inputs' are its two files.

    Raises:
        UserError: there is no such benchmark, or its records are missing or others.
    """
    if task.name not in _LOADERS:
        raise UserError(
            f"SuiteTask.name {task.name!r} is no benchmark of programs; give one of {', '.join(_LOADERS)}, or name the "
            "harness's definition in SuiteTask.yaml."
        )
    try:
        problems = _LOADERS[task.name](task, files)
    except KeyError as missing:
        raise UserError(
            f"Suite.files of {task.name}: its records have no field {missing}; give the benchmark's own file."
        ) from None
    if not problems:
        raise UserError(f"Suite.files of {task.name}: there is no problem that is scored; give the test split.")
    return problems


def _humaneval(task: SuiteTask, files: Mapping[str, str] | None) -> list[Problem]:
    if task.shots:
        raise UserError(f"SuiteTask.shots of {task.name} is {task.shots}; its prompts have no examples, give 0.")
    return humaneval.problems(_records(files, "openai/openai_humaneval", None, ""))


def _mbpp(task: SuiteTask, files: Mapping[str, str] | None) -> list[Problem]:
    hub = ("google-research-datasets/mbpp", "full")
    records = _records(files, *hub, "")
    examples: Iterable[Mapping[str, Any]] = ()
    if task.shots:
        examples = _records(files, *hub, "prompt") if files is None or "prompt" in files else records
    return mbpp.problems(records, examples, task.shots)


def _humaneval_plus(task: SuiteTask, files: Mapping[str, str] | None) -> list[Problem]:
    own = _own(task, files)
    beside = [_records(own, "", None, split) if split in own else [] for split in ("reference", "inputs")]
    return plus.humaneval_plus(_records(own, "", None, ""), *beside)


def _mbpp_plus(task: SuiteTask, files: Mapping[str, str] | None) -> list[Problem]:
    return plus.mbpp_plus(_records(_own(task, files), "", None, ""))


def _own(task: SuiteTask, files: Mapping[str, str] | None) -> Mapping[str, str]:
    """Those of EvalPlus's releases: what the hub has are tests that need NumPy, which the sandbox has not."""
    if task.shots:
        raise UserError(f"SuiteTask.shots of {task.name} is {task.shots}; its prompts have no examples, give 0.")
    if files is None:
        raise DataMissing(f"{task.name} is read from a release of EvalPlus (.jsonl.gz); name its file in Suite.files")
    return files


def _records(files: Mapping[str, str] | None, repository: str, configuration: str | None, split: str) -> Records:
    if files is None:
        return list(hub_splits({"dataset_path": repository, "dataset_name": configuration})[split or "test"])
    paths = sorted(glob.glob(files[split], recursive=True))
    if not paths:
        raise DataMissing(f"{files[split]} is not there")
    return [record for path in paths for record in read_records(Path(path))]


_LOADERS: Mapping[str, Callable[[SuiteTask, Mapping[str, str] | None], list[Problem]]] = {
    "humaneval": _humaneval,
    "mbpp": _mbpp,
    "humaneval_plus": _humaneval_plus,
    "mbpp_plus": _mbpp_plus,
}
