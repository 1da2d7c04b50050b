"""HumanEval and MBPP: answers that are known, a model that answers, and a stop in between."""

import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from codemix.errors import UserError
from codemix.evaluation.code.loading import load_problems
from codemix.evaluation.code.problems import Problem
from codemix.evaluation.code.scoring import CodeScores, judged, score_code
from codemix.evaluation.generation import Continuation, generate
from codemix.evaluation.harness.missing import DataMissing
from codemix.evaluation.items import read_items, write_items
from codemix.evaluation.journal import Journal
from codemix.evaluation.model import ScoredModel
from codemix.evaluation.suite import SuiteTask
from codemix.model.config import Model
from codemix.model.partitioning import make_mesh
from codemix.model.transformer import Transformer

SAMPLES = os.environ.get("CODEMIX_SAMPLES", "")
EVALS = f"{SAMPLES}/evals"
FILES = {
    "humaneval": {"": f"{EVALS}/humaneval/HumanEval.jsonl.gz"},
    "mbpp": {"": f"{EVALS}/mbpp/mbpp.jsonl"},
    "humaneval_plus": {
        "": f"{EVALS}/humaneval/HumanEval.jsonl.gz",
        "reference": f"{EVALS}/evalplus/HumanEvalPlus-20230426-patch.jsonl",
        "inputs": f"{EVALS}/evalplus/HumanEvalPlusInputs-20230418.jsonl",
    },
    "mbpp_plus": {"": f"{EVALS}/evalplus/MbppPlus-20231116.jsonl.gz"},
}
needs_samples = pytest.mark.skipif(not SAMPLES, reason="CODEMIX_SAMPLES, the benchmarks' files, is not set")
CONTEXT = 128

RECORDS = [  # of the form of HumanEval's
    {
        "task_id": f"Ours/{number}",
        "prompt": f'def add_{number}(x):\n    """Add {number} — to x."""\n',
        "canonical_solution": f"    return x + {number}\n",
        "test": f"def check(candidate):\n    assert [candidate(1), candidate(-5)] == [{number + 1}, {number - 5}]\n",
        "entry_point": f"add_{number}",
    }
    for number in range(5)
]


def task(name: str, **fields: object) -> SuiteTask:
    given = {"category": "code", "measure": "pass@1", "answers": "code"} | fields
    return SuiteTask(name, **given)  # type: ignore[arg-type]


def scored(
    name: str, answer: Callable[[Problem], list[str]], journal: Journal | None = None, **fields: object
) -> CodeScores:
    asked = task(name, **fields)
    problems = load_problems(asked, FILES[name])
    bits = [0.0] * len(problems)
    write = lambda block, numbers: [answer(problem) for problem in block]  # noqa: E731
    return judged(problems, asked, write, bits, journal or Journal(), 64, lambda done: None)


def mean(scores: CodeScores) -> float:
    return sum(row["score"] for row in scores.rows) / len(scores.rows)


@needs_samples
@pytest.mark.parametrize(
    ("name", "items"),
    [
        *(("humaneval", 164), ("mbpp", 500), ("humaneval_plus", 164)),
        pytest.param("mbpp_plus", 399, marks=pytest.mark.slow),  # 42,000 calls: ten seconds and more
    ],
)
def test_reference_solutions_pass_all(name: str, items: int) -> None:
    scores = scored(name, lambda problem: [problem.solution])
    assert [row["item"] for row in scores.rows if row["score"] != 1] == []
    assert len(scores.rows) == items
    assert scores.isolation


@needs_samples
@pytest.mark.parametrize("name", ["humaneval", "mbpp"])
@pytest.mark.parametrize(
    "wrong", ["    raise SystemExit(0)\n", "    return None\n", "    pass\nimport os\nos._exit(0)\n"]
)
def test_wrong_answers_pass_nothing(name: str, wrong: str) -> None:
    def answer(problem: Problem) -> list[str]:
        return [(problem.head and wrong) or f"def {problem.entry_point}(*arguments):\n{wrong}"]

    assert mean(scored(name, answer)) == 0


