"""Benchmarks by codemix beside lm-evaluation-harness's own Hugging Face backend, and what it takes to begin.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.evaluation [--items 100]

Log-likelihoods of five tasks by one exported model of 1.4M parameters, a vocabulary of 4,096 among them, its weights
drawn. Both answer the same requests, in float32; rounds alternate, and ratios are of medians: of the time that passes,
and of the CPU's, which others on the machine change less. codemix's first round compiles. The start is a process that
imports the harness and reads the five definitions, beside one that makes the harness's index of tasks.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from flax import nnx
from rich.console import Console
from rich.table import Table

from codemix.evaluation.model import ScoredModel
from codemix.evaluation.suite import Suite
from codemix.study.gin_files import load_suite

TASKS = ("boolq", "piqa", "sciq", "hellaswag", "arc_easy")
ROUNDS, STARTS = 3, 3


class Seconds(NamedTuple):
    elapsed: float
    cpu: float


GIN = """
include 'gin/suites/paper.gin'
include 'gin/suites/samples.gin'
Suite.tasks = [{tasks}]
SuiteTask.limit = {items}
"""
OURS = """
import sys
from codemix.evaluation.harness.definitions import read_definitions
from codemix.evaluation.suite import SuiteTask
import lm_eval.api.task
for yaml in sys.argv[1:]:
    print(read_definitions(SuiteTask("task", "reasoning", yaml)))
