"""Known answers: who knows gets 1.0, who guesses gets chance, on every benchmark of the suites."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_rows import BENCHMARKS, rows_of
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from codemix.evaluation.harness.asking import ask, count_requests
from codemix.evaluation.harness.definitions import load_tasks
from codemix.evaluation.items import write_items
from codemix.evaluation.suite import SuiteTask
from codemix.study.gin_files import load_suite

ITEMS = 60
LIMIT = 300  # of the samples


class Scripted(LM):
    """Answers by what it was told of each item. The text of an answer is right where `right` has it."""

    def __init__(self, tasks: Sequence[Any], guesses: np.random.Generator | None = None):
        super().__init__()
        self._tasks = {task.task_name: task for task in tasks}
        self._guesses = guesses

    def loglikelihood(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:
        return [self._scored(request) for request in requests]

    def generate_until(self, requests: Sequence[Instance]) -> list[str]:
        return ["nothing like it" if self._guesses else self._written(request) for request in requests]

    def loglikelihood_rolling(self, requests: Sequence[Instance]) -> list[float]:
        raise NotImplementedError

    def _scored(self, request: Instance) -> tuple[float, bool]:
        size = len(request.args[1])
        if self._guesses is not None:  # as probable per character as another: acc_norm guesses as well as acc
            return -size * float(self._guesses.random()), False
        return (-0.1 * size, True) if self._is_right(request) else (-3.0 * size, False)

    def _is_right(self, request: Instance) -> bool:
        task = self._tasks[request.task_name]
        if task.OUTPUT_TYPE != "multiple_choice":
            return True
        gold = task.doc_to_text(request.doc) if task.multiple_input else task.doc_to_target(request.doc)
        choices = task.doc_to_choice(request.doc)
        return request.idx == (gold if isinstance(gold, int) else choices.index(gold))

    def _written(self, request: Instance) -> str:
        gold = self._tasks[request.task_name].doc_to_target(request.doc)
        return " " + (gold[-1] if isinstance(gold, list) else gold)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SuiteTask]:
    file = tmp_path_factory.mktemp("gin") / "all.gin"
    file.write_text("include 'gin/suites/all.gin'\n")
    return {task.name: task for task in load_suite(file).tasks}


def loaded(task: SuiteTask, folder: Path, items: int = ITEMS) -> list[Any]:
    path = folder / f"{task.name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(task.name, items, seed=5)))
    if task.name == "mmlu":  # of its 57 subjects, those that the rows have
        return [
            one
            for subject in ("anatomy", "virology")
            for one in load_tasks(
                SuiteTask(**{**vars(task), "yaml": f"mmlu/default/mmlu_{subject}.yaml"}), {"": str(path)}, 1
            )
        ]
    return load_tasks(task, {"": str(path)}, 1)


def test_the_rows_are_of_every_benchmark(declared: dict[str, SuiteTask]) -> None:
    assert set(BENCHMARKS) == {name for name, task in declared.items() if task.answers != "code"}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_who_knows_and_who_guesses(name: str, declared: dict[str, SuiteTask], tmp_path: Path) -> None:
    task = declared[name]
    tasks = loaded(task, tmp_path)
    check(task, tasks, tmp_path)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_on_real_items(name: str, declared: dict[str, SuiteTask], samples: Path, tmp_path: Path) -> None:
    file = tmp_path / "samples.gin"
    file.write_text("include 'gin/suites/all.gin'\ninclude 'gin/suites/samples.gin'\n")
    suite = load_suite(file)
    files = suite.files_of(name)
    assert files
    if not Path(next(iter(files.values()))).exists():
        pytest.skip(f"the samples have no {name}")
    limit = 6 if name == "mmlu" else LIMIT  # of each of its 57 subjects
    task = SuiteTask(**{**vars(declared[name]), "limit": limit})
    check(task, load_tasks(task, files, 1), tmp_path)


def check(task: SuiteTask, tasks: Sequence[Any], folder: Path) -> None:
    known = ask(Scripted(tasks), task, tasks)
    write_items(folder / "known.parquet", known)
    assert [row["score"] for row in known] == [1.0] * len(known)
    assert all(row["bits_per_byte"] > 0 for row in known)
    assert all(row.get("p_correct", 1) > 0.5 and row.get("margin", 1) > 0 for row in known)

    guessed = ask(Scripted(tasks, np.random.default_rng(0)), task, tasks)
    assert [row["hash"] for row in guessed] == [row["hash"] for row in known]
    # Four standard deviations: of a hundred such tests one fails in a hundred runs; the draws are fixed.
    allowed = 4 * math.sqrt(task.chance * (1 - task.chance) / len(guessed))
    assert abs(np.mean([row["score"] for row in guessed]) - task.chance) <= allowed
    assert count_requests(task, tasks) >= len(known)


def test_shots_come_before_the_item_and_are_not_the_item(declared: dict[str, SuiteTask], tmp_path: Path) -> None:
    task = SuiteTask(**{**vars(declared["gsm8k"]), "shots": 2, "limit": 3})
    files = {}
    for seed, split in enumerate(("train", "test")):
        files[split] = str(tmp_path / f"{split}.jsonl")
        rows = rows_of("gsm8k", 10, seed)
        Path(files[split]).write_text("".join(json.dumps(row) + "\n" for row in rows))
    contexts: list[str] = []

    class Watching(Scripted):
        def generate_until(self, requests: Sequence[Instance]) -> list[str]:
            contexts.extend(request.args[0] for request in requests)
            return super().generate_until(requests)

    for seed in (1, 1, 2):
        tasks = load_tasks(task, files, seed)
        ask(Watching(tasks), task, tasks)
    first, again, other = contexts[:3], contexts[3:6], contexts[6:]
    assert first == again != other
    for context, row in zip(first, rows_of("gsm8k", 3, 1), strict=True):
        assert context.count("Question:") == 3
        assert context.endswith(f"Question: {row['question']}\nAnswer:")
        assert row["answer"] not in context


def test_continuous_measures_by_hand(tmp_path: Path, declared: dict[str, SuiteTask]) -> None:
    """Multi-byte text, in float64, with the harness's own rule that acc_norm divides by characters."""
    row = {"goal": "Größe?", "sol1": "größer ✓", "sol2": "klein", "label": 0}
    (tmp_path / "piqa.jsonl").write_text(json.dumps(row) + "\n")
    task = declared["piqa"]
    (one,) = load_tasks(task, {"": str(tmp_path / "piqa.jsonl")}, 1)

    class Given(Scripted):
        def loglikelihood(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:
            return [(-9.0, False), (-6.0, False)]

    (found,) = ask(Given([one]), task, [one])
    sizes = [len(" größer ✓".encode()), len(b" klein")]
    assert sizes == [13, 6]
    per_byte = [-9 / 13, -6 / 6]
    assert found["bytes"] == 13
    assert found["bits_per_byte"] == pytest.approx(9 / math.log(2) / 13, rel=1e-12)
    assert found["margin"] == pytest.approx(per_byte[0] - per_byte[1], rel=1e-12)
    expected = math.exp(per_byte[0]) / (math.exp(per_byte[0]) + math.exp(per_byte[1]))
    assert found["p_correct"] == pytest.approx(expected, rel=1e-12)
    assert (found["acc"], found["acc_norm"]) == (0.0, 1.0)  # -9 < -6; -9/8 > -6/5
    assert found["score"] == found["acc_norm"]


def test_quac_is_a_choice_among_a_dialogues_answers(tmp_path: Path, declared: dict[str, SuiteTask]) -> None:
    """What comes next distracts first; what was not answered is not asked, and is in the dialogue before a question."""
    dialogue = {
        "wikipedia_page_title": "A place",
        "section_title": "History",
        "context": "Long ago. CANNOTANSWER",
        "questions": [f"q{n}" for n in range(6)],
        "orig_answers": {"texts": ["a0", "CANNOTANSWER", "a2", "a0", "a4", "a5"]},
    }
    (tmp_path / "quac.jsonl").write_text(json.dumps(dialogue) + "\n")
    (one,) = load_tasks(declared["quac"], {"": str(tmp_path / "quac.jsonl")}, 1)
    documents = list(one.task_docs)
    assert [(document["question"], document["choices"], document["gold"]) for document in documents] == [
        ("q0", ["a0", "a2", "a4", "a5"], 0),
        ("q2", ["a2", "a0", "a4", "a5"], 0),
        ("q3", ["a2", "a0", "a4", "a5"], 1),
        ("q4", ["a2", "a0", "a4", "a5"], 2),
        ("q5", ["a2", "a0", "a4", "a5"], 3),
    ]
    assert one.doc_to_text(documents[1]).split("\n") == [
        *("A place: History", "Long ago.", "Question: q0", "Answer: a0", "Question: q1", "Answer: I don't know."),
        *("Question: q2", "Answer:"),
    ]
