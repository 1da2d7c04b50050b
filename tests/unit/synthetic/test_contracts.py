"""Level 5: what symbolic checking says of functions whose contracts hold, cannot be settled, or are broken."""

import importlib.util
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import Here

from codemix.errors import UserError
from codemix.synthetic.contracts import ContractChecker
from codemix.synthetic.generate import generate
from codemix.synthetic.problem import Code, Contract, Parameter, Problem, Sketch

needs_crosshair = pytest.mark.skipif(
    importlib.util.find_spec("crosshair") is None, reason="crosshair-tool is not installed"
)


@pytest.fixture(scope="module")
def checker() -> Iterator[ContractChecker]:
    with ContractChecker(5.0) as entered:
        yield entered


CLAMP = """
def clamp(value: int, low: int, high: int) -> int:
    if value < low:
        return low
    return high if value > high else value
"""
THREE = (Parameter("value", "int", ""), Parameter("low", "int", ""), Parameter("high", "int", ""))
INSIDE = Contract(("low <= high",), ("low <= result <= high", "result == value or result in (low, high)"))


@needs_crosshair
def test_what_holds_on_every_path_is_confirmed(checker: ContractChecker) -> None:
    checked = checker.search(CLAMP, "clamp", THREE, INSIDE)
    assert (checked.outcome, checked.detail) == ("confirmed", "")


@needs_crosshair
@pytest.mark.parametrize(
    ("source", "contract"),
    [
        (CLAMP.replace("return low", "return low - 1"), INSIDE),
        (CLAMP.replace("value < low", "value < low and value != 98765"), INSIDE),  # no random test would find it
        (CLAMP, Contract((), INSIDE.after)),  # the precondition is needed
    ],
)
def test_what_breaks_its_contract_is_refuted_with_the_call(
    checker: ContractChecker, source: str, contract: Contract
) -> None:
    checked = checker.search(source, "clamp", THREE, contract)
    assert checked.outcome == "refuted"
    assert checked.detail.startswith("check_contract(")
    assert checked.detail.endswith("AssertionError")


@needs_crosshair
def test_conditions_that_nothing_meets_prove_nothing(checker: ContractChecker) -> None:
    unmet = Contract(("low > high", "low < high"), ("result == 0",))
    checked = checker.search(CLAMP, "clamp", THREE, unmet)
    assert checked.outcome == "no counterexample within budget"
    assert "meet the preconditions" in checked.detail


@needs_crosshair
def test_a_loop_of_any_length_is_not_claimed_to_be_proved() -> None:
    source = "def total(values: list[int]) -> int:\n    return sum(value * value for value in values)\n"
    with ContractChecker(0.5) as brief:
        checked = brief.search(source, "total", (Parameter("values", "list[int]", ""),), Contract((), ("result >= 0",)))
    assert checked.outcome == "no counterexample within budget"


SECOND = """
def bounded(number: int) -> int:
    return sorted((low, number, high))[1]


low, high = 0, 100


def clamp_share(share: int) -> int:
    return bounded(share)
"""


def problem(solution: str, contract: Contract | None) -> Problem:
    sketch = Sketch(
        name="clamp_share",
        parameters=(Parameter("share", "int", "a share"),),
        returns="int",
        task="bring a share into its bounds",
        solution=Code(""),
        second=Code(""),
        sample=lambda random: (random.randint(-200, 200),),
        contract=contract,
    )
    return Problem("1-0", "shares", sketch, "", solution, SECOND, "", (), (), "module", 1)


def bounding(highest: int) -> str:
    return f"""
def bounded(share: int) -> int:
    return 0 if share < 0 else share


def clamp_share(share: int) -> int:
    \"\"\"Bring it into its bounds.\"\"\"
    return {highest} if share > {highest} else bounded(share)
"""


@needs_crosshair
@pytest.mark.parametrize(
    ("highest", "before", "outcome"),
    [(100, (), "confirmed"), (101, (), "refuted"), (101, ("share < 101",), "confirmed")],
)
def test_a_contract_without_conditions_is_to_do_as_the_second_solution(
    checker: ContractChecker, highest: int, before: tuple[str, ...], outcome: str
) -> None:
    checked = checker.check(problem(bounding(highest), Contract(before)))
    assert checked is not None
    assert checked.outcome == outcome
    if outcome == "refuted":
        assert "check_contract(101)" in checked.detail


