"""What is judged, how, and that it is judged the same way every time."""

import multiprocessing
import pickle
import time

import pytest

from codemix.sandbox import Limits, NotObserved, Program, Sandbox, Verdict

DOUBLE = "def f(x):\n    return 2 * x\n"


def judged(sandbox: Sandbox, code: str, tests: str, entry_point: str | None = None) -> Verdict:
    return sandbox.run(Program(code, tests, entry_point))


@pytest.mark.parametrize(
    ("code", "tests", "kind", "detail"),
    [
        (DOUBLE, "assert f(2) == 4", "passed", ""),
        (DOUBLE, "assert f(2) == 5, 'not five'", "failed", "assert f(2) == 5, 'not five' (not five)"),
        ("def f(x):\n    return x / 0", "assert f(2) == 4", "error", "ZeroDivisionError: division by zero (line 2 of"),
        (DOUBLE, "assert g(2) == 4", "error", "NameError: name 'g' is not defined (line 1 of the tests)"),
        ("def f(x:", "assert f(2) == 4", "error", "SyntaxError"),
        (DOUBLE, "assert f(2 == 4", "refused", "the tests do not compile"),
        (DOUBLE, "class C: pass\nassert f(C()) == 4", "refused", "the tests give the program a C"),
        ("def f(x):\n    while True: pass", "assert f(2) == 4", "timeout", "CPU time"),
        (DOUBLE, "f(1)\nwhile True: pass", "timeout", "the tests used up"),
        ("import time\ndef f(x):\n    time.sleep(60)", "assert f(2) == 4", "timeout", "wall time"),
        ("def f(x):\n    return bytes(10**10)", "assert f(2) == 4", "memory", "memory"),
        ("def f(x):\n    y = [0]\n    while True: y += y", "assert f(2) == 4", "memory", "memory"),
        ("def f(x):\n    while True: print('y' * 999)", "assert f(2) == 4", "output", "65536 bytes"),
        ("import sys\nsys.exit(0)", "pass", "error", "SystemExit"),
        ("def f(x):\n    return f(x)", "assert f(2) == 4", "error", "RecursionError"),
        ("def f(x):\n    return input()", "assert f(2) == 4", "error", "EOFError"),
        ("import ctypes\ndef f(x):\n    ctypes.string_at(0)", "assert f(2) == 4", "error", "SIGSEGV"),
    ],
)
def test_kinds(sandbox, code, tests, kind, detail):
    verdict = judged(sandbox, code, tests)
    assert (verdict.kind, detail in verdict.detail) == (kind, True), verdict
    assert verdict.passed == (kind == "passed")


def test_what_the_program_prints_is_told(sandbox):
    verdict = judged(sandbox, "print('first')\ndef f(x):\n    print('second')\n    return 1", "assert f(2) == 2")
    assert verdict.output == "first\nsecond\n"
    assert verdict.cpu_seconds > 0
    assert verdict.wall_seconds > 0


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("def f(x):\n    x.sort()", "a = [3, 1, 2]\nb = a\nf(a)\nassert b == [1, 2, 3]"),
        ("def f(x):\n    x[0].append(1)", "inner = []\nf([inner])\nassert inner == [1]"),
        ("def f(x):\n    x['k'] = {1}", "d = {}\nf(d)\nassert d == {'k': {1}}"),
        ("def f(g, x):\n    return g(x) + 1", "assert f(lambda x: x * 10, 4) == 41"),
        ("def f(g, xs):\n    return [g(x) for x in xs]", "import math\nassert f(math.sqrt, iter([4, 9])) == [2, 3]"),
        ("def f(t, x):\n    return isinstance(x, t)", "assert f(int, 1) and not f(str, 1)"),
        ("def f(n):\n    while True:\n        yield n\n        n += 1", "import itertools\n"
         "assert list(itertools.islice(f(3), 3)) == [3, 4, 5]"),
        ("def f():\n    raise KeyError('k')", "try:\n    f()\n    raise SystemError\nexcept KeyError as e:\n"
         "    assert e.args == ('k',)"),
        ("class Bad(ValueError): pass\ndef f():\n    raise Bad('no')", "try:\n    f()\n    raise SystemError\n"
         "except Bad as e:\n    assert isinstance(e, ValueError) and str(e) == 'no'"),
        ("class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n"
         "    def pop(self): return self.items.pop()\n    def __len__(self): return len(self.items)",
         "s = Stack()\ns.push((1, 'a'))\nassert len(s) == 1 and s and isinstance(s, Stack)\n"
         "assert s.pop() == (1, 'a')\nassert not s\ntry:\n    s.pop()\n    raise SystemError\nexcept IndexError: pass"),
        ("class V:\n    def __init__(self, x): self.x = x\n    def __add__(self, o): return V(self.x + o.x)\n"
         "    def __eq__(self, o): return self.x == o.x", "assert V(1) + V(2) == V(3)\nassert V(1) != V(2)"),
        ("class Node:\n    def __init__(self, v): self.v, self.left = v, None\ndef depth(n):\n"
         "    return 0 if n is None else 1 + depth(n.left)", "n = Node(1)\nn.left = Node(2)\nassert depth(n) == 2"),
        ("class D(dict): pass\ndef f():\n    return D(a=1)", "assert f() == {'a': 1}\nassert f()['a'] == 1"),
        ("from collections import namedtuple, Counter, defaultdict, deque\nP = namedtuple('P', 'x y')\ndef f():\n"
         "    return P(1, 2), Counter('aa'), defaultdict(int, a=1), deque([1])",
         "p, c, d, q = f()\nassert p == (1, 2) and p.y == 2 and c == {'a': 2} and d == {'a': 1} and list(q) == [1]"),
        ("import math\ndef f(x):\n    return math.pi", "assert abs(f(1) - math.pi) < 1e-9"),
        ("class M:\n    def __enter__(self): return 5\n    def __exit__(self, *e): self.left = True\nm = M()",
         "with m as five:\n    assert five == 5\nassert m.left"),
        ("import enum\nclass C(enum.Enum):\n    RED = 1\ndef f():\n    return C.RED", "assert f() is C.RED\n"
         "assert f().value == 1"),
        ("def sum(a, b):\n    return a * b", "assert candidate(3, 4) == 12 and sum(3, 4) == 12"),
        ("def f(x):\n    return float('nan'), float('inf'), 1 << 9999, -0.0, '\\ud800', b'\\xff', 1j, ..., None",
         "nan, inf, big, zero, s, b, j, e, n = f(0)\nassert nan != nan and inf > 1e308 and big == 1 << 9999\n"
         "assert str(zero) == '-0.0' and s == '\\ud800' and b == b'\\xff' and j == 1j and n is None"),
    ],
)  # fmt: skip
def test_what_tests_do_with_a_program(leveled, code, tests):
    entry_point = "sum" if "def sum" in code else None
    verdict = judged(leveled, code, tests, entry_point)
    assert verdict.passed, verdict