"""
THEIRS = """
from lm_eval.tasks import TaskManager
print(len(TaskManager().all_tasks))
"""


def make_suite(folder: Path, items: int) -> Suite:
    file = folder / "suite.gin"
    tasks = ", ".join(f"@{task}/SuiteTask()" for task in TASKS)
    file.write_text(GIN.format(tasks=tasks, items=items))
    return load_suite(file)


def texts_of(loaded: dict[str, list[Any]]) -> list[str]:
    """Every item of the tasks, which the tokenizer is trained on."""
    return [json.dumps(document) for tasks in loaded.values() for task in tasks for document in task.task_docs]


def make_model(folder: Path, texts: list[str]) -> ScoredModel:
    """A model and its folder of `CohereForCausalLM`."""
    import jax.numpy as jnp
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    from codemix.data.tokenizer import END_OF_DOCUMENT
    from codemix.data.tokenizer_loading import load_tokenizer
    from codemix.interchange.folder import write_folder
    from codemix.model.config import Model
    from codemix.model.partitioning import make_mesh
    from codemix.model.transformer import Transformer

    byte_pairs = tokenizers.Tokenizer(models.BPE())
    byte_pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_pairs.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=4096, special_tokens=[END_OF_DOCUMENT], initial_alphabet=alphabet)
    byte_pairs.train_from_iterator(texts, trainer)
    path = folder / "tokenizer.json"
    byte_pairs.save(str(path))
    tokenizer = load_tokenizer(path)
    config = Model(layers=4, width=128, heads=4, feed_forward=384, context=512)
    model = nnx.jit(lambda: Transformer(config, tokenizer.vocab_size, tokenizer.eos, jnp.float32, nnx.Rngs(0)))()
    graph, params = nnx.split(model)
    parameters = {".".join(map(str, name)): variable[...] for name, variable in nnx.to_flat_state(params)}
    write_folder(folder / "exported", config, parameters, tokenizer.vocab_size, tokenizer.eos, path, {})
    return ScoredModel(graph, params, make_mesh({"data": 1}), tokenizer, "drawn")


def requests_of(suite: Suite, loaded: dict[str, list[Any]]) -> list[tuple[str, Any, Any, list[Any]]]:
    """(task, the harness's task, document, requests) of every item."""
    found = []
    for task in suite.tasks:
        for one in loaded[task.name]:
            for number, document in one.doc_iterator(limit=task.limit):
                context = one.fewshot_context(document, num_fewshot=0)
                metadata = (one.task_name, number, 1)
                requests = one.construct_requests(doc=document, ctx=context, metadata=metadata)
                found.append((task.name, one, document, requests))
    return found


def timed(answer: Callable[[list[Any]], list[tuple[float, bool]]], requests: list[Any]) -> tuple[Seconds, list[Any]]:
    began, computed = time.perf_counter(), time.process_time()
    answers = answer(requests)
    return Seconds(time.perf_counter() - began, time.process_time() - computed), answers


def start_seconds(program: str, *arguments: str) -> Seconds:
    began, computed = time.perf_counter(), _of_children()
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, stdout=subprocess.DEVNULL)
    return Seconds(time.perf_counter() - began, _of_children() - computed)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(console: Console, title: str, rows: dict[str, list[Seconds]]) -> None:
    """The medians of each program, beside the first one's."""
    table = Table(title=title)
    for heading in ("program", "seconds", "ratio", "of CPU", "ratio"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    medians = {name: Seconds(*map(statistics.median, zip(*found, strict=True))) for name, found in rows.items()}
    base = next(iter(medians.values()))
    for name, (elapsed, cpu) in medians.items():
        ratios = (f"{base.elapsed / elapsed:.2f}", f"{base.cpu / cpu:.2f}")
        table.add_row(name, f"{elapsed:.2f}", ratios[0], f"{cpu:.2f}", ratios[1])
    console.print(table)


def log_likelihoods(console: Console, folder: Path, items: int) -> None:
    from codemix.evaluation.harness.definitions import load_tasks
    from codemix.evaluation.harness.lm import CodemixLM

    suite = make_suite(folder, items)
    loaded = {task.name: load_tasks(task, suite.files_of(task.name), suite.seed) for task in suite.tasks}
    model = make_model(folder, texts_of(loaded))
    asked = requests_of(suite, loaded)
    requests = [request for *_, of_item in asked for request in of_item]

    import torch
    from lm_eval.models.huggingface import HFLM

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    peer = HFLM(pretrained=str(folder / "exported"), device="cpu", dtype="float32", batch_size=32)
    ours = CodemixLM(model)
    first, mine = timed(ours.loglikelihood, requests)
    peer.loglikelihood(requests[:64], disable_tqdm=True)
    times: dict[str, list[Seconds]] = {
        "lm-eval, Hugging Face backend": [],
        "codemix": [],
        "codemix, compiling": [first],
    }
    for _ in range(ROUNDS):
        seconds, theirs = timed(lambda asked: peer.loglikelihood(asked, disable_tqdm=True), requests)
        times["lm-eval, Hugging Face backend"].append(seconds)
        times["codemix"].append(timed(ours.loglikelihood, requests)[0])
    show(console, f"Log-likelihoods of {len(requests):,} requests: {', '.join(TASKS)}, {items} items of each", times)

    worst = max(abs(one[0] - other[0]) for one, other in zip(mine, theirs, strict=True))
    greedy = sum(one[1] == other[1] for one, other in zip(mine, theirs, strict=True))
    equal: dict[str, list[bool]] = {}
    place = 0
    for task, one, document, of_item in asked:
        part = slice(place, place + len(of_item))
        place += len(of_item)
        results = [one.process_results(document, answers[part]) for answers in (mine, theirs)]
        equal.setdefault(task, []).append(results[0] == results[1])
    console.print(f"largest difference of a log-probability {worst:.1e}; greedy alike {greedy:,} of {len(requests):,}")
    console.print("accuracies alike: " + ", ".join(f"{task} {sum(n)} of {len(n)}" for task, n in equal.items()))


def starts(console: Console, folder: Path) -> None:
    yamls = [task.yaml for task in make_suite(folder, 1).tasks]
    times: dict[str, list[Seconds]] = {"lm-eval's index of tasks": [], "codemix, five definitions": []}
    for _ in range(STARTS):
        times["lm-eval's index of tasks"].append(start_seconds(THEIRS))
        times["codemix, five definitions"].append(start_seconds(OURS, *yamls))
    show(console, "The start of an evaluation, a process of its own", times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100, help="of each task")
    items = parser.parse_args().items
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        starts(console, Path(folder))
        log_likelihoods(console, Path(folder), items)


if __name__ == "__main__":
    main()