@needs_samples
def test_some_of_the_samples_pass() -> None:
    scores = scored("humaneval", lambda p: [p.solution, "    pass\n"], samples=2, temperature=0.8, measure="pass@2")
    assert {(row["samples"], row["passed"], row["score"]) for row in scores.rows} == {(2, 1, 1.0)}
    scores = scored("humaneval", lambda p: [p.solution, "    pass\n"], samples=2, temperature=0.8)
    assert mean(scores) == 0.5


@needs_samples
def test_prompts_are_the_originals() -> None:
    problem = load_problems(task("humaneval"), FILES["humaneval"])[0]
    assert problem.prompt.startswith("from typing import List\n\n\ndef has_close_elements(")
    assert problem.stop == ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
    bare, shown = (load_problems(task("mbpp", shots=shots), FILES["mbpp"])[0] for shots in (0, 3))
    assert (bare.item, bare.stop) == ("11", ("[DONE]",))
    assert bare.prompt.startswith(
        "You are an expert Python programmer, and here is your task: Write a python function to "
    )
    assert bare.prompt.endswith('assert remove_Occ("PHP","P") == "H"\n[BEGIN]\n')
    assert shown.prompt.endswith(bare.prompt)
    assert [line for line in shown.prompt.splitlines() if line.startswith("def ")] == [
        "def similar_elements(test_tup1, test_tup2):",
        "def is_not_prime(n):",
        "def heap_queue_largest(nums,n):",
    ]
    assert shown.prompt.count("[DONE]\n\n") == 3
    assert "\r" not in shown.prompt


class Bytes:
    """A token for every byte."""

    eos = 0
    fingerprint = "bytes"

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.frombuffer(text.encode(), np.uint8).astype(np.uint32) + 1 for text in texts]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return bytes(int(i) - 1 for i in ids).decode("utf-8", "replace")


@pytest.fixture(scope="module")
def model() -> ScoredModel:
    config = Model(layers=2, width=16, heads=2, feed_forward=24, context=CONTEXT, loss_chunk=8)
    whole = nnx.jit(lambda: Transformer(config, 257, Bytes.eos, jnp.float32, nnx.Rngs(0)))()
    return ScoredModel(*nnx.split(whole), make_mesh({"data": 1}), Bytes(), "a model of no training")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "problems.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return {"": str(file)}


def test_a_model_writes_and_is_scored(model: ScoredModel, files: dict[str, str], tmp_path: Path) -> None:
    asked = task("humaneval", samples=2, temperature=1.0, max_tokens=32)
    rows = score_code(model, asked, files, Journal(), batch_rows=4).rows
    write_items(tmp_path / "items.parquet", rows)
    table = read_items(tmp_path / "items.parquet").to_pylist()
    assert [row["item"] for row in table] == [record["task_id"] for record in RECORDS]
    assert all(row["score"] == 0 and row["samples"] == 2 and len(row["generations"]) == 2 for row in table)
    assert len({text for row in table for text in row["generations"]}) == 2 * len(RECORDS)
    assert len({row["hash"] for row in table}) == len(RECORDS)


def test_bits_per_byte_are_those_of_one_pass(model: ScoredModel, files: dict[str, str]) -> None:
    whole = nnx.merge(model.graph, model.params)
    rows = score_code(model, task("humaneval", max_tokens=8), files, Journal()).rows
    for record, row in zip(RECORDS, rows, strict=True):
        prompt, solution = (model.encode(record[part]) for part in ("prompt", "canonical_solution"))
        ids = [Bytes.eos, *prompt, *solution]
        padded = np.full((1, CONTEXT), Bytes.eos)
        padded[0, : len(ids) - 1] = ids[:-1]
        logits_TxV = np.asarray(whole(jnp.asarray(padded))[0] @ whole.embedding_VxD[...].T, np.float64)
        log_p_TxV = logits_TxV - np.log(np.exp(logits_TxV).sum(axis=1, keepdims=True))
        nats = -sum(log_p_TxV[place, ids[place + 1]] for place in range(len(prompt), len(ids) - 1))
        assert row["bytes"] == len(solution)
        assert row["bits_per_byte"] == pytest.approx(nats / math.log(2) / len(solution), rel=1e-5)


