"""The reference solutions of HumanEval and MBPP pass; what is made of them by corruption does not."""

import ast
import gzip
import json
import os
from pathlib import Path

import pytest

from codemix.sandbox import Limits, Program, Sandbox

if "CODEMIX_SAMPLES" not in os.environ:
    pytest.skip("CODEMIX_SAMPLES names no folder of samples", allow_module_level=True)
EVALS = Path(os.environ["CODEMIX_SAMPLES"]) / "evals"


def humaneval() -> list[Program]:
    with gzip.open(EVALS / "humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Program(row["prompt"] + row["canonical_solution"], row["test"], row["entry_point"]) for row in rows]


def mbpp() -> list[Program]:
    lines = (EVALS / "mbpp/mbpp.jsonl").read_text(encoding="utf-8").splitlines()
    return [_mbpp(json.loads(line)) for line in lines[::4]]


def _mbpp(row: dict) -> Program:
    """The entry point is the last function of the code that a test calls."""
    tests = "\n".join([row["test_setup_code"], *row["test_list"], *row["challenge_test_list"]])
    called = {node.func.id for node in ast.walk(ast.parse(tests)) if isinstance(node, ast.Call)
              and isinstance(node.func, ast.Name)}  # fmt: skip
    defined = [node.name for node in ast.parse(row["code"]).body if isinstance(node, ast.FunctionDef)]
    return Program(row["code"], tests, next((name for name in reversed(defined) if name in called), None))


class _Corrupting(ast.NodeTransformer):
    """Every value that the function returns is replaced; functions inside it are left alone."""

    def __init__(self, name: str, how: str) -> None:
        self._name, self._how = name, how

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if node.name == self._name:
            node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        text = {"none": "None", "negated": "not 0", "wrapped": "[0]"}[self._how]
        value = ast.parse(text, mode="eval").body
        if self._how == "negated":
            value.operand = node.value
        elif self._how == "wrapped":
            value.elts = [node.value]
        return ast.copy_location(ast.Return(value), node)


def corrupted(program: Program, how: str) -> Program:
    tree = _Corrupting(program.entry_point, how).visit(ast.parse(program.code))
    return Program(ast.unparse(ast.fix_missing_locations(tree)), program.tests, program.entry_point)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(), workers=2) as entered:
        yield entered


@pytest.mark.parametrize(("programs", "number"), [(humaneval, 164), (mbpp, 244)])
def test_every_reference_solution_passes(sandbox, programs, number):
    items = programs()
    verdicts = list(sandbox.map(items))
    assert len(verdicts) == number
    assert [(item.entry_point, told) for item, told in zip(items, verdicts, strict=True) if not told.passed] == []


@pytest.mark.parametrize("how", ["none", "negated", "wrapped"])
def test_a_corrupted_solution_does_not_pass(sandbox, how):
    items = humaneval()
    verdicts = list(sandbox.map(corrupted(item, how) for item in items))
    passed = [item.entry_point for item, told in zip(items, verdicts, strict=True) if told.passed]
    assert passed == []
