"""The harness's definitions of tasks: those that a suite names are read, and none of the ten thousand others."""

import functools
import glob
import logging
from pathlib import Path
from typing import Any

from codemix.errors import UserError
from codemix.evaluation.harness.own_files import read_records, rows_by_split
from codemix.evaluation.suite import SuiteTask

OWN = Path(__file__).parent / "yaml"


def definition_files(task: SuiteTask) -> list[Path]:
    """The YAML files of a task: of codemix, of the harness, or where its path says.

    Raises:
        UserError: there are none.
    """
    import lm_eval

    for folder in (OWN, Path(lm_eval.__path__[0]) / "tasks", Path()):
        if found := sorted(glob.glob(str(folder / task.yaml))):
            return [Path(path) for path in found]
    raise UserError(
        f"SuiteTask.yaml of {task.name}: there is no definition {task.yaml!r}, in codemix, in lm-evaluation-harness or "
        "here; correct the path."
    )


def read_definitions(task: SuiteTask) -> list[dict[str, Any]]:
    """The configurations of a task's definitions, with its number of shots; groups of tasks among them are left out.

    Where no examples are shown, no split is asked for but the one that is scored.
    """
    from lm_eval.tasks._yaml_loader import load_yaml

    configs = []
    for path in definition_files(task):
        config = load_yaml(path)
        if not isinstance(config.get("task"), str):
            continue
        if "class" in config:
            raise UserError(f"SuiteTask.yaml of {task.name}: {path.name} is a class, not a definition; name another.")
        for structural in ("tag", "group", "task_list", "task_alias", "group_alias"):
            config.pop(structural, None)
        config["num_fewshot"] = task.shots
        if task.shots == 0:
            scored = scored_split(config)
            config.pop("fewshot_split", None)
            config.pop("fewshot_config", None)
            for split in ("training_split", "validation_split", "test_split"):
                if config.get(split) != scored:
                    config[split] = None
        configs.append(config)
    if not configs:
        raise UserError(f"SuiteTask.yaml of {task.name}: {task.yaml!r} defines groups only; name the tasks' files.")
    return configs


def scored_split(config: dict[str, Any]) -> str:
    """The split that the harness scores."""
    return config.get("test_split") or config["validation_split"]


def load_tasks(task: SuiteTask, files: dict[str, str] | None, seed: int) -> list[Any]:
    """The harness's tasks, with their items.

    Args:
        task: of the suite.
        files: `Suite.files_of` the task; None for the hub's.
        seed: of the worked examples.

    Raises:
        DataMissing: the items are not where they should be.
    """
    import datasets
    from lm_eval.api.task import ConfigurableTask

    from codemix.evaluation.harness.hub import hub_splits

    datasets.disable_progress_bars()
    logging.getLogger("lm_eval").setLevel(logging.ERROR)  # it warns of what definitions leave to their defaults
    _compile_templates_once()
    records_of = functools.cache(read_records)
    tasks = []
    for config in read_definitions(task):
        if files is None:
            splits = hub_splits(config)
        else:
            named = {split or scored_split(config): path for split, path in files.items()}
            rows_of = rows_by_split(task, config, named, records_of)
            splits = {split: datasets.Dataset.from_list(rows) for split, rows in rows_of.items()}
        config["custom_dataset"] = lambda splits=splits, **_: splits
        config.pop("dataset_kwargs", None)
        loaded = ConfigurableTask(config=config)
        loaded.set_fewshot_seed(seed)
        tasks.append(loaded)
    return tasks


def _compile_templates_once() -> None:
    """The harness compiles a definition's templates anew for every item, which takes most of the time that asking for
    its requests does."""
    from lm_eval.utils import env

    if not hasattr(env.from_string, "cache_info"):
        env.from_string = functools.lru_cache(maxsize=1024)(env.from_string)
