"""Level 5: what symbolic checking says of functions whose contracts hold, cannot be settled, or are broken."""

import importlib.util
import sys

import pytest

from codemix.errors import UserError
from codemix.synthetic.contracts import check_contract, check_problem
from codemix.synthetic.problem import Code, Contract, Parameter, Problem, Sketch

needs_crosshair = pytest.mark.skipif(
    importlib.util.find_spec("crosshair") is None, reason="crosshair-tool is not installed"
)

CLAMP = """
def clamp(value: int, low: int, high: int) -> int:
    if value < low:
        return low
    return high if value > high else value
"""
THREE = (Parameter("value", "int", ""), Parameter("low", "int", ""), Parameter("high", "int", ""))
INSIDE = Contract(("low <= high",), ("low <= result <= high", "result == value or result in (low, high)"))


@needs_crosshair
def test_what_holds_on_every_path_is_confirmed() -> None:
    checked = check_contract(CLAMP, "clamp", THREE, INSIDE)
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
def test_what_breaks_its_contract_is_refuted_with_the_call(source: str, contract: Contract) -> None:
    checked = check_contract(source, "clamp", THREE, contract)
    assert checked.outcome == "refuted"
    assert checked.detail.startswith("check_contract(")
    assert checked.detail.endswith("AssertionError")


@needs_crosshair
def test_a_loop_of_any_length_is_not_claimed_to_be_proved() -> None:
    source = "def total(values: list[int]) -> int:\n    return sum(value * value for value in values)\n"
    checked = check_contract(
        source, "total", (Parameter("values", "list[int]", ""),), Contract((), ("result >= 0",)), seconds=0.5
    )
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
    highest: int, before: tuple[str, ...], outcome: str
) -> None:
    checked = check_problem(problem(bounding(highest), Contract(before)))
    assert checked is not None
    assert checked.outcome == outcome
    if outcome == "refuted":
        assert "check_contract(101)" in checked.detail


def test_without_a_contract_nothing_is_said() -> None:
    assert check_problem(problem(bounding(100), None)) is None


@needs_crosshair
def test_the_budget_holds_within_a_path_that_takes_for_ever() -> None:
    source = "def last(n: int) -> int:\n    while n > 0:\n        n = n * n % 7919 + 1\n    return n\n"
    checked = check_contract(
        source, "last", (Parameter("n", "int", ""),), Contract(("n > 0",), ("result == 0",)), (), 0.5
    )
    assert checked.outcome == "no counterexample within budget"


@needs_crosshair
def test_declared_exceptions_are_no_counterexamples_and_others_are() -> None:
    source = "def share(part: int, whole: int) -> int:\n    return part // whole\n"
    two = (Parameter("part", "int", ""), Parameter("whole", "int", ""))
    contract = Contract(("0 <= part < 9", "0 <= whole < 9"), ("result <= part",))
    assert check_contract(source, "share", two, contract).detail.endswith("ZeroDivisionError")
    assert check_contract(source, "share", two, contract, ("ZeroDivisionError",), 2.0).outcome != "refuted"


@pytest.mark.parametrize(
    ("contract", "parameters", "told"),
    [
        (Contract((), ("result >",)), THREE, "is not an expression"),
        (Contract(("low <= high",)), THREE, "no condition after"),
        (INSIDE, (Parameter("result", "int", ""),), "called 'result'"),
    ],
)
def test_a_contract_that_cannot_be_asked_is_an_error(
    contract: Contract, parameters: tuple[Parameter, ...], told: str
) -> None:
    pytest.importorskip("crosshair", reason="crosshair-tool is not installed")
    with pytest.raises(ValueError, match=told):
        check_contract(CLAMP, "clamp", parameters, contract)


def test_without_crosshair_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    for name in [name for name in sys.modules if name.split(".")[0] == "crosshair"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UserError, match=r"install codemix\[contracts\]"):
        check_contract(CLAMP, "clamp", THREE, INSIDE)