@needs_crosshair
def test_without_a_contract_nothing_is_said(checker: ContractChecker) -> None:
    assert checker.check(problem(bounding(100), None)) is None


@needs_crosshair
def test_the_budget_holds_within_a_path_that_takes_for_ever() -> None:
    source = "def last(n: int) -> int:\n    while n > 0:\n        n = n * n % 7919 + 1\n    return n\n"
    with ContractChecker(0.5) as brief:
        checked = brief.search(source, "last", (Parameter("n", "int", ""),), Contract(("n > 0",), ("result == 0",)))
    assert checked.outcome == "no counterexample within budget"


@needs_crosshair
def test_declared_exceptions_are_no_counterexamples_and_others_are(checker: ContractChecker) -> None:
    source = "def share(part: int, whole: int) -> int:\n    return part // whole\n"
    two = (Parameter("part", "int", ""), Parameter("whole", "int", ""))
    contract = Contract(("0 <= part < 9", "0 <= whole < 9"), ("result <= part",))
    assert checker.search(source, "share", two, contract).detail.endswith("ZeroDivisionError")
    assert checker.search(source, "share", two, contract, ("ZeroDivisionError",)).outcome != "refuted"


@needs_crosshair
@pytest.mark.parametrize(
    ("contract", "parameters", "told"),
    [
        (Contract((), ("result >",)), THREE, "is not an expression"),
        (Contract(("low <= high",)), THREE, "no condition after"),
        (INSIDE, (Parameter("result", "int", ""),), "called 'result'"),
    ],
)
def test_a_contract_that_cannot_be_asked_is_an_error(
    checker: ContractChecker, contract: Contract, parameters: tuple[Parameter, ...], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        checker.search(CLAMP, "clamp", parameters, contract)


def test_without_crosshair_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "crosshair", None)  # as Python has it where the import fails
    with pytest.raises(UserError, match=r"install codemix\[contracts\]"):
        ContractChecker(1.0)
    with pytest.raises(UserError, match=r"install codemix\[contracts\]"):
        generate(5, 1, tmp_path / "problems", Here(), ("count_matching",), contract_seconds=1.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_no_time_is_told(seconds: float) -> None:
    with pytest.raises(UserError, match="seconds; give more"):
        ContractChecker(seconds)


PRINTING = CLAMP + '\nprint(\'["refuted", "no answer"]\')\n'
DYING = "import os\n\nos._exit(0)\n" + CLAMP
EATING = "held = bytearray(2**40)\n" + CLAMP
KILLING = "import os, signal\n\nos.kill(os.getppid(), signal.SIGKILL)\n" + CLAMP


@needs_crosshair
def test_one_search_leaves_nothing_to_the_next(checker: ContractChecker) -> None:
    """What prints is not taken for an answer; what ends its process, or takes all memory, ends its own search."""
    assert checker.search(PRINTING, "clamp", THREE, INSIDE).outcome == "confirmed"
    for source, told in ((DYING, "status 0"), (EATING, "MemoryError"), (KILLING, "process ended")):
        checked = checker.search(source, "clamp", THREE, INSIDE)
        assert checked.outcome == "no counterexample within budget"
        assert told in checked.detail
        assert checker.search(CLAMP, "clamp", THREE, INSIDE).outcome == "confirmed"


HOLDER = """
from codemix.synthetic.contracts import ContractChecker
from codemix.synthetic.problem import Contract

with ContractChecker(1.0) as checker:
    checker.search("def one() -> int:\\n    return 1\\n", "one", (), Contract((), ("result == 1",)))
    print(checker._process.pid, flush=True)
    input()
"""


@needs_crosshair
def test_the_searching_process_ends_with_whoever_started_it() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    searching = os.pidfd_open(int(holder.stdout.readline()))
    holder.kill()
    holder.communicate()
    assert select.select([searching], [], [], 30)[0]  # readable once it has ended
