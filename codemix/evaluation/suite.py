"""The evaluation suite: which benchmarks a checkpoint is scored on, and where their items lie."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Literal

from codemix.errors import UserError

Category = Literal["reasoning", "knowledge", "code", "beyond"]
Answers = Literal["texts", "labels", "free", "code"]


@dataclasses.dataclass(frozen=True)
class SuiteTask:
    """A benchmark, and how it is asked.

    Attributes:
        name: in results, messages and `Suite.files`.
        category: whose mean it belongs to (arXiv 2408.10914 Table 1; 'beyond' is not in that paper).
        yaml: lm-evaluation-harness's definition: a file below its folder of tasks, or below codemix's own
            (`codemix/evaluation/harness/yaml/`), or a path; a glob has several, whose items are one task's. A task of
            code that is executed has none.
        measure: what an item's `score` is.
        chance: the score of who guesses.
        answers: what is scored: choices that are texts, choices that are labels (yes, no; A to D), text that the model
            writes or goes on with, or programs.
        shots: worked examples before each item.
        limit: the first so many items of each definition; None for all.
        samples: programs written for each item, from which pass@k is estimated.
        temperature: at which they are drawn; 0 takes the most probable token.
        top_p: only the most probable tokens that together reach this probability are drawn from.
        max_tokens: of an answer that the model writes.
    """

    name: str
    category: Category
    yaml: str = ""
    measure: str = "acc"
    chance: float = 0.0
    answers: Answers = "texts"
    shots: int = 0
    limit: int | None = None
    samples: int = 1
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 256

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise UserError(f"SuiteTask.name is {self.name!r}; give a name without '/'.")
        if self.answers != "code" and not self.yaml:
            raise UserError(f"SuiteTask.yaml of {self.name} is empty; name the harness's definition of the task.")
        if not 0 <= self.chance < 1:
            raise UserError(f"SuiteTask.chance of {self.name} is {self.chance}; give a share from 0 up to below 1.")
        if self.shots < 0 or (self.limit is not None and self.limit < 1):
            raise UserError(
                f"SuiteTask.shots and SuiteTask.limit of {self.name} are {self.shots} and {self.limit}; "
                "give shots ≥ 0 and a limit ≥ 1 or None."
            )
        if self.samples < 1 or self.max_tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1:
            raise UserError(
                f"SuiteTask {self.name} needs samples ≥ 1, max_tokens ≥ 1, temperature ≥ 0 and top_p above 0 up to 1; "
                f"it has {self.samples}, {self.max_tokens}, {self.temperature} and {self.top_p}."
            )
        if self.samples > 1 and self.temperature == 0:
            raise UserError(
                f"SuiteTask.samples of {self.name} is {self.samples} at temperature 0, where all samples are the same; "
                "raise SuiteTask.temperature or take one."
            )


@dataclasses.dataclass(frozen=True)
class Suite:
    """The benchmarks that every checkpoint of a study is scored on.

    Attributes:
        name: in folders and reports.
        tasks: in the order in which they are scored and shown.
        files: task -> its items in files of your own: a path or glob (`$VARIABLE` and `~` are expanded; .jsonl, .json,
            .csv, .parquet, also .gz and .zst) of the split that is scored, or split -> path where examples come from
            another. Of a task without, the items come from the hub, as its definition says.
        batch_rows: rows of the model's whole context that are scored at once; of shorter ones as many more as make the
            same tokens.
        seed: of the worked examples drawn.
    """

    name: str
    tasks: Sequence[SuiteTask]
    files: Mapping[str, str | Mapping[str, str]] = dataclasses.field(default_factory=dict)
    batch_rows: int = 16
    seed: int = 1234

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if not self.name or not self.tasks:
            raise UserError("Suite needs a name and at least one task; give Suite.name and Suite.tasks.")
        names = [task.name for task in self.tasks]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise UserError(f"Suite.tasks has {', '.join(twice)} more than once; name each task once.")
        if self.batch_rows < 1:
            raise UserError(f"Suite.batch_rows is {self.batch_rows}; give a whole number ≥ 1.")

    def files_of(self, task: str) -> dict[str, str] | None:
        """Split -> path of a task's own files, variables expanded; '' is the split that is scored. None: the hub's."""
        given = self.files.get(task)
        if given is None:
            return None
        splits = {"": given} if isinstance(given, str) else given
        return {split: os.path.expanduser(os.path.expandvars(path)) for split, path in splits.items()}