def test_a_solution_longer_than_the_context_is_scored_whole(model: ScoredModel, tmp_path: Path) -> None:
    solution = "    x = x + 1 - 1\n" * 20 + "    return x + 1\n"
    record = RECORDS[1] | {"canonical_solution": solution}
    (tmp_path / "long.jsonl").write_text(json.dumps(record))
    [row] = score_code(model, task("humaneval", max_tokens=8), {"": str(tmp_path / "long.jsonl")}, Journal()).rows
    assert row["bytes"] == len(solution) > CONTEXT
    assert 5 < row["bits_per_byte"] < 11  # eight bits are what a model of no training says of a byte


def test_a_killed_evaluation_goes_on_with_the_same_results(
    model: ScoredModel, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = task("humaneval", samples=2, temperature=1.0, max_tokens=16)
    expected = score_code(model, asked, files, Journal(), batch_rows=4).rows
    path, done = tmp_path / "journal.jsonl", 0

    def killed(problems: float) -> None:
        nonlocal done
        done += int(problems)
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_code(model, asked, files, Journal(path, "key"), batch_rows=4, advance=killed)
    kept = path.read_text().splitlines()
    with path.open("a") as file:
        file.write('[["cut sho')
    blocks = []

    def counted(*given: Any) -> list[list[Continuation]]:
        blocks.append(given)
        return generate(*given)

    monkeypatch.setattr("codemix.evaluation.code.scoring.generate", counted)
    assert score_code(model, asked, files, Journal(path, "key"), batch_rows=4).rows == expected
    assert len(blocks) == 1, "what was written before is written again"
    assert path.read_text().splitlines()[: len(kept)] == kept


def test_what_cannot_be_scored_is_told(tmp_path: Path, files: dict[str, str], model: ScoredModel) -> None:
    with pytest.raises(UserError, match=r"SuiteTask\.name 'apps' is no benchmark of programs"):
        load_problems(task("apps"), files)
    with pytest.raises(UserError, match="nowhere is not there"):
        load_problems(task("humaneval"), {"": str(tmp_path / "nowhere")})
    (tmp_path / "other.jsonl").write_text(json.dumps({"task_id": 11}))
    with pytest.raises(UserError, match=r"Suite\.files of mbpp: its records have no field"):
        load_problems(task("mbpp"), {"": str(tmp_path / "other.jsonl")})
    with pytest.raises(UserError, match=r"SuiteTask\.shots of humaneval is 3"):
        load_problems(task("humaneval", shots=3), files)
    with pytest.raises(UserError, match=r"SuiteTask\.measure of humaneval is 'pass@5'.*samples, 1"):
        score_code(model, task("humaneval", measure="pass@5", max_tokens=8), files, Journal())
    with pytest.raises(DataMissing, match="mbpp_plus is read from a release of EvalPlus"):
        load_problems(task("mbpp_plus"), None)
    eleventh = {
        "task_id": 11,
        "text": "?",
        "code": "def f():\n  pass",
        "test_list": ["assert f()"],
        "test_setup_code": "",
    }
    (tmp_path / "few.jsonl").write_text(json.dumps(eleventh))
    with pytest.raises(UserError, match=r"Suite\.files of mbpp lacks task 2"):
        load_problems(task("mbpp", shots=3), {"": str(tmp_path / "few.jsonl")})
    with pytest.raises(UserError, match=r"SuiteTask\.shots of mbpp is 5; it has 3 examples"):
        load_problems(task("mbpp", shots=5), {"": str(tmp_path / "few.jsonl")})
    (tmp_path / "no.jsonl").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        load_problems(task("humaneval"), {"": str(tmp_path / "no.jsonl")})