def test_check_is_called_with_the_entry_point(sandbox):
    check = "def check(candidate):\n    assert candidate(2) == 4\n"
    assert judged(sandbox, DOUBLE, check, "f").passed
    assert judged(sandbox, "def f(x): return 5", check, "f").kind == "failed"
    assert judged(sandbox, "def g(x): return 4", check, "f").detail == "the program does not define f"


def test_a_run_sees_nothing_of_the_run_before(sandbox):
    leave = "import sys, os\nsys.marked = True\nopen('mark', 'w').close()\ndef f(x): return os.listdir('.')"
    look = "import sys, os\ndef f(x): return hasattr(sys, 'marked'), os.listdir('.')"
    assert judged(sandbox, leave, "assert f(0) == ['mark']").passed
    assert judged(sandbox, look, "assert f(0) == (False, [])").passed


def test_verdicts_come_in_order_and_none_is_lost(sandbox):
    slow = "import time\ntime.sleep(0.2)\n"
    programs = [Program((slow if i % 7 == 0 else "") + f"def f(): return {i}", f"assert f() == {i - i % 3}")
                for i in range(30)]  # fmt: skip
    with Sandbox(Limits(), workers=3) as several:
        kinds = [verdict.kind for verdict in several.map(iter(programs))]
    assert kinds == ["passed" if i % 3 == 0 else "failed" for i in range(30)]


def test_maps_may_be_nested_and_left(sandbox):
    for verdict in sandbox.map(Program(DOUBLE, f"assert f({i}) == {2 * i}") for i in range(100)):
        assert verdict.passed
        assert judged(sandbox, DOUBLE, "assert f(1) == 1").kind == "failed"
        break
    assert judged(sandbox, DOUBLE, "assert f(1) == 2").passed


def test_a_server_that_dies_is_replaced_and_its_item_run_again():
    with Sandbox(Limits(), workers=2) as sandbox:
        programs = [Program("import time\ntime.sleep(0.05)\n" + DOUBLE, "assert f(1) == 2")] * 12
        kinds = []
        for number, verdict in enumerate(sandbox.map(programs)):
            kinds.append(verdict.kind)
            if number == 2:
                for server in sandbox._servers:
                    server._process.kill()
        assert kinds == ["passed"] * 12


def _burn(_: int) -> None:
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        pass


def test_verdicts_are_the_same_under_load():
    work = "def f(n):\n    total = 0\n    for i in range(n):\n        total += hash(str(i)) % 7\n    return total"
    again = "import random\ndef f(): return random.random(), list({'a', 'b', 'c', 'd'})"
    programs = [Program(work, "assert f(300_000) > 0"), Program(work, "f(10**12)"), Program(DOUBLE, "assert f(1) == 3")]
    with Sandbox(Limits(cpu_seconds=0.5, wall_seconds=30)) as sandbox:
        quiet = [verdict.kind for verdict in sandbox.map(programs)]
        seen = sandbox.observe(Program(again, ""), ["f()"])
        with multiprocessing.get_context("spawn").Pool(4) as pool:
            burning = pool.map_async(_burn, range(4))
            loaded = [verdict.kind for verdict in sandbox.map(programs)]
            assert sandbox.observe(Program(again, ""), ["f()"]) == seen
            burning.wait()
    assert quiet == loaded == ["passed", "timeout", "failed"]


def test_expressions_are_observed(sandbox):
    program = Program("xs = [3, 1]\ndef f(x):\n    if x: raise ValueError('no x')\n    return sorted(xs)", "")
    assert sandbox.observe(program, ["f(0)", "xs", "f(1)", "len('ab')"]) == [
        "[1, 3]", "[3, 1]", "raise ValueError('no x')", "2",
    ]  # fmt: skip
    with pytest.raises(NotObserved, match="timeout") as ended:
        sandbox.observe(program, ["xs", "[0 for _ in iter(int, 1)]"])
    assert ended.value.verdict.kind == "timeout"
    several = list(sandbox.observe_all([(program, ["f(0)"]), (Program("1/0", ""), ["1"]), (program, ["xs"])]))
    assert (several[0], several[2], several[1].kind) == (["[1, 3]"], ["[3, 1]"], "error")


def test_programs_and_verdicts_travel(sandbox):
    program = Program(DOUBLE, "assert f(1) == 2", "f")
    verdict = sandbox.run(program)
    assert pickle.loads(pickle.dumps((program, verdict, Limits()))) == (program, verdict, Limits())
