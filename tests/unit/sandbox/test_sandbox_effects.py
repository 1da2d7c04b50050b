# ruff: noqa: E501
"""Which tests leave the interpreter as it was."""

import gzip
import json
import os
from pathlib import Path

import pytest

from codemix.sandbox.effects import keeps_to_itself

KEEPS = [
    "assert f(2) == 4",
    "def check(candidate):\n    for i in range(9):\n        assert candidate(i) == i, f'{i:>3}'",
    "import math, random\nassert abs(f(random.random()) - math.pi) < 1e-6",
    "from random import randint, choice\nxs = [randint(1, 9) for _ in range(5)]\nassert f(choice(xs)) in set(xs)",
    "d = {}\nd['a'] = [1]\nd['a'].append(2)\ndel d['a'][0]\nassert f(**d) == sorted(d.items(), key=lambda it: it[1])",
    "try:\n    f(None)\nexcept (TypeError, KeyError) as e:\n    assert 'x' in str(e)\nelse:\n    assert False",
    "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    return inner\nassert outer()() == 1",
    "import copy\nxs = [[1]]\nassert f(copy.deepcopy(xs)) == xs and all(x for x in xs)",
    "while f(1) > 2 and not f(3): pass",
]  # fmt: skip

DOES_NOT = [
    "import os", "import sys", "import builtins\nbuiltins.len = None", "import math\nmath.pi = 3",
    "import os.path", "from math import *", "from os import path", "import random as r\nr._inst.x", "import re\nre.enum",
    "import statistics\nstatistics.sys.setrecursionlimit(9)", "from statistics import sys", "from copy import dispatch_table",
    "import copy as c\nc.dispatch_table.clear()", "import collections.abc", "import threading", "import decimal",
    "exec('x')", "eval('x')", "e = eval\ne('x')", "compile('x', '', 'exec')", "__import__('os')", "open('x')", "input()",
    "getattr(f, 'x')", "setattr(f, 'x', 1)", "delattr(f, 'x')", "globals()['x'] = 1", "vars(f)", "locals()", "dir()",
    "type('A', (), {})", "object()", "super", "breakpoint()", "memoryview(b'')", "f.x = 1", "del f.x", "f.x += 1",
    "().__class__", "f.__globals__", "f._private", "__builtins__", "_x = 1", "int.register(f)",
    "class A: pass", "def g():\n    yield 1", "async def g(): pass", "with f: pass", "def g():\n    global x\n    x = 1",
    "def g():\n    def h():\n        import socket", "[lambda: exec('x')]", "match f:\n    case [x]: pass",
    "import __main__", "from . import math", "async def g():\n    await f()",
]  # fmt: skip


def compiled(source: str):
    return compile(source, "<tests>", "exec")


@pytest.mark.parametrize("source", KEEPS)
def test_tests_that_compute_and_compare_keep_to_themselves(source):
    assert keeps_to_itself(compiled(source))


@pytest.mark.parametrize("source", DOES_NOT)
def test_in_doubt_they_do_not(source):
    assert not keeps_to_itself(compiled(source))


@pytest.mark.skipif("CODEMIX_SAMPLES" not in os.environ, reason="CODEMIX_SAMPLES names no folder of samples")
def test_the_tests_of_humaneval_do():
    file = Path(os.environ["CODEMIX_SAMPLES"]) / "evals/humaneval/HumanEval.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        assert all(keeps_to_itself(compiled(json.loads(line)["test"])) for line in lines)
